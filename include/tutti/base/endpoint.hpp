// Addresses as values: IpAddress, Endpoint (address and port), and Path (which of our sockets, which remote endpoint).
// No sockets here; `io` converts to sockaddr. An IPv4-mapped IPv6 address is stored as IPv4, so one host compares equal.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tutti {

class IpAddress {
 public:
  IpAddress() = default;
  static IpAddress v4(std::array<uint8_t, 4> bytes);
  static IpAddress v6(std::array<uint8_t, 16> bytes);
  // Dotted quad or RFC 4291 text, without brackets, zone or port.
  static std::optional<IpAddress> parse(std::string_view text);

  bool is_v4() const { return family_ == 4; }
  bool is_v6() const { return family_ == 6; }
  bool is_unspecified() const;
  bool is_loopback() const;
  bool is_link_local() const;
  bool is_multicast() const;
  // 4 or 16 bytes in network order.
  const uint8_t* data() const { return bytes_.data(); }
  size_t size() const { return family_ == 6 ? 16 : 4; }
  std::string str() const;

  bool operator==(const IpAddress&) const = default;
  auto operator<=>(const IpAddress&) const = default;

 private:
  std::array<uint8_t, 16> bytes_{};
  uint8_t family_ = 0;  // 0 (none), 4 or 6
};

struct Endpoint {
  IpAddress ip;
  uint16_t port = 0;

  // "1.2.3.4:5" or "[::1]:5".
  static std::optional<Endpoint> parse(std::string_view text);
  std::string str() const;
  bool operator==(const Endpoint&) const = default;
  auto operator<=>(const Endpoint&) const = default;
};

// Where a datagram came in, or goes out: the index of a local socket of the worker and the remote endpoint.
struct Path {
  uint16_t local = 0;
  Endpoint remote;
  bool operator==(const Path&) const = default;
};

}  // namespace tutti

template <>
struct std::hash<tutti::IpAddress> {
  size_t operator()(const tutti::IpAddress& ip) const noexcept {
    uint64_t a = 0, b = 0;
    std::memcpy(&a, ip.data(), ip.is_v6() ? 8 : 4);
    if (ip.is_v6()) std::memcpy(&b, ip.data() + 8, 8);
    const uint64_t h = (a ^ (b * 0x9E3779B97F4A7C15ull)) * 0xBF58476D1CE4E5B9ull;
    return h ^ (h >> 29);
  }
};
template <>
struct std::hash<tutti::Endpoint> {
  size_t operator()(const tutti::Endpoint& e) const noexcept {
    const uint64_t h = (std::hash<tutti::IpAddress>{}(e.ip) ^ e.port) * 0x94D049BB133111EBull;
    return h ^ (h >> 31);
  }
};
template <>
struct std::hash<tutti::Path> {
  size_t operator()(const tutti::Path& p) const noexcept { return std::hash<tutti::Endpoint>{}(p.remote) * 31 + p.local; }
};
