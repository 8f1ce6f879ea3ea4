// RTCP packets in tests: written out as bytes, and read back as the one packet that they are.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tutti/wire/rtcp/header.hpp"

namespace tutti::test {

// What serialize() wrote with room to spare; empty if it refused.
template <class Packet>
std::vector<uint8_t> serialized(const Packet& packet) {
  std::vector<uint8_t> bytes(20'000);
  bytes.resize(packet.serialize(bytes));
  return bytes;
}

// nullopt unless `bytes` are exactly one packet. The view stays within `bytes`.
inline std::optional<rtcp::PacketView> only_packet(std::span<const uint8_t> bytes) {
  auto reader = rtcp::CompoundReader::open(bytes);
  if (!reader) return std::nullopt;
  const auto packet = reader->next();
  if (reader->next()) return std::nullopt;
  return packet;
}

// Reports parse the whole view because the header counts their blocks, feedback its body.
template <class Packet>
std::optional<Packet> parse_as(const rtcp::PacketView& view) {
  if constexpr (requires { Packet::parse(view); }) {
    return Packet::parse(view);
  } else {
    return Packet::parse(view.body);
  }
}

template <class Packet>
std::optional<Packet> parse_whole(std::span<const uint8_t> bytes) {
  const auto view = only_packet(bytes);
  return view ? parse_as<Packet>(*view) : std::nullopt;
}

// Which of the shorter bodies, from none to all but the last byte, still parse.
template <class Packet>
std::vector<size_t> lengths_that_parse(std::span<const uint8_t> bytes) {
  std::vector<size_t> lengths;
  const auto view = only_packet(bytes);
  for (size_t n = 0; view && n < view->body.size(); ++n) {
    // A copy of its own, so that a sanitizer sees a read past the end.
    const std::vector<uint8_t> body(view->body.begin(), view->body.begin() + static_cast<std::ptrdiff_t>(n));
    if (parse_as<Packet>({view->format, view->type, body})) lengths.push_back(n);
  }
  return lengths;
}

// True if serialize() refuses every room smaller than what it needs, and takes exactly that.
template <class Packet>
bool needs_exactly_its_size(const Packet& packet) {
  const size_t size = serialized(packet).size();
  for (size_t room = 0; room < size; ++room) {
    std::vector<uint8_t> out(room);
    if (packet.serialize(out) != 0) return false;
  }
  std::vector<uint8_t> out(size);
  return size > 0 && packet.serialize(out) == size;
}

}  // namespace tutti::test
