#include "tutti/base/endpoint.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace tutti {

IpAddress IpAddress::v4(std::array<uint8_t, 4> bytes) {
  IpAddress a;
  std::copy(bytes.begin(), bytes.end(), a.bytes_.begin());
  a.family_ = 4;
  return a;
}

IpAddress IpAddress::v6(std::array<uint8_t, 16> bytes) {
  static constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin())) return v4({bytes[12], bytes[13], bytes[14], bytes[15]});
  IpAddress a;
  a.bytes_ = bytes;
  a.family_ = 6;
  return a;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string z(text.substr(0, 64));
  std::array<uint8_t, 4> b4;
  if (inet_pton(AF_INET, z.c_str(), b4.data()) == 1) return v4(b4);
  std::array<uint8_t, 16> b6;
  if (inet_pton(AF_INET6, z.c_str(), b6.data()) == 1) return v6(b6);
  return std::nullopt;
}

bool IpAddress::is_unspecified() const {
  return std::all_of(bytes_.begin(), bytes_.end(), [](uint8_t b) { return b == 0; });
}
bool IpAddress::is_loopback() const {
  if (is_v4()) return bytes_[0] == 127;
  return is_v6() && bytes_[15] == 1 && std::all_of(bytes_.begin(), bytes_.end() - 1, [](uint8_t b) { return b == 0; });
}
bool IpAddress::is_link_local() const {
  return is_v4() ? bytes_[0] == 169 && bytes_[1] == 254 : is_v6() && bytes_[0] == 0xFE && (bytes_[1] & 0xC0) == 0x80;
}
bool IpAddress::is_multicast() const { return is_v4() ? (bytes_[0] & 0xF0) == 0xE0 : is_v6() && bytes_[0] == 0xFF; }

std::string IpAddress::str() const {
  if (family_ == 0) return "none";
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(is_v4() ? AF_INET : AF_INET6, bytes_.data(), text, sizeof text) ? text : "invalid";
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon), port = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  auto ip = IpAddress::parse(host);
  if (!ip || ip->is_v6() != bracketed) return std::nullopt;
  Endpoint e{*ip, 0};
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), e.port);
  if (error != std::errc() || end != port.data() + port.size()) return std::nullopt;
  return e;
}

std::string Endpoint::str() const {
  return ip.is_v6() ? "[" + ip.str() + "]:" + std::to_string(port) : ip.str() + ":" + std::to_string(port);
}

}  // namespace tutti
