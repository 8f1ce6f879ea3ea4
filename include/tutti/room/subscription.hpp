// Subscription: one receiving slot of a participant: what it asks for, what it shows, and the projection of the one onto the
// other. Owned by its Participant; the router decides what it shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tutti/peer/media_spec.hpp"
#include "tutti/room/allocator.hpp"
#include "tutti/room/command.hpp"
#include "tutti/room/description.hpp"
#include "tutti/room/forwarder.hpp"
#include "tutti/room/rise_guard.hpp"

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
    std::optional<uint16_t> max_fps;
    std::optional<uint8_t> priority;  // nothing: by what it shows
    bool visible = true;
    bool paused = false;

    bool is_stopped() const { return paused || !visible; }
  };

  // What the allocator gave it of the path, and to which request.
  struct Grant {
    uint64_t track = 0;  // its number; 0: none
    uint32_t options_version = 0;
    LayerWish wish;
    uint8_t priority = 0;
    std::optional<LayerKey> layer;  // nothing: paused, for lack of bandwidth
    LayerKey ideal;
    uint8_t wanted_encoding = 0;
    DataRate rate;
    AllocationReason reason = AllocationReason::kNone;
    LayerLimit limit;

    bool is_paused() const { return track != 0 && !layer; }
  };

  Subscription(Participant& subscriber, uint16_t index, const peer::ReceiveSpec& spec, Random& random)
      : forwarder(spec.kind, spec.kind == MediaKind::kVideo ? 90'000 : spec.codecs.empty() ? 48'000 : spec.codecs.front().clock_rate_hz,
                  SeqNum(static_cast<uint16_t>(random.u32())), RtpTimestamp(random.u32())),
        subscriber_(subscriber),
        index_(index),
        spec_(spec) {}

  Participant& subscriber() const { return subscriber_; }
  uint16_t index() const { return index_; }  // of the slot, at the peer
  // As the last offer has it.
  const peer::ReceiveSpec& spec() const { return spec_; }
  void set_spec(const peer::ReceiveSpec& spec) { spec_ = spec; }
  MediaKind kind() const { return spec_.kind; }

  Wish wish;
  bool active = true;                       // false while the m-line is inactive
  Track* track = nullptr;                   // what it shows
  SlotReason reason = SlotReason::kNone;    // why it shows nothing
  Grant grant;                              // of a forwarded picture
  RiseGuard grows;  // in size
  static inline const RiseGuard kQuickens{TimeDelta::seconds(2), TimeDelta::seconds(6)};
  RiseGuard quickens = kQuickens;  // in frame rate
  // What was last said of it in an event.
  Grant announced;
  Timestamp announced_at = Timestamp::long_ago();
  Timestamp tell_again = Timestamp::long_ago();
  bool untold = false;  // something has changed since
  Forwarder forwarder;

 private:
  Participant& subscriber_;
  uint16_t index_;
  peer::ReceiveSpec spec_;
};

}  // namespace tutti::room
