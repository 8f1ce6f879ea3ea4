#include "tutti/proto/srtp/session.hpp"

namespace tutti::srtp {

std::unique_ptr<Backend> make_best_backend() {
  auto backend = make_ipsec_backend();
  return backend ? std::move(backend) : make_libsrtp_backend();
}

std::unique_ptr<Backend> make_backend(BackendChoice choice) {
  switch (choice) {
    case BackendChoice::kAuto: return make_best_backend();
    case BackendChoice::kLibsrtp2: return make_libsrtp_backend();
    case BackendChoice::kIpsecMb: return make_ipsec_backend();
  }
  return nullptr;
}

}  // namespace tutti::srtp
