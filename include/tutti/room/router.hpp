// The routing seam. A Router decides which packets of a room go to whom; a Room calls it on every change and for every
// packet, and serves it as its RouterHost. One router for each room, on the room's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "tutti/peer/media_packet.hpp"
#include "tutti/peer/rewrite.hpp"
#include "tutti/room/description.hpp"
#include "tutti/room/participant.hpp"
#include "tutti/room/speaker_detector.hpp"
#include "tutti/room/subscription.hpp"
#include "tutti/room/track.hpp"

namespace tutti::room {

// What a router may ask of its room.
class RouterHost {
 public:
  virtual ~RouterHost() = default;

  // In the order in which they joined and were published.
  virtual const std::vector<Participant*>& participants() const = 0;
  virtual const std::vector<Track*>& tracks() const = 0;
  virtual const SpeakerDetector& speakers() const = 0;

  // Lets a slot show a track, or nothing for a reason. False, with reason kCodec, if the receiver cannot decode it.
  virtual bool show(Timestamp now, Subscription& slot, Track* track, SlotReason reason) = 0;
  // Sends one packet to the slot's participant.
  virtual void forward(Subscription& slot, const peer::PacketRef& packet, const peer::Rewrite& rewrite) = 0;
  virtual void drop(DropReason reason) = 0;
  virtual void request_keyframe(Timestamp now, Track& track, uint8_t layer) = 0;
  // Which layers some slot is on has changed, or may have.
  virtual void update_wanted_layers(Timestamp now, Track& track) = 0;
  virtual void slot_changed(Subscription& slot) = 0;
};

class Router {
 public:
  virtual ~Router() = default;

  virtual void on_track_added(Timestamp now, Track& track) = 0;
  // Its subscriptions have been told already to show nothing.
  virtual void on_track_removed(Timestamp now, const TrackId& id) = 0;
  // A slot is new, or what it asks for has changed.
  virtual void on_subscriber_changed(Timestamp now, Participant& participant) = 0;
  virtual void on_speakers_changed(Timestamp now) = 0;
  virtual void on_rtp(Timestamp now, Track& track, const peer::PacketRef& packet) = 0;
  // The receiver of this slot cannot decode without a keyframe.
  virtual void on_keyframe_needed(Timestamp now, Subscription& slot) = 0;
  // What the path to this participant carries, as the estimator sees it.
  virtual void on_target_bitrate(Timestamp now, Participant& participant, DataRate rate) = 0;
  virtual Timestamp next_deadline() const = 0;
  virtual void handle_deadline(Timestamp now) = 0;
  // Which of the choices of shared/api.md this router serves; others are a conflict.
  virtual bool serves(const TrackChoice& choice) const = 0;
};

using RouterFactory = std::unique_ptr<Router> (*)(RouterHost&);
// By room mode; null where this build has no such router.
struct RouterTable {
  RouterFactory sfu = nullptr;
  RouterFactory mcu = nullptr;
  RouterFactory hybrid = nullptr;
  RouterFactory get(RoomMode mode) const {
    switch (mode) {
      case RoomMode::kSfu: return sfu;
      case RoomMode::kMcu: return mcu;
      case RoomMode::kHybrid: return hybrid;
    }
    return nullptr;
  }
};

}  // namespace tutti::room
