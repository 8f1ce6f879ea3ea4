// Subscription: one receiving slot of a participant: what it asks for, what it shows, and the projection of the one onto the
// other. Owned by its Participant; the router decides what it shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tutti/peer/media_spec.hpp"
#include "tutti/room/command.hpp"
#include "tutti/room/description.hpp"
#include "tutti/room/forwarder.hpp"

namespace tutti::room {

class Participant;
class Track;

class Subscription {
 public:
  struct Wish {
    TrackChoice track{TrackChoice::Kind::kAuto, {}};
    std::string layout;
    std::optional<uint16_t> max_height;
    std::optional<Rid> rid;
    std::optional<uint8_t> temporal;
    bool paused = false;
  };

  Subscription(Participant& subscriber, uint16_t index, const peer::ReceiveSpec& spec, Random& random)
      : forwarder(spec.kind, spec.kind == MediaKind::kVideo ? 90'000 : spec.codecs.empty() ? 48'000 : spec.codecs.front().clock_rate_hz,
                  SeqNum(static_cast<uint16_t>(random.u32())), RtpTimestamp(random.u32())),
        subscriber_(subscriber),
        index_(index),
        spec_(spec) {}

  Participant& subscriber() const { return subscriber_; }
  uint16_t index() const { return index_; }  // of the slot, at the peer
  const peer::ReceiveSpec& spec() const { return spec_; }
  MediaKind kind() const { return spec_.kind; }

  Wish wish;
  bool active = true;                       // false while the m-line is inactive
  Track* track = nullptr;                   // what it shows
  SlotReason reason = SlotReason::kNone;    // why it shows nothing
  uint8_t ideal_layer = 0;                  // what the wish means, though the publisher may not send it yet
  Forwarder forwarder;

 private:
  Participant& subscriber_;
  uint16_t index_;
  peer::ReceiveSpec spec_;
};

}  // namespace tutti::room
