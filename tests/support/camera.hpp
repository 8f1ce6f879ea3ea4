// Camera: a few seconds of encoded video that are sent again and again, from their keyframe whenever one is asked for,
// so that a room of cameras costs no encoder. Recordings are made once in a process. Virtual time.
#pragma once

#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "support/scene.hpp"
#include "tutti/base/seq_num.hpp"
#include "tutti/base/units.hpp"
#include "tutti/media/video/decoder.hpp"
#include "tutti/media/video/encoder.hpp"
#include "tutti/media/video/packetizer.hpp"

namespace tutti::test {

struct CameraRecording {
  std::vector<video::EncodedFrame> frames;  // a keyframe, then deltas
  std::vector<video::PictureRef> decoded;   // what they show
  uint32_t width = 0, height = 0;
};

inline CameraRecording record(const std::vector<video::PictureRef>& pictures, uint32_t fps, DataRate bitrate) {
  CameraRecording r;
  r.width = pictures.front()->width();
  r.height = pictures.front()->height();
  const auto encoder = video::make_video_encoder(
      {.codec = Codec::kVp8, .width = r.width, .height = r.height, .max_fps = fps, .bitrate = bitrate});
  const auto decoder = video::make_video_decoder(Codec::kVp8, {});
  for (size_t i = 0; i < pictures.size(); ++i) {
    const Timestamp time = Timestamp::from_us(static_cast<int64_t>(i) * 1'000'000 / fps);
    auto frame = encoder->encode(*pictures[i], time, i == 0);
    if (frame.bytes.empty()) continue;
    r.decoded.push_back(decoder->decode(frame.bytes, time, video::Rotation::k0).picture);
    r.frames.push_back(std::move(frame));
  }
  return r;
}

// Of one colour, with `level` of brightness.
inline const CameraRecording& flat_recording(uint32_t width, uint32_t height, Yuv colour) {
  static std::map<std::tuple<uint32_t, uint32_t, uint8_t, uint8_t, uint8_t>, CameraRecording> made;
  CameraRecording& r = made[{width, height, colour.y, colour.u, colour.v}];
  if (r.frames.empty())
    r = record(std::vector<video::PictureRef>(10, flat_picture(width, height, colour)), 15, DataRate::kbps(300));
  return r;
}

// The bars of a test card: left, right, up and down can be told apart.
inline const CameraRecording& bars_recording(uint32_t width, uint32_t height) {
  static std::map<std::pair<uint32_t, uint32_t>, CameraRecording> made;
  CameraRecording& r = made[{width, height}];
  if (r.frames.empty())
    r = record(std::vector<video::PictureRef>(10, bars_picture(width, height)), 15, DataRate::kbps(500));
  return r;
}

class Camera {
 public:
  struct Options {
    uint32_t fps = 15;
    TimeDelta phase;
    std::optional<uint8_t> orientation;  // 3GPP's byte, sent with each packet if there is one
  };
  struct Packet {
    RtpTimestamp timestamp;
    bool marker = false;
    std::span<const uint8_t> payload;
  };
  Camera(Timestamp now, const CameraRecording& recording, Options options)
      : recording_(&recording),
        options_(options),
        begin_(now + options.phase),
        packetizer_(Codec::kVp8, recording.width, recording.height) {}

  void show(const CameraRecording& recording) {
    recording_ = &recording;
    next_frame_ = 0;
  }
  void request_keyframe() { next_frame_ = 0; }
  void stop() { stopped_ = true; }
  void start(Timestamp now) {
    stopped_ = false;
    count_ = (now - begin_).us() * options_.fps / 1'000'000 + 1;
    next_frame_ = 0;
  }
  void turn(uint8_t orientation) { options_.orientation = orientation; }
  std::optional<uint8_t> orientation() const { return options_.orientation; }
  // Frames since the beginning, as the recording has them: what is shown now.
  const video::PictureRef& picture() const { return shown_; }

  Timestamp next() const {
    return stopped_ ? Timestamp::never() : begin_ + TimeDelta::micros(count_ * 1'000'000 / options_.fps);
  }
  RtpTimestamp rtp_at(Timestamp t) const {
    return RtpTimestamp(static_cast<uint32_t>((t - begin_).us() * 9 / 100) + 12'345);
  }
  // The packets of the frame that is due; their payloads are valid until the next call.
  std::vector<Packet> capture() {
    const RtpTimestamp timestamp = rtp_at(next());
    // Without deltas that go round: the first frame is a keyframe.
    if (next_frame_ == recording_->frames.size()) next_frame_ = 0;
    const video::EncodedFrame& frame = recording_->frames[next_frame_];
    shown_ = recording_->decoded[next_frame_];
    ++next_frame_;
    ++count_;
    std::vector<Packet> packets;
    for (const auto& payload : packetizer_.packetize(frame)) packets.push_back({timestamp, false, payload});
    packets.back().marker = true;
    return packets;
  }

 private:
  const CameraRecording* recording_;
  Options options_;
  Timestamp begin_;
  video::Packetizer packetizer_;
  bool stopped_ = false;
  int64_t count_ = 0;
  size_t next_frame_ = 0;
  video::PictureRef shown_;
};

}  // namespace tutti::test
