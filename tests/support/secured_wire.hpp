// What a client's end of an SRTP session puts on the wire and takes from it.
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "tutti/base/datagram.hpp"
#include "tutti/proto/srtp/session.hpp"
#include "tutti/wire/rtcp/header.hpp"
#include "tutti/wire/rtp/header.hpp"

namespace tutti::test {

// The payload in two parts, of which the first may be empty.
inline std::vector<uint8_t> sealed_rtp(srtp::Backend& backend, srtp::Session& session, const rtp::HeaderFields& header,
                                       std::span<const uint8_t> extensions, std::span<const uint8_t> prefix,
                                       std::span<const uint8_t> rest) {
  std::vector<uint8_t> out(kMaxDatagram);
  srtp::SealJob job{&session, rtp::write_header(header, extensions, out), prefix, rest, out, 0};
  backend.seal({&job, 1});
  out.resize(job.sealed_size);
  return out;
}

template <class Packet>
std::vector<uint8_t> sealed_rtcp(srtp::Session& session, const Packet& packet) {
  std::vector<uint8_t> out(kMaxDatagram);
  out.resize(session.seal_rtcp(out, packet.serialize(out)));
  return out;
}

// Calls `handle` with each packet of the compound; not at all if the datagram cannot be opened, as one that the network
// doubled.
template <class Handle>
void open_rtcp(srtp::Session& session, std::span<uint8_t> datagram, Handle&& handle) {
  const auto opened = session.open_rtcp(datagram);
  if (!std::holds_alternative<size_t>(opened)) return;
  auto reader = rtcp::CompoundReader::open(datagram.first(std::get<size_t>(opened)));
  while (reader) {
    const auto packet = reader->next();
    if (!packet) return;
    handle(*packet);
  }
}

}  // namespace tutti::test
