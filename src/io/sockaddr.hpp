// Between Endpoint and sockaddr.
#pragma once

#include <netinet/in.h>

#include "tutti/base/endpoint.hpp"

namespace tutti::io {

// Returns the size to pass to the kernel.
socklen_t to_sockaddr(const Endpoint& endpoint, sockaddr_storage& out);
Endpoint from_sockaddr(const sockaddr_storage& address);

}  // namespace tutti::io
