// AudioClass: all listeners who can be served by the same encoding of the same mix. It has one shared encoder for those
// who do not speak, and one for each of those who do, whose own voice is left out: K+1 encodes, however many listen. A
// track of the room whose layers are these encoders. Owned by AudioMix.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "tutti/media/audio/encoder.hpp"
#include "tutti/media/audio/limiter.hpp"
#include "tutti/media/audio/mix_bus.hpp"
#include "tutti/media/audio/resampler.hpp"
#include "tutti/room/router.hpp"

namespace tutti::routing {

// Who is in a mix, for its packets.
struct Contributor {
  room::Participant* participant = nullptr;
  size_t bus_source = 0;
  Ssrc ssrc;
  uint8_t level = 127;  // -dBov
};

class AudioClass {
 public:
  // What makes listeners alike.
  struct Key {
    Codec codec = Codec::kOpus;
    uint8_t channels = 1;
    DataRate bitrate;
    uint8_t expected_loss = 0;  // percent, a bucket
    bool operator==(const Key&) const = default;
  };

  AudioClass(room::RouterHost& host, const Key& key, TimeDelta frame, uint8_t complexity);
  ~AudioClass();
  AudioClass(const AudioClass&) = delete;
  AudioClass& operator=(const AudioClass&) = delete;

  const Key& key() const { return key_; }
  bool empty() const { return listeners_.empty(); }
  // False if the slot cannot be shown it.
  bool add(Timestamp now, room::Subscription& slot);
  void remove(room::Subscription& slot);

  // One frame: `bus` has the key's channels. `time` is the frame's place on the room's schedule, `frame_number` counts
  // them.
  void encode(Timestamp now, Timestamp time, int64_t frame_number, const audio::MixBus& bus,
              std::span<const Contributor> contributors);
  // Sender reports: what is encoded now was captured so long ago.
  void set_age(Timestamp time, int64_t frame_number, TimeDelta age);
  void add_stats(std::vector<room::StatsEntry>& out) const;

 private:
  // One encoder and where it is on the wire.
  struct Mix {
    Mix(AudioClass& of, room::Participant* own_of, uint8_t layer_index);
    room::Participant* without;  // null: the shared one
    uint8_t layer;
    audio::Limiter limiter;  // of one's own mix
    std::unique_ptr<audio::AudioEncoder> encoder;
    std::optional<audio::Resampler> resampler;  // for codecs of other rates
    int64_t silent_frames = 0;
    bool talkspurt = true;  // the next packet begins one
    uint64_t frames_encoded = 0;
    std::vector<room::Subscription*> listeners;
  };
  struct Listener {
    room::Subscription* slot;
    Mix* mix;  // null until its first move
  };
  Mix& mix_for(room::Participant* without);
  void move(Listener& listener, Mix& to);
  void drop_unheard();
  void remember(const audio::MixBus& bus);
  void encode(Mix& mix, Timestamp now, Timestamp time, int64_t frame_number, const audio::MixBus& bus,
              std::span<const Contributor> contributors);
  void send(Mix& mix, Timestamp now, Timestamp time, int64_t frame_number, std::span<const uint8_t> payload,
            std::span<const Contributor> contributors);
  // To the encoder's rate, then encoded. Bytes in packet_.
  size_t run_encoder(Mix& mix, std::span<const int16_t> pcm);

  static constexpr size_t kWarmUpFrames = 2;
  // Silence this long is encoded no more but once a second, so that nobody takes the call for dead.
  static constexpr int64_t kSilentAfter = 10, kKeepAliveFrames = 50;

  room::RouterHost& host_;
  Key key_;
  TimeDelta frame_;
  uint8_t complexity_;
  uint32_t rtp_per_frame_;
  room::Track* track_;
  std::vector<Listener> listeners_;
  std::vector<std::unique_ptr<Mix>> mixes_;
  std::vector<uint8_t> free_layers_;
  std::vector<ExtSeqNum> next_sequence_;  // by layer
  // The shared mix: this frame, and the last ones, which a new encoder is warmed up with.
  audio::Limiter shared_limiter_;
  std::deque<std::vector<int16_t>> history_;
  std::vector<int32_t> sum_;
  std::vector<int16_t> pcm_, shared_, resampled_;
  std::vector<uint8_t> packet_;
};

}  // namespace tutti::routing
