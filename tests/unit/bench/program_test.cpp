#include "harness/program.hpp"

#include <catch2/catch.hpp>
#include <numeric>

#include "tutti/base/codec.hpp"
#include "tutti/media/video/decoder.hpp"

namespace tutti::bench {
namespace {

// As it leaves: with descriptor, frame header and stamp.
std::vector<size_t> payload_sizes(const ProgramFrame& frame) {
  std::vector<size_t> sizes;
  for (const ProgramPacket& packet : frame.packets) {
    sizes.push_back(kVp8DescriptorSize + (packet.starts_frame ? kVp8FrameHeaderSize : 0) + kStampSize +
                    packet.rest.size());
  }
  return sizes;
}

size_t bytes_of(const ProgramFrame& frame) {
  const auto sizes = payload_sizes(frame);
  return std::accumulate(sizes.begin(), sizes.end(), size_t{0});
}

TEST_CASE("a frame of 1.5 Mbit/s at 30 a second is five full packets and one of 750 bytes", "[bench][program]") {
  Video video;
  video.keyframe_factor = 1;
  const Program program = stamped_video(video, VideoLayer{}, Pattern(1));
  REQUIRE(program.frames.size() == 300);
  CHECK(program.length == TimeDelta::seconds(10));
  CHECK(program.length_ticks == 900'000);
  CHECK(program.packets_per_s() == Approx(180));
  for (const ProgramFrame& frame : program.frames) {
    REQUIRE(payload_sizes(frame) == std::vector<size_t>{1'100, 1'100, 1'100, 1'100, 1'100, 750});
  }
  CHECK(payload_sizes(program.keyframe) == payload_sizes(program.frames[1]));
}

TEST_CASE("frames are due at their rate, in microseconds and in ticks", "[bench][program]") {
  const Program program = stamped_video({}, VideoLayer{}, Pattern(1));
  CHECK(program.frames[0].due == TimeDelta::zero());
  CHECK(program.frames[1].due == TimeDelta::micros(33'333));
  CHECK(program.frames[1].timestamp == 3'000);
  CHECK(program.frames[299].due == TimeDelta::micros(9'966'666));
  CHECK(program.frames[299].timestamp == 897'000);
  CHECK(program.frames[0].keyframe);
  CHECK_FALSE(program.frames[1].keyframe);
}

TEST_CASE("keyframes are larger, and the rate stays what it is", "[bench][program]") {
  Video video;
  video.keyframe_interval = TimeDelta::seconds(1);
  const Program program = stamped_video(video, VideoLayer{}, Pattern(1));
  REQUIRE(program.frames.size() == 30);
  size_t bytes = 0;
  for (const ProgramFrame& frame : program.frames) bytes += bytes_of(frame);
  CHECK(static_cast<double>(bytes) == Approx(187'500).epsilon(0.001));
  CHECK(static_cast<double>(bytes_of(program.frames[0])) ==
        Approx(4.0 * static_cast<double>(bytes_of(program.frames[1]))).epsilon(0.001));
  CHECK(bytes_of(program.keyframe) == bytes_of(program.frames[0]));
  CHECK(program.keyframe.keyframe);
}

TEST_CASE("no packet is too small to be checked", "[bench][program]") {
  CHECK(split_frame(1'105, 1'100) == std::vector<size_t>{1'100, kLeastVideoPayload});
  CHECK(split_frame(1'100, 1'100) == std::vector<size_t>{1'100});
  CHECK(split_frame(80, 80) == std::vector<size_t>{80});
  CHECK(split_frame(1, 1'100) == std::vector<size_t>{kLeastVideoPayload});
}

TEST_CASE("a decodable program decodes, each frame of it", "[bench][program]") {
  Video video;
  video.fps = 10;
  const Program program = vp8_video(video, {"", DataRate::kbps(300), 160, 96}, 3);
  REQUIRE(program.frames.size() == 20);
  CHECK_FALSE(program.stamped);
  CHECK(program.keyframe.packets.empty());
  auto decoder = video::make_video_decoder(Codec::kVp8, {});
  for (const ProgramFrame& frame : program.frames) {
    std::vector<uint8_t> bytes;
    for (const ProgramPacket& packet : frame.packets) bytes.insert(bytes.end(), packet.rest.begin(), packet.rest.end());
    REQUIRE(frame.packets[0].starts_frame);
    const auto decoded = decoder->decode(bytes, {}, {});
    REQUIRE(decoded.picture);
    CHECK(decoded.picture->width() == 160);
  }
}

TEST_CASE("audio of fixed size is fifty packets a second of that size", "[bench][program]") {
  const Program program = stamped_audio(80, Pattern(1));
  CHECK(program.packets_per_s() == Approx(50));
  for (const ProgramFrame& frame : program.frames) REQUIRE(1 + kStampSize + frame.packets[0].rest.size() == 80);
}

TEST_CASE("speech is louder than silence, and silence with DTX is a packet each 400 ms", "[bench][program]") {
  Audio audio;
  const Program silence = opus_audio(audio, 110);
  CHECK(silence.packets_per_s() == Approx(50));
  CHECK(silence.frames[20].level == 127);
  audio.dtx = true;
  const Program pauses = opus_audio(audio, 110);
  CHECK(pauses.packets_per_s() == Approx(2.5));
  CHECK(pauses.frames[1].due == TimeDelta::millis(400));
  CHECK(pauses.frames[1].timestamp == 19'200);
  audio.speech = true;
  audio.dtx = false;
  const Program speech = opus_audio(audio, 110);
  int voiced = 0;
  for (const ProgramFrame& frame : speech.frames) voiced += (frame.level & 0x80) != 0;
  CHECK(voiced > 100);
}

TEST_CASE("who sends the same shares a program", "[bench][program]") {
  const Pattern pattern(1);
  ProgramLibrary library(pattern);
  const Video video;
  CHECK(&library.video(video, VideoLayer{}, 0) == &library.video(video, VideoLayer{}, 7));
  CHECK(&library.video(video, VideoLayer{}, 0) != &library.video(video, {"q", DataRate::kbps(150), 320, 180}, 0));
  Audio speech;
  speech.speech = true;
  CHECK(&library.audio(speech, 0) == &library.audio(speech, 4));
  CHECK(&library.audio(speech, 0) != &library.audio(speech, 1));
}

TEST_CASE("packets of real media are known again, others are not", "[bench][program]") {
  const Pattern pattern(1);
  ProgramLibrary library(pattern);
  Audio speech;
  speech.speech = true;
  const Program& program = library.audio(speech, 0);
  std::vector<uint8_t> bytes(program.frames[7].packets[0].rest.begin(), program.frames[7].packets[0].rest.end());
  CHECK(library.knows(bytes));
  bytes.back() ^= 1;
  CHECK_FALSE(library.knows(bytes));
  CHECK_FALSE(library.knows({}));
}

}  // namespace
}  // namespace tutti::bench
