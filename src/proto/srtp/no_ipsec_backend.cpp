// In place of ipsec_backend.cpp where libipsec-mb is not there to build with (src/CMakeLists.txt chooses).
#include "tutti/proto/srtp/session.hpp"

namespace tutti::srtp {

std::unique_ptr<Backend> make_ipsec_backend() { return nullptr; }

}  // namespace tutti::srtp
