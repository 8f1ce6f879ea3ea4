// One offer in, one answer out (JSEP, RFC 9429; offer/answer RFC 3264; BUNDLE RFC 9143): what the client publishes and can
// receive, and how to reach it. Pure: SSRCs, credentials and candidates of ours come in as parameters. Worker's thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tutti/base/endpoint.hpp"
#include "tutti/base/random.hpp"
#include "tutti/base/result.hpp"
#include "tutti/peer/media_spec.hpp"

namespace tutti::peer {

// Which codecs a room admits, preferred first, and how much one participant may ask for.
struct NegotiationPolicy {
  std::vector<Codec> audio = {Codec::kOpus};
  std::vector<Codec> video = {Codec::kVp8, Codec::kVp9, Codec::kH264, Codec::kAv1};
  size_t max_sdp_bytes = 256 * 1024;
  size_t max_tracks = 16;
  size_t max_slots = 64;
  size_t max_layers = 3;
};

// Names that the join request gives to published m-lines.
struct PublishName {
  Mid mid;
  std::string id;
  std::string source;
};

// Our side of the transport, as it will stand in the answer.
struct LocalTransport {
  std::string ice_ufrag;
  std::string ice_pwd;
  std::string fingerprint_sha256;    // upper-case hex with colons
  std::vector<Endpoint> candidates;  // host candidates, preferred first; the first is also the c= and m= address
  std::string cname;
};

// A certificate's fingerprint as SDP carries it. RFC 8122.
struct Fingerprint {
  std::string algorithm;  // lower case: "sha-256", "sha-384", "sha-512"
  std::vector<uint8_t> bytes;
  bool operator==(const Fingerprint&) const = default;
};

// The client's side of the transport.
struct RemoteTransport {
  std::string ice_ufrag;
  std::string ice_pwd;
  std::vector<Fingerprint> fingerprints;
  bool dtls_client = true;  // false if it insists on a=setup:passive, which only a re-offer of an old session may
};

// What one m-line of the session became; later offers must repeat them in order.
struct NegotiatedLine {
  Mid mid;
  std::string media;  // "audio", "video", "application"
  bool rejected = false;
};

// The state that an offer leads to. `negotiate` makes a new one from the previous; the caller keeps it if all went well.
struct Session {
  RemoteTransport remote;
  std::vector<NegotiatedLine> lines;
  std::vector<PublishSpec> publish;
  std::vector<ReceiveSpec> receive;
  // The ids of mid, rid and repaired-rid hold for the whole BUNDLE group: they are read before the m-line is known.
  rtp::ExtensionIds bundle_extensions;
  uint64_t sdp_session_id = 0;
  uint64_t sdp_version = 0;
};

struct Negotiated {
  Session session;
  std::string answer;
  bool ice_restart = false;  // the offer carries another ufrag than `previous`
};

// `previous` is null for the first offer. Errors: invalid-request (400) `sdp-invalid` with the line at fault; unsupported
// (422) when there is no BUNDLE, no rtcp-mux, no fingerprint or nothing in common; conflict (409) `rejoin` when the
// fingerprint changed, and when m-lines were removed or reordered; forbidden (403) `limit-tracks`, `limit-slots`.
Result<Negotiated> negotiate(std::string_view offer, const std::vector<PublishName>& names, const NegotiationPolicy& policy,
                             const LocalTransport& local, const Session* previous, Random& random);

}  // namespace tutti::peer
