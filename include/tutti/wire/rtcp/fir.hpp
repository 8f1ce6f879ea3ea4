// Full Intra Request: a keyframe is wanted of each source listed. A repeated request keeps its sequence number, a new
// one increments it. RFC 5104 §4.3.1. Value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/base/ids.hpp"
#include "tutti/base/small_vector.hpp"

namespace tutti::rtcp {

struct Fir {
  // A parser refuses a request for more sources than this.
  static constexpr size_t kMaxEntries = 64;

  struct Entry {
    Ssrc source;
    uint8_t sequence = 0;
    bool operator==(const Entry&) const = default;
  };

  Ssrc sender;
  SmallVector<Entry, 4> entries;

  // The body after the common RTCP header (from the sender's SSRC on). The media source there is unused.
  static std::optional<Fir> parse(std::span<const uint8_t> body);
  // The whole RTCP packet. Returns the bytes written, 0 if `out` is too small or `entries` is empty or larger than
  // kMaxEntries.
  size_t serialize(std::span<uint8_t> out) const;
  bool operator==(const Fir&) const = default;
};

}  // namespace tutti::rtcp
