// Encoded video for tests: scenes through our own encoders, and the frames of fixtures that other encoders made.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "support/fixtures.hpp"
#include "support/scene.hpp"
#include "tutti/media/video/encoder.hpp"

namespace tutti::test {

using FrameBytes = std::vector<uint8_t>;

inline video::VideoEncoderSettings encoder_settings(Codec codec, uint32_t width, uint32_t height, int64_t kbps) {
  video::VideoEncoderSettings settings;
  settings.codec = codec;
  settings.width = width;
  settings.height = height;
  settings.bitrate = DataRate::kbps(kbps);
  return settings;
}

// When frame `i` of a stream is due.
inline Timestamp frame_time(uint32_t i, uint32_t fps = 30) { return Timestamp::from_us(int64_t{i} * 1'000'000 / fps); }

// Frames 0 to `count` of the scene; a keyframe at each multiple of `keyframe_distance`.
inline std::vector<video::EncodedFrame> encode_scene(const video::VideoEncoderSettings& settings, uint32_t count,
                                                     uint32_t keyframe_distance = 1'000'000) {
  const auto encoder = video::make_video_encoder(settings);
  std::vector<video::EncodedFrame> frames;
  for (uint32_t i = 0; i < count; ++i) {
    const auto picture = scene(settings.width, settings.height, i);
    frames.push_back(encoder->encode(*picture, frame_time(i), i % keyframe_distance == 0));
  }
  return frames;
}

// IVF: a header of 32 bytes; before each frame its size (32 bits, little-endian) and 8 bytes of time.
inline std::vector<FrameBytes> ivf_frames(const std::string& path) {
  const std::string file = fixture(path);
  std::vector<FrameBytes> frames;
  for (size_t at = 32; at + 12 <= file.size();) {
    size_t size = 0;
    for (size_t i = 0; i < 4; ++i) size |= size_t{static_cast<uint8_t>(file[at + i])} << 8 * i;
    at += 12;
    frames.emplace_back(file.begin() + static_cast<ptrdiff_t>(at), file.begin() + static_cast<ptrdiff_t>(at + size));
    at += size;
  }
  return frames;
}

// The access units of an Annex B file, each of which begins with an access unit delimiter.
inline std::vector<FrameBytes> access_units(const std::string& path) {
  const std::string file = fixture(path);
  const std::string delimiter("\0\0\0\1\x09", 5);
  std::vector<FrameBytes> units;
  for (size_t at = file.find(delimiter); at != std::string::npos;) {
    const size_t next = file.find(delimiter, at + 1);
    units.emplace_back(file.begin() + static_cast<ptrdiff_t>(at),
                       next == std::string::npos ? file.end() : file.begin() + static_cast<ptrdiff_t>(next));
    at = next;
  }
  return units;
}

}  // namespace tutti::test
