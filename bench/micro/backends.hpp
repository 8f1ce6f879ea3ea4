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
  std::vector<NamedBackend> all{{"libsrtp2", &srtp::make_libsrtp_backend}};
  if (srtp::make_ipsec_backend()) all.push_back({"ipsec-mb", &srtp::make_ipsec_backend});
  return all;
}

}  // namespace tutti::bench
