#include "harness/program.hpp"

#include <algorithm>
#include <cmath>

#include "support/pcm.hpp"
#include "support/scene.hpp"
#include "tutti/base/crypto.hpp"
#include "tutti/media/audio/encoder.hpp"
#include "tutti/media/audio/speaker_selector.hpp"
#include "tutti/media/video/encoder.hpp"
#include "tutti/media/video/packetizer.hpp"
#include "tutti/wire/payload/vp8.hpp"

namespace tutti::bench {
namespace {

constexpr uint32_t kVideoClockHz = 90'000, kOpusClockHz = 48'000;
constexpr uint32_t kOpusFrameSamples = 960;
constexpr TimeDelta kOpusFrame = TimeDelta::millis(20);
constexpr uint32_t kDtxFrames = 20;  // in silence one packet in so many frames, as Opus does it
constexpr uint32_t kScenes = 9, kVoices = 4;
constexpr uint8_t kVoiceLevel = 0x80 | 30;

ProgramFrame stamped_frame(size_t bytes, size_t packet_bytes, uint32_t& offset, const Pattern& pattern) {
  ProgramFrame frame;
  for (const size_t size : split_frame(bytes, packet_bytes)) {
    ProgramPacket packet;
    packet.starts_frame = frame.packets.empty();
    const size_t before = kVp8DescriptorSize + (packet.starts_frame ? kVp8FrameHeaderSize : 0) + kStampSize;
    // A large odd step: neighbours have nothing in common, and offsets repeat late.
    packet.pattern_offset = static_cast<uint16_t>(offset += 24'593);
    packet.rest = pattern.at(packet.pattern_offset, size - before);
    frame.packets.push_back(packet);
  }
  return frame;
}

}  // namespace

double Program::packets_per_s() const {
  size_t packets = 0;
  for (const ProgramFrame& frame : frames) packets += frame.packets.size();
  return static_cast<double>(packets) / length.seconds_f();
}

std::vector<size_t> split_frame(size_t frame_bytes, size_t packet_bytes) {
  std::vector<size_t> sizes;
  size_t left = std::max(frame_bytes, kLeastVideoPayload);
  for (; left > packet_bytes; left -= packet_bytes) sizes.push_back(packet_bytes);
  // Too little for a packet of its own: a little more, rather than a packet that cannot be checked.
  sizes.push_back(std::max(left, kLeastVideoPayload));
  return sizes;
}

Program stamped_video(const Video& video, const VideoLayer& layer, const Pattern& pattern) {
  Program program;
  program.kind = MediaKind::kVideo;
  program.stamped = true;
  program.width = layer.width;
  program.height = layer.height;
  const auto count = static_cast<uint32_t>(std::max<int64_t>(1, video.keyframe_interval.us() * video.fps / 1'000'000));
  // One frame in `count` is larger, the others so much smaller that the rate is what it says.
  const double mean = static_cast<double>(layer.bitrate.bps()) / 8 / video.fps;
  const double delta = mean * count / (count - 1 + video.keyframe_factor);
  const auto key_bytes = static_cast<size_t>(delta * video.keyframe_factor);
  uint32_t offset = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const double begin = std::floor(delta * i), end = std::floor(delta * (i + 1));
    ProgramFrame frame =
        stamped_frame(i == 0 ? key_bytes : static_cast<size_t>(end - begin), video.packet_bytes, offset, pattern);
    frame.due = TimeDelta::micros(int64_t{i} * 1'000'000 / video.fps);
    frame.timestamp = static_cast<uint32_t>(uint64_t{i} * kVideoClockHz / video.fps);
    frame.keyframe = i == 0;
    program.frames.push_back(std::move(frame));
  }
  program.keyframe = stamped_frame(key_bytes, video.packet_bytes, offset, pattern);
  program.keyframe.keyframe = true;
  program.length = TimeDelta::micros(int64_t{count} * 1'000'000 / video.fps);
  program.length_ticks = static_cast<uint32_t>(uint64_t{count} * kVideoClockHz / video.fps);
  return program;
}

Program vp8_video(const Video& video, const VideoLayer& layer, uint32_t hue) {
  Program program;
  program.kind = MediaKind::kVideo;
  program.width = layer.width;
  program.height = layer.height;
  auto encoder = video::make_video_encoder({.codec = Codec::kVp8,
                                            .width = layer.width,
                                            .height = layer.height,
                                            .max_fps = video.fps,
                                            .bitrate = layer.bitrate});
  video::Packetizer packetizer(Codec::kVp8, layer.width, layer.height, video.packet_bytes);
  const uint32_t count = 2 * video.fps;
  std::vector<std::vector<size_t>> packets_of_frame;
  std::vector<bool> starts;
  for (uint32_t i = 0; i < count; ++i) {
    const auto picture = test::scene(layer.width, layer.height, i * 30 / video.fps, hue);
    const auto at = Timestamp::from_us(int64_t{i} * 1'000'000 / video.fps);
    const video::EncodedFrame encoded = encoder->encode(*picture, at, i == 0);
    auto& indices = packets_of_frame.emplace_back();
    for (const auto& payload : packetizer.packetize(encoded)) {
      const auto descriptor = payload::Vp8Descriptor::parse(payload);
      indices.push_back(program.bytes.size());
      starts.push_back(descriptor->start_of_partition && descriptor->partition_id == 0);
      program.bytes.emplace_back(payload.begin() + static_cast<std::ptrdiff_t>(descriptor->size), payload.end());
    }
  }
  for (uint32_t i = 0; i < count; ++i) {
    ProgramFrame frame;
    frame.due = TimeDelta::micros(int64_t{i} * 1'000'000 / video.fps);
    frame.timestamp = static_cast<uint32_t>(uint64_t{i} * kVideoClockHz / video.fps);
    frame.keyframe = i == 0;
    for (const size_t index : packets_of_frame[i]) frame.packets.push_back({program.bytes[index], 0, starts[index]});
    program.frames.push_back(std::move(frame));
  }
  program.length = TimeDelta::micros(int64_t{count} * 1'000'000 / video.fps);
  program.length_ticks = static_cast<uint32_t>(uint64_t{count} * kVideoClockHz / video.fps);
  return program;
}

Program stamped_audio(uint16_t packet_bytes, const Pattern& pattern) {
  Program program;
  program.kind = MediaKind::kAudio;
  program.stamped = true;
  const size_t size = std::max<size_t>(packet_bytes, kOpusTocSize + kStampSize);
  constexpr uint32_t kFrames = 50;
  for (uint32_t i = 0; i < kFrames; ++i) {
    ProgramFrame frame;
    frame.due = kOpusFrame * i;
    frame.timestamp = i * kOpusFrameSamples;
    frame.level = kVoiceLevel;
    const auto offset = static_cast<uint16_t>((i + 1) * 24'593);
    frame.packets.push_back({pattern.at(offset, size - kOpusTocSize - kStampSize), offset, true});
    program.frames.push_back(std::move(frame));
  }
  program.length = kOpusFrame * kFrames;
  program.length_ticks = kFrames * kOpusFrameSamples;
  return program;
}

Program opus_audio(const Audio& audio, double pitch_hz) {
  Program program;
  program.kind = MediaKind::kAudio;
  const uint32_t frames = 200;
  const bool encoder_dtx = audio.dtx && audio.speech;
  auto encoder = audio::make_audio_encoder({.bitrate = audio.bitrate, .complexity = 5, .dtx = encoder_dtx});
  const test::Pcm pcm = audio.speech ? test::speech_like(0.3, frames * kOpusFrameSamples, kOpusClockHz, pitch_hz)
                                     : test::Pcm(frames * kOpusFrameSamples);
  std::vector<ProgramFrame> kept;
  for (uint32_t i = 0; i < frames; ++i) {
    const auto samples = std::span(pcm).subspan(i * kOpusFrameSamples, kOpusFrameSamples);
    std::vector<uint8_t> packet(audio::AudioEncoder::kMaxPacket);
    packet.resize(encoder->encode(samples, packet));
    const bool silent = audio.dtx && !audio.speech && i % kDtxFrames != 0;
    if (silent || packet.size() <= (encoder_dtx ? 2u : 0u)) continue;
    ProgramFrame frame;
    frame.due = kOpusFrame * i;
    frame.timestamp = i * kOpusFrameSamples;
    const auto level = static_cast<uint8_t>(127 - audio::loudness_of(samples));
    frame.level = static_cast<uint8_t>(level < 90 ? level | 0x80 : level);
    kept.push_back(std::move(frame));
    program.bytes.push_back(std::move(packet));
  }
  for (size_t i = 0; i < kept.size(); ++i) kept[i].packets.push_back({program.bytes[i], 0, true});
  program.frames = std::move(kept);
  program.length = kOpusFrame * frames;
  program.length_ticks = frames * kOpusFrameSamples;
  return program;
}

const Program& ProgramLibrary::video(const Video& video, const VideoLayer& layer, uint32_t person) {
  const uint32_t hue = video.decodable ? person % kScenes : 0;
  std::string key = "video";
  for (const int64_t part : {layer.bitrate.bps(), int64_t{layer.width}, int64_t{layer.height}, int64_t{video.fps},
                             video.keyframe_interval.us(), static_cast<int64_t>(video.keyframe_factor * 1'000),
                             int64_t{video.packet_bytes}, int64_t{video.decodable}, int64_t{hue}}) {
    key += " " + std::to_string(part);
  }
  if (const auto it = programs_.find(key); it != programs_.end()) return *it->second;
  return keep(key, video.decodable ? vp8_video(video, layer, hue) : stamped_video(video, layer, pattern_));
}

const Program& ProgramLibrary::audio(const Audio& audio, uint32_t person) {
  const uint32_t voice = audio.speech ? person % kVoices : 0;
  std::string key = "audio";
  for (const int64_t part : {audio.bitrate.bps(), int64_t{audio.speech}, int64_t{audio.dtx},
                             int64_t{audio.fixed_bytes.value_or(0)}, int64_t{voice}}) {
    key += " " + std::to_string(part);
  }
  if (const auto it = programs_.find(key); it != programs_.end()) return *it->second;
  return keep(key,
              audio.fixed_bytes ? stamped_audio(*audio.fixed_bytes, pattern_) : opus_audio(audio, 110 + 45.0 * voice));
}

// Moving a program leaves its bytes where they are.
const Program& ProgramLibrary::keep(const std::string& key, Program program) {
  for (const auto& bytes : program.bytes) known_.insert(std::hash<std::string_view>{}(as_text(bytes)));
  auto& kept = programs_[key];
  kept = std::make_unique<Program>(std::move(program));
  return *kept;
}

bool ProgramLibrary::knows(std::span<const uint8_t> bytes) const {
  return known_.count(std::hash<std::string_view>{}(as_text(bytes))) != 0;
}

}  // namespace tutti::bench
