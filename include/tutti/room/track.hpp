// Track: what a participant, or the room's mixer, publishes under one name, with its layers: their retransmission caches, clocks and
// activity, and who is shown it. Owned by its Room; the router reads it for each packet.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tutti/peer/media_packet.hpp"
#include "tutti/proto/rtpstream/packet_cache.hpp"
#include "tutti/room/allocator.hpp"
#include "tutti/room/capture_clock.hpp"
#include "tutti/room/description.hpp"
#include "tutti/room/layer_rates.hpp"

namespace tutti::room {

class Participant;
class Subscription;

struct TrackLayer {
  // Retransmissions need the last second, who comes new to a picture what followed its last keyframe.
  static constexpr TimeDelta kCachedSound = TimeDelta::seconds(1), kCachedPicture = TimeDelta::seconds(2);
  // Where decoding may begin.
  struct Keyframe {
    ExtSeqNum first;
    RtpTimestamp timestamp;
    Timestamp arrival;
  };

  TrackLayer(Rid name, size_t cache_size, TimeDelta cached) : rid(name), cache(cache_size, cached) {}

  Rid rid;
  // Kept once for all subscribers: each of them keeps only its rewrites.
  rtpstream::PacketCache<peer::PacketRef> cache;
  uint8_t epoch = 0;
  ExtSeqNum newest;  // the highest sequence number of this epoch
  std::optional<Keyframe> keyframe;  // the newest of this epoch
  std::optional<CaptureClock> clock;
  std::optional<payload::Dimensions> dimensions;
  LayerRates rates;  // of what participants send
  Timestamp last_packet = Timestamp::long_ago();
  std::optional<RtpTimestamp> ended;  // of the last frame whose last packet came
  uint64_t open_in = 0;  // the room's round of input that brought a frame's beginning and not yet its end
  bool wanted = false;
  Timestamp wanted_since = Timestamp::long_ago();
  Timestamp unwanted_since = Timestamp::long_ago();
  bool decoding = false;  // a mixer wants it
  DataRate bitrate;       // of a mix

  // Of a keyframe that may begin more than once, at each of its parameter sets, the first packet counts.
  void note_keyframe(const peer::MediaPacket& packet) {
    const bool same = keyframe && keyframe->timestamp == packet.timestamp;
    if (keyframe && (same ? packet.sequence >= keyframe->first : packet.sequence <= keyframe->first)) return;
    keyframe = Keyframe{packet.sequence, packet.timestamp, packet.arrival};
  }
  bool active(Timestamp now) const { return now - last_packet < TimeDelta::seconds(2); }
  const CaptureClock* capture_clock() const { return clock ? &*clock : nullptr; }
};

class Track {
 public:
  // `publisher`: null for a mix.
  Track(uint64_t number, TrackId id, Participant* publisher, uint16_t index, const peer::PublishSpec& spec);

  // Unique in the room for ever, unlike the id, which may come back.
  uint64_t number() const { return number_; }
  const TrackId& id() const { return id_; }
  bool is_mix() const { return publisher_ == nullptr; }
  Participant& publisher() const { return *publisher_; }  // not of a mix
  uint16_t index() const { return index_; }  // among the publisher's m-lines
  const peer::PublishSpec& spec() const { return spec_; }
  MediaKind kind() const { return spec_.kind; }
  bool is_screen() const { return spec_.source == "screen"; }
  TrackLayer& add_layer(const Rid& rid);
  // What a slot could be sent of it now, ascending; never empty. Stays as it is until update_options finds that something has come, gone or
  // moved by more than a few percent.
  const std::vector<LayerOption>& options() const { return options_; }
  uint32_t options_version() const { return options_version_; }
  // Of what comes from participants, a few times a second and when what is wanted changes.
  void update_options(Timestamp now);
  // Nothing if there is no such layer any more.
  const LayerOption* find_option(const LayerKey& key) const;

  std::vector<TrackLayer> layers;  // lowest first
  bool muted = false;
  std::optional<Timestamp> wishes_moved;  // since then it has to be looked at again which layers are wanted
  // The subscriptions that show this track, in no order.
  std::vector<Subscription*> subscribers;
  // Of a mix: one timeline for all of its layers.
  struct Timing {
    Timestamp captured;
    RtpTimestamp rtp;
  };
  std::optional<Timing> timing;

 private:
  uint64_t number_;
  TrackId id_;
  Participant* publisher_;
  uint16_t index_;
  peer::PublishSpec spec_;
  std::vector<LayerOption> options_, scratch_;
  uint32_t options_version_ = 0;
};

}  // namespace tutti::room
