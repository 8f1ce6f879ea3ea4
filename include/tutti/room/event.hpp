// What happened in a room, as values: numbered by the room, posted to control, sent to listeners as server-sent events.
// Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "tutti/room/description.hpp"

namespace tutti::room {

enum class LeaveReason : uint8_t { kLeft, kRemoved, kReplaced, kTimeout, kRoomClosed };
std::string_view to_string(LeaveReason reason);
enum class CloseReason : uint8_t { kDeleted, kEmpty, kShutdown };
std::string_view to_string(CloseReason reason);

struct ParticipantJoined {
  ParticipantId participant;
  std::string name;
};
struct ParticipantLeft {
  ParticipantId participant;
  LeaveReason reason = LeaveReason::kLeft;
};
struct TrackChanged {
  enum class Action : uint8_t { kAdded, kRemoved, kChanged };
  Action action = Action::kAdded;
  TrackInfo track;
};
// Of interest to the participant that has the slot.
struct SlotChanged {
  ParticipantId participant;
  SlotInfo slot;
};
struct SpeakerChanged {
  std::optional<ParticipantId> participant;
};
// Which layers of a track somebody watches. Of interest to its publisher, who may stop sending the others.
struct LayersWanted {
  ParticipantId participant;
  TrackInfo track;
};
struct TransportStateChanged {
  ParticipantId participant;
  TransportState state = TransportState::kNew;
};
// What the path to the participant carries has changed. Of interest to it alone, and only now: it is not kept for who comes later.
struct BandwidthChanged {
  ParticipantId participant;
  BandwidthInfo bandwidth;
};
struct RoomClosed {
  CloseReason reason = CloseReason::kDeleted;
};

struct Event {
  RoomId room;
  uint64_t number = 0;  // counts up by one in each room
  std::variant<ParticipantJoined, ParticipantLeft, TrackChanged, SlotChanged, SpeakerChanged, LayersWanted, TransportStateChanged,
               BandwidthChanged, RoomClosed>
      what;
};

}  // namespace tutti::room
