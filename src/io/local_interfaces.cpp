#include "tutti/io/local_interfaces.hpp"

#include <ifaddrs.h>
#include <net/if.h>

#include <algorithm>
#include <cstring>

#include "io/sockaddr.hpp"

namespace tutti::io {

std::vector<IpAddress> local_interfaces() {
  std::vector<IpAddress> found;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return found;
  for (const ifaddrs* i = list; i; i = i->ifa_next) {
    if (!i->ifa_addr || !(i->ifa_flags & IFF_UP)) continue;
    const int family = i->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    sockaddr_storage address{};
    std::memcpy(&address, i->ifa_addr, family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    const IpAddress ip = from_sockaddr(address).ip;
    if (ip.is_link_local() || ip.is_multicast() || ip.is_unspecified()) continue;
    if (std::find(found.begin(), found.end(), ip) == found.end()) found.push_back(ip);
  }
  freeifaddrs(list);
  return found;
}

}  // namespace tutti::io
