// The SRTP backends that the benchmarks compare, by name; those that this machine has.
#pragma once

#include <memory>
#include <vector>

#include "tutti/proto/srtp/session.hpp"

namespace tutti::bench {

struct NamedBackend {
  const char* name;
  std::unique_ptr<srtp::Backend> (*make)();
};

inline std::vector<NamedBackend> backends() {
  return {{"libsrtp2", &srtp::make_libsrtp_backend}};
}

}  // namespace tutti::bench
