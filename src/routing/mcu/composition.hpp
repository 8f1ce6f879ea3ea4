// Composition: one composed picture of the room: a layout, perhaps without one participant, and everybody who watches
// it. It is drawn once for each tick and encoded once for each codec and rung that somebody watches. Owned by VideoMix.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "routing/mcu/video_job.hpp"
#include "tutti/media/video/packetizer.hpp"
#include "tutti/room/router.hpp"

namespace tutti::routing {

// As it is now; a plain one if it has gone.
const room::Layout& layout_named(const room::RouterHost& host, std::string_view name);

class Composition {
 public:
  // `without`: who is left out, null for nobody.
  Composition(room::RouterHost& host, uint64_t id, std::string layout, const room::Participant* without);
  ~Composition();
  Composition(const Composition&) = delete;
  Composition& operator=(const Composition&) = delete;

  uint64_t id() const { return id_; }
  const std::string& layout() const { return layout_; }
  const room::Participant* without() const { return without_; }
  bool empty() const { return watchers_.empty(); }

  // Shows it in a slot, on the rung that its wish asks for, but none above `limit`; why not, if not.
  room::SlotReason serve(Timestamp now, room::Subscription& slot, uint8_t limit);
  void remove(room::Subscription& slot);
  // Whether serving this would need an encoder that is not there.
  bool needs_encoder(const peer::ReceiveSpec& slot, std::optional<uint16_t> max_height) const;
  void on_keyframe_needed(const room::Subscription& slot);

  // Where everybody stands now.
  const std::vector<video::Tile>& arrange(const std::vector<video::LayoutSource>& sources);
  uint32_t canvas_width() const;
  uint32_t canvas_height() const;
  // Begins to draw, unless nothing has changed for long, or the last picture is still being drawn: then this one is
  // left out. `time` is the tick's place on the schedule; `fingerprint` differs where what is to be seen differs.
  void draw(int64_t frame_number, Timestamp time, std::vector<video::TileContent> tiles, uint64_t fingerprint);
  void on_drawn(ComposeJob& job);
  void on_encoded(Timestamp now, EncodeJob& job);
  void set_age(Timestamp time, int64_t frame_number, TimeDelta age);

  // Lets go of rungs and codecs that nobody watches any more.
  void drop_unwatched(Timestamp now);
  uint32_t encoders() const;
  uint32_t watchers() const { return static_cast<uint32_t>(watchers_.size()); }
  void add_stats(std::vector<room::StatsEntry>& out) const;
  uint64_t skipped_frames() const { return skipped_; }

 private:
  // One rung in one codec: a layer of the codec's track. Its encoder is there while somebody watches it.
  struct Encoding {
    bool wanted = false;
    const EncodeJob* busy = nullptr;  // the job that has the encoder
    bool force_keyframe = true;
    int64_t last_encoded = -1'000'000, last_keyframe = -1'000'000;  // frame numbers
    std::unique_ptr<video::VideoEncoder> encoder;
    std::optional<video::Packetizer> packetizer;
    ExtSeqNum next_sequence{0};
    uint64_t frames = 0, skipped = 0;
  };
  struct CodecTrack {
    Codec codec;
    room::Track* track;
    std::vector<Encoding> encodings;  // by layer: lowest rung first
  };
  struct Watcher {
    room::Subscription* slot;
    CodecTrack* codec;
    uint8_t layer;
  };
  // Requests that come closer together than this are answered by one keyframe, at the frame rate of the schedule.
  static constexpr int64_t kKeyframeSpacing = 15;
  // Nothing moves: so many frames more, to let the encoder polish what stands there, then one each second.
  static constexpr int64_t kPolishFrames = 15, kIdleInterval = 30;

  const room::Rung& rung(uint8_t layer) const;
  uint8_t layer_for(std::optional<uint16_t> max_height) const;
  CodecTrack* codec_for(const peer::ReceiveSpec& slot);
  std::optional<Codec> choose_codec(const peer::ReceiveSpec& slot) const;
  bool can_have_encoder() const;
  void start(CodecTrack& codec, uint8_t layer);
  void stop(Encoding& encoding);
  void skip();
  void send(Timestamp now, CodecTrack& codec, uint8_t layer, const EncodeJob& job);
  CodecTrack* find(Codec codec);

  room::RouterHost& host_;
  uint64_t id_;
  std::string layout_;
  const room::Participant* without_;
  std::vector<std::unique_ptr<CodecTrack>> codecs_;
  std::vector<Watcher> watchers_;
  std::vector<video::Tile> tiles_;
  std::unique_ptr<video::Compositor> compositor_;
  bool drawing_ = false;
  uint64_t fingerprint_ = 0;
  int64_t unchanged_ = 0;
  uint64_t skipped_ = 0;
};

}  // namespace tutti::routing
