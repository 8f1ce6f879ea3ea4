#include "io/sockaddr.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace tutti::io {

socklen_t to_sockaddr(const Endpoint& endpoint, sockaddr_storage& out) {
  if (endpoint.ip.is_v6()) {
    sockaddr_in6 a{};
    a.sin6_family = AF_INET6;
    a.sin6_port = htons(endpoint.port);
    std::memcpy(&a.sin6_addr, endpoint.ip.data(), 16);
    std::memcpy(&out, &a, sizeof a);
    return sizeof a;
  }
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(endpoint.port);
  std::memcpy(&a.sin_addr, endpoint.ip.data(), 4);
  std::memcpy(&out, &a, sizeof a);
  return sizeof a;
}

Endpoint from_sockaddr(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 a;
    std::memcpy(&a, &address, sizeof a);
    std::array<uint8_t, 16> bytes;
    std::memcpy(bytes.data(), &a.sin6_addr, 16);
    return {IpAddress::v6(bytes), ntohs(a.sin6_port)};
  }
  sockaddr_in a;
  std::memcpy(&a, &address, sizeof a);
  std::array<uint8_t, 4> bytes;
  std::memcpy(bytes.data(), &a.sin_addr, 4);
  return {IpAddress::v4(bytes), ntohs(a.sin_port)};
}

}  // namespace tutti::io
