// What a room shows of itself: plain values that replies and events carry across threads, one field for each field of the
// REST interface (docs/openapi.yaml). Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tutti/base/endpoint.hpp"
#include "tutti/base/ids.hpp"
#include "tutti/base/srtp_suite.hpp"
#include "tutti/base/units.hpp"
#include "tutti/peer/media_spec.hpp"
#include "tutti/peer/stats.hpp"
#include "tutti/proto/cc/estimate.hpp"
#include "tutti/room/allocator.hpp"
#include "tutti/room/mixing.hpp"

namespace tutti::room {

enum class RoomMode : uint8_t { kSfu, kMcu, kHybrid };
std::string_view to_string(RoomMode mode);

struct RoomLimits {
  uint32_t participants = 100;
  uint32_t tracks = 16;  // of one participant
  uint32_t slots = 64;   // of one participant
  bool operator==(const RoomLimits&) const = default;
};

struct RoomConfig {
  RoomMode mode = RoomMode::kSfu;
  std::vector<Codec> audio_codecs = {Codec::kOpus};
  std::vector<Codec> video_codecs = {Codec::kVp8, Codec::kVp9, Codec::kH264, Codec::kAv1};
  RoomLimits limits;
  TimeDelta empty_timeout = TimeDelta::seconds(300);  // how long a room without participants is kept
  bool operator==(const RoomConfig&) const = default;
};

struct RoomInfo {
  RoomId id;
  RoomConfig config;
  uint32_t participants = 0;
  uint32_t tracks = 0;
  std::optional<ParticipantId> speaker;
  bool created = false;  // by the command that this answers
};

struct LayerInfo {
  Rid rid;              // empty without simulcast
  bool active = false;  // packets came within the last two seconds
  bool wanted = false;  // some subscription is on it
  std::optional<uint16_t> width;
  std::optional<uint16_t> height;
  DataRate bitrate;
};

struct TrackInfo {
  TrackId id;
  MediaKind kind = MediaKind::kAudio;
  Codec codec = Codec::kOpus;
  std::string source;
  bool muted = false;
  std::vector<LayerInfo> layers;  // lowest first
};

// What a slot is sent of a track, or could be.
struct SlotLayer {
  Rid rid;
  std::optional<uint16_t> width, height;
  std::optional<uint8_t> spatial, temporal;
  DataRate bitrate;
};

// What a subscription asks for.
struct TrackChoice {
  enum class Kind : uint8_t { kNone, kAuto, kMix, kTrack };
  Kind kind = Kind::kNone;
  TrackId track;  // with kTrack
  bool operator==(const TrackChoice&) const = default;
};

// Why a slot shows nothing.
enum class SlotReason : uint8_t { kNone, kNobodySpeaks, kNobodyPublishes, kNotPublished, kCodec, kPaused, kOff, kDeaf, kOverloaded, kBandwidth };
// The text of the `reason` field; empty for kNone.
std::string_view to_string(SlotReason reason);

struct SlotInfo {
  SlotId slot;
  MediaKind kind = MediaKind::kAudio;
  TrackChoice track;
  std::string layout;
  std::optional<uint16_t> max_height;
  std::optional<Rid> rid;
  std::optional<uint8_t> temporal;
  std::optional<uint16_t> max_fps;
  std::optional<uint8_t> priority;
  bool visible = true;
  bool paused = false;
  std::optional<TrackId> current;
  std::optional<SlotLayer> layer;
  std::optional<SlotLayer> ideal;  // what it asks for comes to this
  SlotReason reason = SlotReason::kNone;
  AllocationReason limited_by = AllocationReason::kNone;  // why `layer` is not the best that there is
};

enum class TransportKind : uint8_t { kWebrtc, kSrtp, kRtp };
std::string_view to_string(TransportKind kind);
enum class TransportState : uint8_t { kNew, kConnecting, kConnected, kDisconnected, kClosed };
std::string_view to_string(TransportState state);

struct TransportInfo {
  TransportKind kind = TransportKind::kWebrtc;
  TransportState state = TransportState::kNew;
  std::optional<Endpoint> remote;
  std::optional<SrtpSuite> suite;
};

struct LayoutInfo {
  std::string name;
  Layout layout;
  bool created = false;   // by the command that this answers
  // What it costs now: compositions of it that are watched (more than one only with hide_self), and encoders.
  uint32_t compositions = 0, encoders = 0, watchers = 0;
};

// What the path to a participant carries, and how it is shared out.
struct BandwidthInfo {
  cc::Estimate estimate;
  DataRate audio;   // goes first
  DataRate video;   // what is left for forwarded pictures
  DataRate used;    // of that, by the layers chosen
  DataRate needed;  // by the layers asked for
};

struct ParticipantInfo {
  ParticipantId id;
  std::string name;
  VoiceControls voice;
  TransportInfo transport;
  std::optional<BandwidthInfo> bandwidth;
  std::vector<TrackInfo> tracks;
  std::vector<SlotInfo> slots;
};

// One object of W3C webrtc-stats; absent fields do not apply.
struct StatsEntry {
  enum class Type : uint8_t { kInboundRtp, kOutboundRtp, kRemoteInboundRtp, kTransport, kMixEncoder, kMixer };
  Type type = Type::kTransport;
  ParticipantId participant;
  std::string id;
  std::optional<MediaKind> kind;
  std::optional<Ssrc> ssrc;
  std::string mid;
  std::string rid;
  std::string track;  // trackIdentifier
  std::optional<uint64_t> packets_received, bytes_received, packets_sent, bytes_sent;
  std::optional<int64_t> packets_lost;
  std::optional<double> jitter_s, round_trip_time_s, fraction_lost;
  std::optional<uint64_t> nack_count, pli_count, fir_count;
  std::optional<uint64_t> retransmitted_packets_received, retransmitted_packets_sent;
  std::optional<uint64_t> red_packets_recovered, red_packets_sent, fec_packets_sent;
  // Inbound, of a stream that is mixed.
  std::optional<uint64_t> total_samples_received, concealed_samples, concealment_events, inserted_samples_for_deceleration,
      removed_samples_for_acceleration, fec_packets_received, packets_discarded;
  std::optional<double> jitter_buffer_target_delay_s, jitter_buffer_delay_s;  // of now, not sums
  std::optional<uint64_t> frames_received, frames_decoded, frames_dropped;
  std::string decoder_error;  // why it cannot be decoded now: "corrupt", "too-large", "unsupported", "needs-keyframe"; empty if it can
  // An encoder of a mix (`participant` is empty): `track` is "mix/audio" or "mix/<layout>".
  std::string codec;
  std::optional<uint32_t> channels, frame_width, frame_height;
  std::optional<double> frames_per_second, expected_loss;
  std::optional<uint64_t> target_bitrate_bps, frames_encoded, listeners;
  std::string own_of;  // the participant whose own mix it is; empty if it is shared
  // The mixer of the room, one entry: how late it has run.
  std::optional<uint64_t> ticks, late_ticks, skipped_frames;
  std::optional<double> max_lateness_s;
  std::optional<uint64_t> sources, speakers;
  // A transport: of the path to a participant that tells how it fares.
  std::optional<peer::CongestionStats> congestion;
  std::optional<uint64_t> audio_bitrate_bps, video_bitrate_bps, allocated_bitrate_bps, needed_bitrate_bps;
  // Outbound, of a forwarded picture (target_bitrate_bps too): why it is no better.
  std::optional<AllocationReason> limited_by;
};

// The state that a new listener of events starts from; events numbered above `number` follow it.
struct Snapshot {
  uint64_t number = 0;
  RoomInfo room;
  std::vector<std::pair<ParticipantId, std::string>> participants;  // id and name
  std::vector<TrackInfo> tracks;
  std::vector<SlotInfo> slots;     // of the participant asked for
  std::vector<TrackInfo> own;      // its tracks, for the layers that are wanted of it
};

}  // namespace tutti::room
