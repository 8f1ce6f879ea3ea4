// From a finished handshake to SRTP master keys: RFC 5764 §4.2 over RFC 5705's exporter. Pure; any thread.
#pragma once

#include <optional>

#include "tutti/base/srtp_suite.hpp"
#include "tutti/proto/dtls/transport.hpp"

struct ssl_st;

namespace tutti::dtls {

// Nothing if the handshake negotiated no SRTP suite.
std::optional<SrtpKeys> export_srtp_keys(ssl_st* ssl, Role role);

}  // namespace tutti::dtls
