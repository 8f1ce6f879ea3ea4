// How to reach the client, as its offer says: ICE credentials (RFC 8839), DTLS role and certificate (RFC 8842, RFC
// 8122). Pure. Private to peer.
#pragma once

#include "tutti/base/result.hpp"
#include "tutti/peer/negotiation.hpp"
#include "tutti/wire/sdp/session.hpp"

namespace tutti::peer {

inline Error unsupported(std::string detail) {
  return {ErrorKind::kUnsupported, "sdp-unsupported", std::move(detail), {}};
}
inline Error sdp_invalid(std::string detail) { return {ErrorKind::kInvalid, "sdp-invalid", std::move(detail), {}}; }

// From the section that owns the BUNDLE group, with session-level defaults.
Result<RemoteTransport> read_transport(const sdp::Session& offer, const sdp::MediaSection& owner);

}  // namespace tutti::peer
