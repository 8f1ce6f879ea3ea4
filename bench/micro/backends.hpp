// The SRTP backends that the benchmarks compare, by name.
#pragma once

#include <array>
#include <memory>

#include "tutti/proto/srtp/session.hpp"

namespace tutti::bench {

struct NamedBackend {
  const char* name;
  std::unique_ptr<srtp::Backend> (*make)();
};

constexpr std::array kBackends{NamedBackend{"libsrtp2", &srtp::make_libsrtp_backend}};

}  // namespace tutti::bench
