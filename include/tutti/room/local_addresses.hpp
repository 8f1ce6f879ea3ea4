// LocalAddresses: where a worker can be reached: one entry for each of its sockets, in the order of their indices in
// Path. Made by `io` at start, read by rooms for candidates and for the address that a keyed participant is told.
// Value.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tutti/base/endpoint.hpp"

namespace tutti::room {

struct LocalAddress {
  Endpoint bound;
  Endpoint advertised;  // what others are told; `bound` unless media.advertise maps it
  // Loopback that the configuration does not name is offered only to clients on this machine.
  bool always_offered = true;
  std::vector<Endpoint> also_offered = {};  // what media.advertise names without saying which address it stands for
};

class LocalAddresses {
 public:
  LocalAddresses() = default;
  explicit LocalAddresses(std::vector<LocalAddress> sockets) : sockets_(std::move(sockets)) {}

  // IPv4 before IPv6; what the configuration names before what the machine has; loopback last, if at all.
  std::vector<Endpoint> candidates(bool include_loopback) const;
  // The socket to reach `remote` from: same family, loopback to loopback, then the longest common prefix.
  std::optional<uint16_t> socket_for(const Endpoint& remote) const;
  const std::vector<LocalAddress>& sockets() const { return sockets_; }

 private:
  std::vector<LocalAddress> sockets_;
};

}  // namespace tutti::room
