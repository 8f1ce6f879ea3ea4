// Source description, of which we use the CNAME: it ties the sources of one endpoint together, for lip-sync. RFC 3550
// §6.5. Value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "tutti/base/ids.hpp"
#include "tutti/base/small_vector.hpp"
#include "tutti/wire/rtcp/header.hpp"

namespace tutti::rtcp {

struct Sdes {
  struct Chunk {
    Ssrc source;
    // At most 255 bytes, as the sender wrote them, and where they stand in the packet; empty if the chunk has none.
    std::string_view cname;
    bool operator==(const Chunk&) const = default;
  };
  SmallVector<Chunk, 4> chunks;

  // Items other than CNAME are stepped over.
  static std::optional<Sdes> parse(const PacketView& packet);
  // The whole RTCP packet. Returns the bytes written, 0 if `out` is too small, there are more than kMaxCount chunks or
  // a name is longer than 255 bytes.
  size_t serialize(std::span<uint8_t> out) const;
  bool operator==(const Sdes&) const = default;
};

}  // namespace tutti::rtcp
