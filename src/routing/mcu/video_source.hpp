// VideoSource: one published video track that some composition shows: the layer that is decoded, its frames on the way
// to the codec pool, and the picture that came back last. Owned by VideoMix.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "routing/mcu/video_job.hpp"
#include "tutti/media/video/frame_assembler.hpp"
#include "tutti/room/router.hpp"

namespace tutti::routing {

class VideoSource {
 public:
  VideoSource(room::RouterHost& host, room::Track& track);
  ~VideoSource();
  VideoSource(const VideoSource&) = delete;
  VideoSource& operator=(const VideoSource&) = delete;

  room::Track& track() const { return track_; }
  // Whether it is among those of the worker that decode: until a pause, and from resume() on.
  bool decodes() const { return counted_; }
  // A tile shows it again: fit() says how large.
  void resume() { count(true); }
  // The lines that the largest tile of it has. The lowest layer that fills them is decoded; another one takes over on
  // its keyframe.
  void fit(Timestamp now, uint32_t height);
  // No tile shows it: nothing is decoded, but its last picture is kept for a while, so that a layout that shows it
  // again need not begin with a still.
  void pause(Timestamp now);
  bool is_forgettable(Timestamp now) const { return !current_ && now - paused_at_ > kKept; }
  void on_rtp(Timestamp now, const peer::MediaPacket& packet);
  void handle_time(Timestamp now);
  void on_decoded(Timestamp now, DecodeJob& job);

  // What to show; null for the still.
  video::PictureRef picture(Timestamp now) const;
  // Counts up with each new picture.
  uint64_t pictures() const { return decoded_; }
  // Whether one has come since this was asked last.
  bool take_news() { return std::exchange(seen_, decoded_) != decoded_; }
  video::DecodeError error() const { return error_; }
  void add_stats(uint8_t layer, room::StatsEntry& entry) const;

 private:
  struct Layer {
    Layer(uint8_t number, Codec codec, uint8_t at_epoch) : index(number), epoch(at_epoch), assembler(codec, {}) {}
    uint8_t index;
    uint8_t epoch;
    video::FrameAssembler assembler;
  };
  // More frames waiting than this: the pool is behind, and what they show is old.
  static constexpr size_t kMaxWaiting = 24;
  // A camera that sent nothing for so long is off, counted from when it is shown again.
  static constexpr TimeDelta kStale = TimeDelta::seconds(4);
  static constexpr TimeDelta kKept = TimeDelta::seconds(10);
  // How long a publisher may take to send a layer that nobody wanted.
  static constexpr TimeDelta kPublisherMayTake = TimeDelta::seconds(1);

  uint8_t choose(Timestamp now, uint32_t height) const;
  void want(Timestamp now, uint8_t layer);
  void take(Timestamp now, Layer& layer);
  void submit();
  void lose_state(Timestamp now);
  void count(bool decodes);

  room::RouterHost& host_;
  room::Track& track_;
  std::unique_ptr<Layer> current_, next_;
  std::vector<video::AssembledFrame> assembled_;
  std::vector<DecodeJob::Frame> waiting_;
  std::unique_ptr<video::VideoDecoder> decoder_;
  const DecodeJob* decoding_ = nullptr;  // the decoder is with this job
  bool counted_ = false;                 // among those of the worker that decode
  Timestamp paused_at_, resumed_at_ = Timestamp::long_ago();
  video::Rotation rotation_ = video::Rotation::k0;
  video::PictureRef picture_;
  video::DecodeError error_ = video::DecodeError::kNone;
  uint64_t decoded_ = 0, received_ = 0, dropped_ = 0, seen_ = 0;
};

}  // namespace tutti::routing
