// Participant: somebody in a room: its peer, the tracks it publishes and the slots in which it receives. Owned by its Room.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tutti/base/deadline_queue.hpp"
#include "tutti/peer/peer.hpp"
#include "tutti/room/capture_clock.hpp"
#include "tutti/room/description.hpp"
#include "tutti/room/subscription.hpp"
#include "tutti/room/track.hpp"

namespace tutti::room {

class Room;

class Participant {
 public:
  Participant(Room& in, ParticipantId id, std::string shown_name, TransportKind kind, std::unique_ptr<peer::Peer> endpoint)
      : name(std::move(shown_name)), peer(std::move(endpoint)), deadline(*this), room_(in), id_(std::move(id)), kind_(kind) {}

  Room& room() const { return room_; }
  const ParticipantId& id() const { return id_; }
  TransportKind transport_kind() const { return kind_; }

  Track* find_track(std::string_view track_name);
  Subscription* find_slot(const SlotId& slot);

  std::string name;
  VoiceControls voice;
  std::unique_ptr<peer::Peer> peer;
  std::optional<peer::Session> session;  // webrtc: the last negotiation
  peer::LocalTransport local;            // webrtc: what the last answer said of us
  bool offer_loopback = false;
  SenderAlignment alignment;
  // How the path to it was last shared out.
  struct Bandwidth {
    DataRate target;  // as the router was told it last
    Timestamp told_at = Timestamp::long_ago();
    DataRate said;  // in the last event
    Timestamp said_at = Timestamp::long_ago();
    DataRate audio, video, used, needed;
    Timestamp share_again = Timestamp::never();  // a slot may rise from then on
  };
  Bandwidth bandwidth;
  std::vector<std::unique_ptr<Track>> tracks;                // by the peer's index; null where the m-line is gone
  std::vector<std::unique_ptr<Subscription>> subscriptions;  // by the peer's index
  TransportState announced_state = TransportState::kNew;
  bool has_output = false;  // in the room's list of those with something to send
  bool is_leaving = false;  // no longer in the room, but it has a goodbye to send
  DeadlineQueue<Participant>::Handle deadline;

 private:
  Room& room_;
  ParticipantId id_;
  TransportKind kind_;
};

}  // namespace tutti::room
