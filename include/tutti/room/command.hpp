// Everything that control asks of the rooms of a worker, as plain structs, and what it gets back. `api` makes them from JSON
// (every check that needs no state is done there), posts them to the worker, which calls Rooms::apply. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tutti/base/result.hpp"
#include "tutti/peer/media_spec.hpp"
#include "tutti/peer/negotiation.hpp"
#include "tutti/proto/cc/estimator_log.hpp"
#include "tutti/room/description.hpp"
#include "tutti/room/mixing.hpp"

namespace tutti::room {

struct CreateRoom {
  RoomId room;
  RoomConfig config;
  bool match_existing = false;  // PUT: a room made alike is found instead of a conflict
};
// Limits that are not set stay as they are.
struct RoomLimitsChange {
  std::optional<uint32_t> participants;
  std::optional<uint32_t> tracks;
  std::optional<uint32_t> slots;
};
struct UpdateRoom {
  RoomId room;
  RoomLimitsChange limits;
  std::optional<TimeDelta> empty_timeout;
};
struct DeleteRoom {
  RoomId room;
};
struct DescribeRoom {
  RoomId room;
};
struct DescribeRooms {};

// Fields that are not set stay as they are (or at their default, for a slot named the first time).
struct SubscriptionChange {
  SlotId slot;
  std::optional<TrackChoice> track;
  std::optional<std::string> layout;
  std::optional<std::optional<uint16_t>> max_height;
  std::optional<std::optional<Rid>> rid;
  std::optional<std::optional<uint8_t>> temporal;
  std::optional<std::optional<uint16_t>> max_fps;
  std::optional<std::optional<uint8_t>> priority;
  std::optional<bool> visible;
  std::optional<bool> paused;
};

struct WebrtcJoin {
  std::string offer;
  std::vector<peer::PublishName> publish;
  bool offer_loopback = false;  // the HTTP client is on this machine, so 127.0.0.1 and ::1 are candidates for it
};
struct KeyedJoin {
  bool encrypted = true;  // false: kind "rtp"
  SrtpSuite suite = SrtpSuite::kAeadAes128Gcm;
  SrtpMasterKey receive_key;  // the participant sends with
  SrtpMasterKey send_key;     // the server sends with
  std::optional<Endpoint> remote;
  std::vector<peer::PublishSpec> publish;
  std::vector<peer::ReceiveSpec> receive;
  std::optional<TimeDelta> timeout;  // gone after so long without an authenticated packet
};

struct Join {
  RoomId room;
  ParticipantId participant;  // empty: the server makes one
  std::string name;
  bool replace = false;  // who has the id already is removed first, instead of a conflict
  std::variant<WebrtcJoin, KeyedJoin> transport;
  std::vector<SubscriptionChange> subscriptions;
  // Set where nobody new is let in: what is said to who does not take the place of itself.
  std::optional<Error> unless_replacing = std::nullopt;
};
struct MuteTrack {
  std::string name;
  bool muted = false;
};
// Of VoiceControls; fields that are not set stay as they are.
struct VoiceChange {
  std::optional<double> gain_db;
  std::optional<bool> deaf;
  std::optional<bool> gain_control;
  std::optional<bool> noise_suppression;
};
struct UpdateParticipant {
  RoomId room;
  ParticipantId participant;
  std::optional<std::string> name;
  std::vector<MuteTrack> mute;
  VoiceChange voice;
  std::optional<WebrtcJoin> offer;
  std::optional<bool> congestion_log;  // whether what the estimator is told is kept, from now on
};
struct RemoveParticipant {
  RoomId room;
  ParticipantId participant;
};
struct DescribeParticipant {
  RoomId room;
  ParticipantId participant;
};
struct DescribeParticipants {
  RoomId room;
};
// WHIP's PATCH with new credentials (RFC 9725 §4.3.3): an ICE restart without SDP.
struct RestartIce {
  RoomId room;
  ParticipantId participant;
  std::string ufrag;
  std::string pwd;
};

struct SetSubscriptions {
  RoomId room;
  ParticipantId participant;
  bool replace_all = false;  // PUT: slots that are not named get what the room's mode gives them
  std::vector<SubscriptionChange> changes;
};
struct DescribeSubscriptions {
  RoomId room;
  ParticipantId participant;
};
// Layouts of a room that mixes; any name makes one, "default" cannot be deleted but set back to its defaults.
struct SetLayout {
  RoomId room;
  std::string name;
  Layout layout;
};
struct DeleteLayout {
  RoomId room;
  std::string name;
};
struct DescribeLayout {
  RoomId room;
  std::string name;
};
struct DescribeLayouts {
  RoomId room;
};
struct DescribeTracks {
  RoomId room;
};
struct DescribeStats {
  RoomId room;
  std::optional<ParticipantId> participant;  // none: of everybody
};
struct TakeCongestionLog {
  RoomId room;
  ParticipantId participant;
};
struct TakeSnapshot {
  RoomId room;
  std::optional<ParticipantId> participant;
};

using Command = std::variant<CreateRoom, UpdateRoom, DeleteRoom, DescribeRoom, DescribeRooms, Join, UpdateParticipant,
                             RemoveParticipant, DescribeParticipant, DescribeParticipants, RestartIce, SetSubscriptions,
                             DescribeSubscriptions, SetLayout, DeleteLayout, DescribeLayout, DescribeLayouts, DescribeTracks, DescribeStats, TakeCongestionLog, TakeSnapshot>;

struct JoinReply {
  ParticipantInfo participant;
  std::string answer;             // webrtc
  std::optional<Endpoint> local;  // keyed: where to send to
};
struct UpdateReply {
  ParticipantInfo participant;
  std::string answer;  // with an offer
};
struct IceCredentials {
  std::string ufrag;
  std::string pwd;
};
// A copy, for its text is made elsewhere.
using CongestionLog = std::shared_ptr<const cc::EstimatorLog>;
struct Done {};

// CreateRoom, UpdateRoom, DescribeRoom → RoomInfo; DescribeRooms → vector<RoomInfo>; Join → JoinReply; UpdateParticipant →
// UpdateReply; DescribeParticipant → ParticipantInfo; DescribeParticipants → vector<ParticipantInfo>; RestartIce →
// IceCredentials; Set/DescribeSubscriptions → vector<SlotInfo>; DescribeTracks → vector<TrackInfo>; DescribeStats →
// vector<StatsEntry>; SetLayout, DescribeLayout → LayoutInfo; DescribeLayouts → vector<LayoutInfo>; DeleteLayout → Done; TakeCongestionLog → CongestionLog; TakeSnapshot → Snapshot; DeleteRoom, RemoveParticipant → Done.
using Reply = std::variant<Done, RoomInfo, std::vector<RoomInfo>, JoinReply, UpdateReply, ParticipantInfo, std::vector<ParticipantInfo>,
                           IceCredentials, std::vector<SlotInfo>, std::vector<TrackInfo>, std::vector<StatsEntry>, LayoutInfo, std::vector<LayoutInfo>, CongestionLog, Snapshot>;

}  // namespace tutti::room
