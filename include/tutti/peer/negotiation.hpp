// One offer in, one answer out (JSEP, RFC 9429; offer/answer RFC 3264; BUNDLE RFC 9143): what the client publishes and
// can receive, and how to reach it. Pure: SSRCs, credentials and candidates of ours come in as parameters. Worker's
// thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tutti/base/endpoint.hpp"
#include "tutti/base/random.hpp"
#include "tutti/base/result.hpp"
#include "tutti/peer/media_spec.hpp"
#include "tutti/wire/sdp/fingerprint.hpp"

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

using Fingerprint = sdp::Fingerprint;

// The client's side of the transport, that of the m-line that owns the BUNDLE group. It is always the DTLS client.
struct RemoteTransport {
  std::string ice_ufrag;
  std::string ice_pwd;
  std::vector<Fingerprint> fingerprints;
};

// What one m-line of the session became; later offers must repeat them in order. A rejected one may come back with
// another mid (JSEP calls that recycling, RFC 9429 §5.2.2).
struct NegotiatedLine {
  Mid mid;
  std::string media;  // "audio", "video", "application"
  bool rejected = false;
};

// The state that an offer leads to. `negotiate` makes a new one from the previous; the caller keeps it if all went
// well. `publish` and `receive` are in the order of the m-lines. Compared with the previous session, an entry can be
// new, have `active` changed, or be gone, because the client stopped its m-line for good (port 0).
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

// `previous` is null for the first offer. What each m-line becomes: sendonly and sendrecv a PublishSpec (one codec: the
// first of the policy that is offered), recvonly and sendrecv a ReceiveSpec (every codec of the policy), inactive
// neither but it keeps its place; media other than audio and video, and lines without a common codec, are rejected with
// port 0.
//
// Errors: invalid (400) `sdp-invalid` with the line at fault, or `invalid-request` with a pointer into /publish;
// unsupported (422) `sdp-unsupported` when there is no BUNDLE, rtcp-mux, ICE, fingerprint, when the client insists on
// being the DTLS server or on ICE-lite, and when there is nothing in common; conflict (409) `rejoin` when the
// fingerprint changed, or m-lines were removed or reordered; forbidden (403) `limit-tracks`, `limit-slots`.
Result<Negotiated> negotiate(std::string_view offer, const std::vector<PublishName>& names,
                             const NegotiationPolicy& policy, const LocalTransport& local, const Session* previous,
                             Random& random);

}  // namespace tutti::peer
