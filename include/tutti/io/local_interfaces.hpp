// The addresses of this machine on which media can be received. Read once at start.
#pragma once

#include <vector>

#include "tutti/base/endpoint.hpp"

namespace tutti::io {

// Of interfaces that are up, IPv4 and IPv6; no link-local and no multicast ones.
std::vector<IpAddress> local_interfaces();

}  // namespace tutti::io
