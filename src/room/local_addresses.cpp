#include "tutti/room/local_addresses.hpp"

#include <algorithm>
#include <bit>

namespace tutti::room {
namespace {

int common_prefix_bits(const IpAddress& a, const IpAddress& b) {
  int bits = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const auto differ = static_cast<uint8_t>(a.data()[i] ^ b.data()[i]);
    if (differ != 0) return bits + std::countl_zero(differ);
    bits += 8;
  }
  return bits;
}

}  // namespace

std::vector<Endpoint> LocalAddresses::candidates(bool include_loopback) const {
  std::vector<Endpoint> out;
  auto offer = [&](const Endpoint& candidate) {
    if (std::find(out.begin(), out.end(), candidate) == out.end()) out.push_back(candidate);
  };
  for (const bool loopback : {false, true}) {
    for (const bool v4 : {true, false}) {
      auto is_here = [&](const LocalAddress& s) {
        return s.bound.ip.is_loopback() == loopback && s.bound.ip.is_v4() == v4;
      };
      for (const LocalAddress& s : sockets_) {
        if (is_here(s)) std::for_each(s.also_offered.begin(), s.also_offered.end(), offer);
      }
      for (const LocalAddress& s : sockets_) {
        if (is_here(s) && (s.always_offered || (loopback && include_loopback))) offer(s.advertised);
      }
    }
  }
  return out;
}

std::optional<uint16_t> LocalAddresses::socket_for(const Endpoint& remote) const {
  std::optional<uint16_t> best;
  int best_bits = -1;
  for (size_t i = 0; i < sockets_.size(); ++i) {
    const IpAddress& ip = sockets_[i].bound.ip;
    if (ip.is_v4() != remote.ip.is_v4() || ip.is_loopback() != remote.ip.is_loopback()) continue;
    const int bits = ip.is_unspecified() ? 0 : common_prefix_bits(ip, remote.ip);
    if (bits > best_bits) {
      best_bits = bits;
      best = static_cast<uint16_t>(i);
    }
  }
  return best;
}

}  // namespace tutti::room
