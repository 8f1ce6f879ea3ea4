// The virtual time that OpenSSL sees in an executable that links clock_override.cpp.
#pragma once

#include "tutti/base/units.hpp"

namespace tutti::test {
void set_openssl_time(Timestamp now);
}  // namespace tutti::test
