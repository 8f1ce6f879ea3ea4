// What the room's video has done on the codec pool. Each job owns its codec and its bytes, and brings them back. See room/job.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "tutti/media/video/compositor.hpp"
#include "tutti/media/video/decoder.hpp"
#include "tutti/media/video/encoder.hpp"
#include "tutti/room/job.hpp"

namespace tutti::routing {

class VideoMix;

class VideoJob : public room::Job {
 public:
  // On the room's thread, after run().
  virtual void deliver(Timestamp now, VideoMix& mix) = 0;
};

// Some frames of one source, in order.
struct DecodeJob final : VideoJob {
  struct Frame {
    std::vector<uint8_t> bytes;
    Timestamp captured;
    video::Rotation rotation = video::Rotation::k0;
  };
  void run() override;
  void deliver(Timestamp now, VideoMix& mix) override;

  uint64_t source = 0;
  Codec codec = Codec::kVp8;
  video::PictureLimits limits;
  std::unique_ptr<video::VideoDecoder> decoder;  // made here if there is none of this codec
  std::vector<Frame> frames;
  // Results.
  video::PictureRef picture;  // the last one
  video::DecodeError error = video::DecodeError::kNone;  // of the last frame
  uint64_t decoded = 0;
};

struct ComposeJob final : VideoJob {
  void run() override;
  void deliver(Timestamp now, VideoMix& mix) override;

  uint64_t composition = 0;
  int64_t frame_number = 0;
  Timestamp time;
  std::unique_ptr<video::Compositor> compositor;
  video::Composition content;
  video::PictureRef picture;  // result
};

struct EncodeJob final : VideoJob {
  void run() override;
  void deliver(Timestamp now, VideoMix& mix) override;

  uint64_t composition = 0;
  Codec codec = Codec::kVp8;
  uint8_t layer = 0;
  int64_t frame_number = 0;
  Timestamp time;
  video::VideoEncoderSettings settings;
  std::unique_ptr<video::VideoEncoder> encoder;  // made here if there is none
  video::PictureRef picture;
  bool keyframe = false;
  video::EncodedFrame frame;  // result
};

}  // namespace tutti::routing
