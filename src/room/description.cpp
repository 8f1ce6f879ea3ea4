#include "tutti/room/description.hpp"

#include "tutti/room/event.hpp"

namespace tutti::room {

std::string_view to_string(RoomMode mode) {
  switch (mode) {
    case RoomMode::kSfu: return "sfu";
    case RoomMode::kMcu: return "mcu";
    case RoomMode::kHybrid: return "hybrid";
  }
  return "sfu";
}

std::string_view to_string(SlotReason reason) {
  switch (reason) {
    case SlotReason::kNone: return "";
    case SlotReason::kNobodySpeaks: return "nobody-speaks";
    case SlotReason::kNobodyPublishes: return "nobody-publishes";
    case SlotReason::kNotPublished: return "not-published";
    case SlotReason::kCodec: return "codec";
    case SlotReason::kPaused: return "paused";
    case SlotReason::kOff: return "off";
    case SlotReason::kDeaf: return "deaf";
    case SlotReason::kOverloaded: return "overloaded";
    case SlotReason::kBandwidth: return "bandwidth";
  }
  return "";
}

std::string_view to_string(TransportKind kind) {
  switch (kind) {
    case TransportKind::kWebrtc: return "webrtc";
    case TransportKind::kSrtp: return "srtp";
    case TransportKind::kRtp: return "rtp";
  }
  return "webrtc";
}

std::string_view to_string(TransportState state) {
  switch (state) {
    case TransportState::kNew: return "new";
    case TransportState::kConnecting: return "connecting";
    case TransportState::kConnected: return "connected";
    case TransportState::kDisconnected: return "disconnected";
    case TransportState::kClosed: return "closed";
  }
  return "new";
}

std::string_view to_string(LeaveReason reason) {
  switch (reason) {
    case LeaveReason::kLeft: return "left";
    case LeaveReason::kRemoved: return "removed";
    case LeaveReason::kReplaced: return "replaced";
    case LeaveReason::kTimeout: return "timeout";
    case LeaveReason::kRoomClosed: return "room-closed";
  }
  return "left";
}

std::string_view to_string(CloseReason reason) {
  switch (reason) {
    case CloseReason::kDeleted: return "deleted";
    case CloseReason::kEmpty: return "empty";
    case CloseReason::kShutdown: return "shutdown";
  }
  return "deleted";
}

}  // namespace tutti::room
