// A session description as plain values, and its text form both ways. RFC 8866, with the attributes that WebRTC uses;
// other lines and attributes are read over. Bounded by `Limits`. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tutti/base/ids.hpp"
#include "tutti/base/result.hpp"
#include "tutti/wire/sdp/fingerprint.hpp"

namespace tutti::sdp {

enum class Direction : uint8_t { kSendRecv, kSendOnly, kRecvOnly, kInactive };
std::string_view to_string(Direction direction);
// The same direction seen from the other end.
Direction reversed(Direction direction);
constexpr bool sends(Direction d) { return d == Direction::kSendRecv || d == Direction::kSendOnly; }
constexpr bool receives(Direction d) { return d == Direction::kSendRecv || d == Direction::kRecvOnly; }

// Who opens the DTLS association. RFC 4145 §4, RFC 8842 §5.
enum class Setup : uint8_t { kActive, kPassive, kActPass, kHoldConn };
std::string_view to_string(Setup setup);

// o=. The numbers are text because they may be longer than 64 bits.
struct Origin {
  std::string username = "-";
  std::string session_id = "0";
  std::string version = "0";
  std::string address_type = "IP4";
  std::string address = "0.0.0.0";
  bool operator==(const Origin&) const = default;
};

// c=, of which the network type is always IN.
struct Connection {
  std::string address_type = "IP4";
  std::string address = "0.0.0.0";
  bool operator==(const Connection&) const = default;
};

// a=rtpmap. RFC 8866 §6.6.
struct RtpMap {
  PayloadType payload_type;
  std::string name;
  uint32_t clock_rate_hz = 0;
  uint8_t channels = 1;
  bool operator==(const RtpMap&) const = default;
};

// a=fmtp: everything after the payload type. RFC 8866 §6.15.
struct Fmtp {
  PayloadType payload_type;
  std::string parameters;
  bool operator==(const Fmtp&) const = default;
};

// a=rtcp-fb. RFC 4585 §4.2. Without a payload type it is the wildcard '*'. `type` holds all words: "nack pli".
struct RtcpFeedback {
  std::optional<PayloadType> payload_type;
  std::string type;
  bool operator==(const RtcpFeedback&) const = default;
};

// a=extmap. RFC 8285 §8. Ids above 255 are an offerer's placeholders.
struct ExtMap {
  uint16_t id = 0;
  std::optional<Direction> direction;
  std::string uri;
  std::string attributes;
  bool operator==(const ExtMap&) const = default;
};

// a=msid. RFC 8830. `track` may be empty.
struct Msid {
  std::string stream;
  std::string track;
  bool operator==(const Msid&) const = default;
};

// a=ssrc and a=ssrc-group. RFC 5576 §4.
struct SsrcAttribute {
  Ssrc ssrc;
  std::string name;
  std::string value;
  bool operator==(const SsrcAttribute&) const = default;
};
struct SsrcGroup {
  std::string semantics;
  std::vector<Ssrc> ssrcs;
  bool operator==(const SsrcGroup&) const = default;
};

// a=rid. RFC 8851. No payload types means all of the section's.
struct RidAttribute {
  Rid rid;
  bool send = true;
  std::vector<PayloadType> payload_types;
  std::vector<std::pair<std::string, std::string>> restrictions;  // "max-width" to "1280"
  bool operator==(const RidAttribute&) const = default;
};

// a=simulcast. RFC 8853 §5.1. One entry for each simulcast stream, each a list of alternatives, preferred first.
struct SimulcastRid {
  Rid rid;
  bool paused = false;
  bool operator==(const SimulcastRid&) const = default;
};
using SimulcastStreams = std::vector<std::vector<SimulcastRid>>;
struct Simulcast {
  SimulcastStreams send;
  SimulcastStreams recv;
  bool operator==(const Simulcast&) const = default;
};

// a=group. RFC 5888 §5.
struct Group {
  std::string semantics;
  std::vector<Mid> mids;
  bool operator==(const Group&) const = default;
};

// What a peer needs to reach the other: ICE (RFC 8839 §5) and DTLS (RFC 8122, RFC 8842). Empty text is an absent
// attribute.
struct TransportAttributes {
  std::string ice_ufrag;
  std::string ice_pwd;
  std::vector<std::string> ice_options;
  std::vector<Fingerprint> fingerprints;
  std::optional<Setup> setup;
  bool operator==(const TransportAttributes&) const = default;
};

// What may stand at session level, where it holds for every section without its own, and in a section.
struct LevelAttributes {
  std::optional<Connection> connection;
  TransportAttributes transport;
  std::optional<Direction> direction;
  std::vector<ExtMap> extmaps;
  bool extmap_allow_mixed = false;
  bool operator==(const LevelAttributes&) const = default;
};

// An m-line and what belongs to it.
struct MediaSection : LevelAttributes {
  std::string media;
  uint16_t port = 0;
  std::string protocol;
  std::vector<std::string> formats;

  Mid mid;
  bool bundle_only = false;
  bool rtcp_mux = false;
  bool rtcp_rsize = false;
  std::vector<std::string> candidates;  // what follows "a=candidate:"
  bool end_of_candidates = false;
  std::vector<RtpMap> rtpmaps;
  std::vector<RtcpFeedback> feedback;
  std::vector<Fmtp> fmtps;
  std::optional<uint16_t> ptime_ms;
  std::optional<uint16_t> max_ptime_ms;
  std::vector<Msid> msids;
  std::vector<RidAttribute> rids;
  std::optional<Simulcast> simulcast;
  std::vector<SsrcGroup> ssrc_groups;
  std::vector<SsrcAttribute> ssrcs;
  bool operator==(const MediaSection&) const = default;
};

struct Session : LevelAttributes {
  Origin origin;
  std::string name = "-";
  std::vector<Group> groups;
  bool ice_lite = false;
  std::string msid_semantic;  // RFC 8830, as older clients want it: "WMS *"
  std::vector<MediaSection> media;
  bool operator==(const Session&) const = default;
};

struct Limits {
  size_t max_bytes = 256 * 1024;
  // A browser writes about 110 lines for one receiving video section, so this holds 64 slots and their tracks.
  size_t max_lines = 8192;
  size_t max_line_length = 4096;
  size_t max_sections = 128;
  size_t max_formats = 128;      // of one section
  size_t max_attributes = 1024;  // of one section, and of the session level
};

// Lines may end in CRLF or LF. Errors are invalid (400) `sdp-invalid`; the detail names the line and what would be
// right.
Result<Session> parse(std::string_view text, const Limits& limits = {});
// `parse` gives the same values back. Values that came from elsewhere must be within the grammar; nothing is escaped.
std::string serialise(const Session& session);

// Looking things up, with session-level defaults and the static payload types of RFC 3551 §6 that WebRTC and SIP still
// use.
TransportAttributes transport_of(const Session& session, const MediaSection& section);
Direction direction_of(const Session& session, const MediaSection& section);
std::vector<ExtMap> extmaps_of(const Session& session, const MediaSection& section);
std::optional<RtpMap> rtpmap_of(const MediaSection& section, PayloadType payload_type);
// Empty if there is none.
std::string_view fmtp_of(const MediaSection& section, PayloadType payload_type);
bool has_feedback(const MediaSection& section, PayloadType payload_type, std::string_view type);
// The value of one `name=value` of "a=1;b=2", name in any case; nothing if it is absent.
std::optional<std::string_view> fmtp_parameter(std::string_view parameters, std::string_view name);
// The same where a number stands; `fallback` if it is absent or not one.
uint32_t fmtp_number(std::string_view parameters, std::string_view name, uint32_t fallback);

}  // namespace tutti::sdp
