// Talking without keys: what a simulation of queues has no use for is left out, and it runs twice as fast. (Joining so:
// join_plain.)
#pragma once

#include <span>
#include <vector>

#include "tutti/base/datagram.hpp"
#include "tutti/wire/rtcp/header.hpp"
#include "tutti/wire/rtp/header.hpp"

namespace tutti::test {

// The payload in two parts, of which the first may be empty.
inline std::vector<uint8_t> plain_rtp(const rtp::HeaderFields& header, std::span<const uint8_t> prefix,
                                      std::span<const uint8_t> rest, std::span<const uint8_t> extensions = {}) {
  std::vector<uint8_t> out(kMaxDatagram);
  out.resize(rtp::write_header(header, extensions, out));
  out.insert(out.end(), prefix.begin(), prefix.end());
  out.insert(out.end(), rest.begin(), rest.end());
  return out;
}

template <class Packet>
std::vector<uint8_t> plain_rtcp(const Packet& packet) {
  std::vector<uint8_t> out(kMaxDatagram);
  out.resize(packet.serialize(out));
  return out;
}

template <class Handle>
void each_rtcp(std::span<const uint8_t> datagram, Handle&& handle) {
  auto reader = rtcp::CompoundReader::open(datagram);
  while (reader) {
    const auto packet = reader->next();
    if (!packet) return;
    handle(*packet);
  }
}

}  // namespace tutti::test
