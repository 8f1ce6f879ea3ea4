#include "tutti/proto/srtp/session.hpp"

namespace tutti::srtp {

std::unique_ptr<Backend> make_best_backend() {
  auto backend = make_ipsec_backend();
  return backend ? std::move(backend) : make_libsrtp_backend();
}

}  // namespace tutti::srtp
