#include "app/version.hpp"

#include <openssl/crypto.h>

#include <boost/version.hpp>

#include "tutti_build_info.hpp"  // written by cmake/build_info.cmake

namespace tutti::app {

std::string version() { return TUTTI_VERSION; }

std::string version_text() {
#ifdef __clang__
  const std::string compiler = "clang " __clang_version__;
#else
  const std::string compiler = "g++ " __VERSION__;
#endif
  const std::string boost = std::to_string(BOOST_VERSION / 100000) + "." + std::to_string(BOOST_VERSION / 100 % 1000) +
                            "." + std::to_string(BOOST_VERSION % 100);
  return std::string("tuttid ") + TUTTI_VERSION + "\ncommit:   " + TUTTI_GIT_SHA + "\ncompiler: " + compiler + " (" +
         TUTTI_BUILD_TYPE + ")\nopenssl:  " + OpenSSL_version(OPENSSL_VERSION) + "\nlibsrtp:  " + TUTTI_SRTP_VERSION +
         "\nboost:    " + boost + "\nyaml-cpp: " + TUTTI_YAML_CPP_VERSION + "\n";
}

}  // namespace tutti::app
