// Program: media of real shape as a loop of frames, each with its time and its packets: what everybody who sends the
// same shares. What differs from one to the other (numbers, time base, SSRC, the stamp) is SendStream's. ProgramLibrary
// makes each once. Read-only after that.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "harness/scenario.hpp"
#include "harness/stamp.hpp"

namespace tutti::bench {

// A packet without what SendStream writes before it (descriptor, frame header, stamp).
struct ProgramPacket {
  std::span<const uint8_t> rest;
  uint16_t pattern_offset = 0;  // of stamped ones
  bool starts_frame = false;
};

struct ProgramFrame {
  TimeDelta due;           // from the beginning of the loop
  uint32_t timestamp = 0;  // in ticks of the clock, likewise
  bool keyframe = false;
  uint8_t level = 127;  // RFC 6464: -dBov, and 0x80 for voice
  std::vector<ProgramPacket> packets;
};

struct Program {
  MediaKind kind = MediaKind::kVideo;
  bool stamped = false;  // its bytes are stamp and pattern; otherwise real VP8 or Opus
  uint16_t width = 0, height = 0;
  std::vector<ProgramFrame> frames;
  TimeDelta length;
  uint32_t length_ticks = 0;
  // What answers a request for a keyframe in place of the next frame. Without packets: the loop begins anew.
  ProgramFrame keyframe;
  std::vector<std::vector<uint8_t>> bytes;  // that spans point into, where they are not the pattern's

  double packets_per_s() const;
};

// A VP8 frame's stamped packet begins with its descriptor; the first one then has the ten bytes of RFC 6386 §9.1.
constexpr size_t kVp8DescriptorSize = 6, kVp8FrameHeaderSize = 10;
// A stamped audio packet begins like any of Opus (RFC 6716 §3.1).
constexpr size_t kOpusTocSize = 1;
constexpr size_t kLeastVideoPayload = kVp8DescriptorSize + kVp8FrameHeaderSize + kStampSize;

// The payload sizes of a frame of so many bytes: full ones, and a last smaller one.
std::vector<size_t> split_frame(size_t frame_bytes, size_t packet_bytes);

Program stamped_video(const Video& video, const VideoLayer& layer, const Pattern& pattern);
// Two seconds of a test scene in real VP8, beginning with a keyframe; `hue` tells scenes apart.
Program vp8_video(const Video& video, const VideoLayer& layer, uint32_t hue);
Program stamped_audio(uint16_t packet_bytes, const Pattern& pattern);
// Four seconds of Opus; `pitch_hz` tells voices apart.
Program opus_audio(const Audio& audio, double pitch_hz);

class ProgramLibrary {
 public:
  explicit ProgramLibrary(const Pattern& pattern) : pattern_(pattern) {}
  // `person`: any number; who has another one may be given another scene, or voice.
  const Program& video(const Video& video, const VideoLayer& layer, uint32_t person);
  const Program& audio(const Audio& audio, uint32_t person);

  const Pattern& pattern() const { return pattern_; }
  // Whether these are the bytes of a packet of real media here: of VP8 without descriptor.
  bool knows(std::span<const uint8_t> bytes) const;

 private:
  const Program& keep(const std::string& key, Program program);

  const Pattern& pattern_;
  std::map<std::string, std::unique_ptr<Program>> programs_;
  std::unordered_set<size_t> known_;  // hashes
};

}  // namespace tutti::bench
