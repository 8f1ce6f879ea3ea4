#include "peer/negotiation_transport.hpp"

namespace tutti::peer {
namespace {

// The digest's length; 0 for what is not taken. RFC 8122 §5 rules MD2 and MD5 out, SHA-1 is broken.
size_t digest_size(std::string_view algorithm) {
  if (algorithm == "sha-256") return 32;
  if (algorithm == "sha-384") return 48;
  if (algorithm == "sha-512") return 64;
  return 0;
}

}  // namespace

Result<RemoteTransport> read_transport(const sdp::Session& offer, const sdp::MediaSection& owner) {
  const sdp::TransportAttributes t = sdp::transport_of(offer, owner);
  if (!owner.rtcp_mux) return unsupported("a=rtcp-mux is required");
  if (offer.ice_lite) return unsupported("a=ice-lite cannot meet an ICE-lite server: nobody would send checks");
  if (t.ice_ufrag.empty() || t.ice_pwd.empty()) return unsupported("a=ice-ufrag and a=ice-pwd are required");
  const sdp::Setup setup = t.setup.value_or(sdp::Setup::kActPass);
  if (setup != sdp::Setup::kActPass && setup != sdp::Setup::kActive) {
    return unsupported("a=setup must be actpass or active: this server is always the DTLS server");
  }
  RemoteTransport remote;
  for (const Fingerprint& f : t.fingerprints) {
    const size_t size = digest_size(f.algorithm);
    if (size == 0) continue;
    if (f.bytes.size() != size) {
      return sdp_invalid("a " + f.algorithm + " fingerprint must have " + std::to_string(size) + " bytes");
    }
    remote.fingerprints.push_back(f);
  }
  if (remote.fingerprints.empty()) return unsupported("a=fingerprint with sha-256, sha-384 or sha-512 is required");
  remote.ice_ufrag = t.ice_ufrag;
  remote.ice_pwd = t.ice_pwd;
  return remote;
}

}  // namespace tutti::peer
