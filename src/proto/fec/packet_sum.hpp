// PacketSum: the exclusive-or of RTP packets, as FlexFEC combines them: all of the header but version, number and
// source, then whatever stands behind its fixed part; shorter ones count as filled up with zeros. Extensions that a
// sender stamps at the last moment count as zeros too: that is how browsers compute it. Private to proto/fec.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "tutti/base/datagram.hpp"
#include "tutti/wire/rtp/extensions.hpp"
#include "tutti/wire/rtp/header.hpp"

namespace tutti::fec {

struct PacketSum {
  std::array<uint8_t, 2> start{};
  uint16_t length = 0;
  uint32_t timestamp = 0;
  std::array<uint8_t, kMaxDatagram> body{};
  size_t body_size = 0;

  // `parts` one behind the other are the packet; the first has the whole header. False, and nothing changes, if they
  // are no packet or too long.
  template <size_t N>
  bool add(const std::array<std::span<const uint8_t>, N>& parts, const rtp::ExtensionIds& ids) {
    const auto header = rtp::parse(parts[0]);
    size_t size = 0;
    for (const auto& part : parts) size += part.size();
    if (!header || size - rtp::kFixedHeaderSize > body.size()) return false;
    start[0] ^= parts[0][0];
    start[1] ^= parts[0][1];
    length ^= static_cast<uint16_t>(size - rtp::kFixedHeaderSize);
    timestamp ^= header->timestamp.value();
    combine(0, parts[0].subspan(rtp::kFixedHeaderSize));
    size_t at = parts[0].size() - rtp::kFixedHeaderSize;
    for (size_t i = 1; i < N; ++i) {
      combine(at, parts[i]);
      at += parts[i].size();
    }
    for (const auto e : {rtp::Extension::kTransportSequenceNumber, rtp::Extension::kAbsSendTime}) {
      const auto stamped = rtp::find_extension(header->extension_profile, header->extensions, ids.get(e));
      // Once more, and they are out.
      if (stamped) combine(static_cast<size_t>(stamped->data() - parts[0].data()) - rtp::kFixedHeaderSize, *stamped);
    }
    body_size = std::max(body_size, at);
    return true;
  }
  void combine(size_t at, std::span<const uint8_t> bytes) {
    uint8_t* to = body.data() + at;
    for (size_t i = 0; i < bytes.size(); ++i) to[i] ^= bytes[i];
  }
};

}  // namespace tutti::fec
