// Takes OpenSSL's clock away from it: libssl calls gettimeofday for its DTLS timers, and a definition in the executable
// wins over libc's for a dynamically linked libssl. Tests set the time, so lost handshake flights cost no waiting.
#include "support/clock_override.hpp"

#include <sys/time.h>

namespace tutti::test {
namespace {
Timestamp virtual_now = Timestamp::from_ms(1'000'000'000);
}
void set_openssl_time(Timestamp now) { virtual_now = now + TimeDelta::seconds(1'000'000); }
}  // namespace tutti::test

extern "C" int gettimeofday(struct timeval* tv, void*) noexcept {
  tv->tv_sec = static_cast<time_t>(tutti::test::virtual_now.us() / 1'000'000);
  tv->tv_usec = static_cast<suseconds_t>(tutti::test::virtual_now.us() % 1'000'000);
  return 0;
}
