// Decoders on hostile input: it costs an error, never a crash, a thread, a large buffer, or the good frames that come
// later.
#include <catch2/catch.hpp>

#include <algorithm>

#include "support/bit_writer.hpp"
#include "support/peak_memory.hpp"
#include "support/video_streams.hpp"
#include "tutti/base/random.hpp"
#include "tutti/media/video/decoder.hpp"

using namespace tutti;
using namespace tutti::video;
using namespace tutti::test;

namespace {

// Opening a decoder for each costs ten times as much where every allocation is watched.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr size_t kBrokenFrames = 2'000;
#else
constexpr size_t kBrokenFrames = 20'000;
#endif

constexpr std::array kCodecs = {Codec::kVp8, Codec::kVp9, Codec::kH264, Codec::kAv1};

// Twelve frames, keyframes at 0 and 6. There are fixtures of AV1 in 160 x 90 and 64 x 48.
std::vector<FrameBytes> good_frames(Codec codec, uint32_t width = 160, uint32_t height = 90) {
  if (codec == Codec::kAv1) {
    return ivf_frames("video/av1_" + std::to_string(width) + "x" + std::to_string(height) + ".ivf");
  }
  std::vector<FrameBytes> frames;
  for (auto& frame : encode_scene(encoder_settings(codec, width, height, 300), 12, 6))
    frames.push_back(std::move(frame.bytes));
  return frames;
}

VideoDecoder::Result decode(VideoDecoder& decoder, std::span<const uint8_t> frame) {
  return decoder.decode(frame, {}, Rotation::k0);
}

FrameBytes vp8_keyframe_header(uint32_t width, uint32_t height) {
  FrameBytes frame = {0x10, 0x02, 0x00, 0x9D, 0x01, 0x2A};  // a first partition of 16 bytes
  for (const uint32_t side : {width, height}) {
    frame.push_back(static_cast<uint8_t>(side));
    frame.push_back(static_cast<uint8_t>(side >> 8));
  }
  frame.resize(400);
  return frame;
}

FrameBytes vp9_keyframe_header(uint32_t width, uint32_t height) {
  BitWriter w;
  w.put(2, 2).put(2, 0).put(1, 0).put(1, 0).put(1, 1).put(1, 0).put(24, 0x498342).put(3, 1).put(1, 0);
  w.put(16, width - 1).put(16, height - 1).repeat(400, 8, 0x55);
  return w.bytes();
}

FrameBytes h264_parameter_set(uint32_t width, uint32_t height, uint32_t profile = 66, uint32_t chroma_format = 1) {
  BitWriter w;
  w.put(32, 1).put(8, 0x67).put(8, profile).put(8, 0).put(8, 51).ue(0);
  if (profile >= 100) {
    w.ue(chroma_format);
    if (chroma_format == 3) w.put(1, 0);  // no separate colour planes
    w.ue(0).ue(0).put(1, 0).put(1, 0);
  }
  w.ue(0).ue(2).ue(1).put(1, 0).ue((width + 15) / 16 - 1).ue((height + 15) / 16 - 1).put(1, 1).put(1, 0);
  w.put(1, 0).put(1, 0).put(1, 1);
  return w.bytes();
}

// AV1 specification §5.5, main profile with no optional tool.
FrameBytes av1_sequence_header(uint32_t width, uint32_t height) {
  BitWriter w;
  w.put(3, 0).put(1, 0).put(1, 0).put(1, 0).put(1, 0).put(5, 0).put(12, 0).put(5, 0);
  w.put(4, 15).put(4, 15).put(16, width - 1).put(16, height - 1);
  w.put(1, 0).put(1, 0).put(2, 0);                                // frame ids, 128 superblocks, intra tools
  w.put(4, 0).put(1, 0).put(1, 1).put(1, 1);                      // inter tools, order hints; screen content by frame
  w.put(3, 0).put(4, 0).put(2, 0).put(1, 0).put(1, 0).put(1, 1);  // filters, colour, film grain, the trailing bit
  FrameBytes obu = {0x12, 0x00, 0x0A, static_cast<uint8_t>(w.bytes().size())};
  obu.insert(obu.end(), w.bytes().begin(), w.bytes().end());
  return obu;
}

FrameBytes header_of_size(Codec codec, uint32_t width, uint32_t height) {
  if (codec == Codec::kVp8) return vp8_keyframe_header(width, height);
  if (codec == Codec::kVp9) return vp9_keyframe_header(width, height);
  if (codec == Codec::kH264) return h264_parameter_set(width, height);
  return av1_sequence_header(width, height);
}

void append(FrameBytes& to, const FrameBytes& bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

// A keyframe and what follows it decode with this decoder, whatever it has been through.
void check_recovers(VideoDecoder& decoder, const std::vector<FrameBytes>& frames) {
  for (uint32_t i = 0; i < 6; ++i) {
    const auto result = decode(decoder, frames[i]);
    REQUIRE(to_string(result.error).empty());
    REQUIRE(result.picture);
    REQUIRE(psnr(*scene(result.picture->width(), result.picture->height(), i), *result.picture) >= 28);
  }
}

FrameBytes mutated(const std::vector<FrameBytes>& frames, size_t index, Random& random) {
  FrameBytes frame = frames[index];
  switch (random.below(6)) {
    case 0:
      frame.resize(random.below(frame.size()));
      break;
    case 1: {  // the end of another frame
      const FrameBytes& other = frames[random.below(frames.size())];
      const size_t cut = random.below(std::min(frame.size(), other.size()));
      std::copy(other.begin() + static_cast<ptrdiff_t>(cut), other.end(),
                std::back_inserter((frame.resize(cut), frame)));
      break;
    }
    case 2: {  // a run of noise
      const size_t start = random.below(frame.size());
      random.fill(std::span(frame).subspan(start, random.below(std::min<size_t>(frame.size() - start, 32)) + 1));
      break;
    }
    case 3:  // the headers
      frame[random.below(std::min<size_t>(frame.size(), 24))] = static_cast<uint8_t>(random.u32());
      break;
    case 4:
      append(frame, frames[random.below(frames.size())]);
      break;
    default:
      for (size_t n = random.below(6) + 1; n > 0; --n) {
        uint8_t& byte = frame[random.below(frame.size())];
        byte = static_cast<uint8_t>(byte ^ 1u << random.below(8));
      }
  }
  return frame;
}

}  // namespace

TEST_CASE("a picture of 16,000 x 16,000 is refused before a buffer is taken", "[media][video_bad_input]") {
  for (const Codec codec : kCodecs) {
    CAPTURE(to_string(codec));
    FrameBytes frame = header_of_size(codec, 16000, 16000);
    if (codec == Codec::kH264 || codec == Codec::kAv1) append(frame, good_frames(codec).front());
    const auto peak = peak_memory_of([&] {
      const auto decoder = make_video_decoder(codec, {});
      return decode(*decoder, frame).error == DecodeError::kTooLarge;
    });
    CHECK(peak.ok);
    CHECK(peak.growth_kib < 16 * 1024);
  }
}

TEST_CASE("each of the limits refuses by itself",
          "[media][video_bad_input]") {
  for (const Codec codec : {Codec::kVp8, Codec::kVp9}) {
    const auto frame = header_of_size(codec, 4000, 2300);
    const auto run = [&](PictureLimits limits) {
      return peak_memory_of([&] {
        const auto decoder = make_video_decoder(codec, limits);
        return decode(*decoder, frame).error == DecodeError::kTooLarge;
      });
    };
    const auto allowed = run({});
    CHECK_FALSE(allowed.ok);
    CHECK(run({.max_width = 3999}).ok);
    CHECK(run({.max_height = 2299}).ok);
    CHECK(run({.max_pixels = 4000 * 2300 - 1}).growth_kib < 16 * 1024);
  }
}

TEST_CASE("a too large picture is found behind a good one in the same frame", "[media][video_bad_input]") {
  SECTION("a second sequence parameter set, cropped to next to nothing") {
    const auto frames = good_frames(Codec::kH264);
    const auto decoder = make_video_decoder(Codec::kH264, {});
    FrameBytes frame = frames.front();
    append(frame, h264_parameter_set(8192, 8192));
    CHECK(decode(*decoder, frame).error == DecodeError::kTooLarge);
    check_recovers(*decoder, frames);
  }
  SECTION("a second frame in a VP9 superframe") {
    const auto frames = good_frames(Codec::kVp9);
    const auto decoder = make_video_decoder(Codec::kVp9, {});
    FrameBytes frame = frames.front();
    const auto large = vp9_keyframe_header(16000, 16000);
    append(frame, large);
    const auto low = [](size_t size) { return static_cast<uint8_t>(size); };
    const auto high = [](size_t size) { return static_cast<uint8_t>(size >> 8); };
    const size_t first = frames.front().size();
    append(frame, {0xC9, low(first), high(first), low(large.size()), high(large.size()), 0xC9});
    CHECK(decode(*decoder, frame).error == DecodeError::kTooLarge);
    check_recovers(*decoder, frames);
  }
  SECTION("a VP9 keyframe that no index tells of") {
    const auto frames = good_frames(Codec::kVp9);
    FrameBytes frame = frames.front();
    append(frame, vp9_keyframe_header(16000, 16000));
    const auto peak = peak_memory_of([&] {
      const auto decoder = make_video_decoder(Codec::kVp9, {});
      (void)decode(*decoder, frame);
      return true;
    });
    CHECK(peak.growth_kib < 16 * 1024);
  }
}

TEST_CASE("a VP9 picture grows beyond the limits between keyframes", "[media][video_bad_input]") {
  const auto frames = good_frames(Codec::kVp9);
  const auto decoder = make_video_decoder(Codec::kVp9, {.max_width = 160, .max_height = 90});
  REQUIRE(decode(*decoder, frames[0]).picture);
  BitWriter w;
  w.put(2, 2).put(2, 0).put(1, 0).put(1, 1).put(1, 1).put(1, 0).put(2, 0).put(8, 1).put(12, 0);
  w.put(3, 0).put(16, 319).put(16, 179).repeat(40, 8, 0x55);
  CHECK(decode(*decoder, w.bytes()).error == DecodeError::kTooLarge);
  check_recovers(*decoder, frames);
}

TEST_CASE("profiles that are not decoded here are told as such", "[media][video_bad_input]") {
  const auto error = [](Codec codec, const FrameBytes& frame) {
    return to_string(decode(*make_video_decoder(codec, {}), frame).error);
  };
  CHECK(error(Codec::kAv1, ivf_frames("video/av1_10_bit.ivf").front()) == "unsupported");
  CHECK(error(Codec::kVp9, ivf_frames("video/vp9_444.ivf").front()) == "unsupported");
  CHECK(error(Codec::kH264, h264_parameter_set(640, 368, 244, 3)) == "unsupported");
  FrameBytes reserved = vp8_keyframe_header(160, 90);
  reserved[0] |= 7 << 1;
  CHECK(error(Codec::kVp8, reserved) == "unsupported");
}

TEST_CASE("a decoder waits for a keyframe at its start and after an error", "[media][video_bad_input]") {
  for (const Codec codec : kCodecs) {
    CAPTURE(to_string(codec));
    const auto frames = good_frames(codec);
    const auto decoder = make_video_decoder(codec, {});
    CHECK(decode(*decoder, frames[1]).error == DecodeError::kNeedsKeyframe);
    REQUIRE(decode(*decoder, frames[0]).picture);
    CHECK(decode(*decoder, FrameBytes{0x3F}).error == DecodeError::kCorrupt);
    CHECK(decode(*decoder, frames[2]).error == DecodeError::kNeedsKeyframe);
    CHECK(decode(*decoder, {}).error == DecodeError::kCorrupt);
    CHECK(decode(*decoder, frames[3]).error == DecodeError::kNeedsKeyframe);
    REQUIRE(decode(*decoder, frames[6]).picture);
    CHECK(decode(*decoder, frames[7]).picture);
  }
}

TEST_CASE("a keyframe cut anywhere gives no picture, and the next one does", "[media][video_bad_input]") {
  for (const Codec codec : kCodecs) {
    CAPTURE(to_string(codec));
    const auto frames = good_frames(codec);
    const auto decoder = make_video_decoder(codec, {});
    for (size_t size = 1; size < frames[0].size() - 16; size += 37) {
      const auto result = decode(*decoder, std::span(frames[0]).first(size));
      CAPTURE(size, frames[0].size());
      CHECK_FALSE(result.picture);
      // An H.264 access unit may end behind its parameter sets.
      if (codec != Codec::kH264) CHECK(result.error == DecodeError::kCorrupt);
    }
    check_recovers(*decoder, frames);
  }
}

TEST_CASE("H.264 notices a lost frame", "[media][video_bad_input]") {
  const auto frames = good_frames(Codec::kH264);
  const auto decoder = make_video_decoder(Codec::kH264, {});
  REQUIRE(decode(*decoder, frames[0]).picture);
  REQUIRE(decode(*decoder, frames[1]).picture);
  const auto result = decode(*decoder, frames[3]);
  CHECK_FALSE(result.picture);
  CHECK(result.error == DecodeError::kNeedsKeyframe);
  CHECK(decode(*decoder, frames[4]).error == DecodeError::kNeedsKeyframe);
  CHECK(decode(*decoder, frames[6]).picture);
}

TEST_CASE("H.264 parameter sets may come before the frame, and need not come again", "[media][video_bad_input]") {
  const auto frames = good_frames(Codec::kH264);
  const auto decoder = make_video_decoder(Codec::kH264, {});
  const FrameBytes start = {0, 0, 0, 1, 0x65};
  const auto slice = std::search(frames[0].begin(), frames[0].end(), start.begin(), start.end());
  REQUIRE(slice != frames[0].end());
  const FrameBytes sets(frames[0].begin(), slice), idr(slice, frames[0].end());
  CHECK(decode(*decoder, idr).error == DecodeError::kNeedsKeyframe);
  CHECK(decode(*decoder, sets).error == DecodeError::kNone);
  REQUIRE(decode(*decoder, idr).picture);
  CHECK(decode(*decoder, frames[2]).error != DecodeError::kNone);
  CHECK(decode(*decoder, idr).picture);
}

TEST_CASE("an access unit with a second picture in it is refused", "[media][video_bad_input]") {
  const auto frames = good_frames(Codec::kH264);
  const auto decoder = make_video_decoder(Codec::kH264, {});
  FrameBytes both = frames[0];
  append(both, frames[1]);
  CHECK(decode(*decoder, both).error == DecodeError::kCorrupt);
  check_recovers(*decoder, frames);
}

TEST_CASE("frames of another codec are refused and forgotten", "[media][video_bad_input]") {
  for (const Codec codec : kCodecs) {
    const auto own = good_frames(codec);
    const auto decoder = make_video_decoder(codec, {});
    for (const Codec other : kCodecs) {
      if (other == codec) continue;
      CAPTURE(to_string(codec), to_string(other));
      for (const auto& frame : good_frames(other)) {
        const auto result = decode(*decoder, frame);
        CHECK_FALSE(result.picture);
        CHECK(result.error != DecodeError::kNone);
      }
      check_recovers(*decoder, own);
    }
  }
}

TEST_CASE("20,000 broken frames do no lasting harm", "[media][video_bad_input]") {
  // Small limits: a mutation of the size must not make this test a test of memset.
  const PictureLimits limits{.max_width = 512, .max_height = 512, .max_pixels = 512 * 512};
  for (const Codec codec : kCodecs) {
    CAPTURE(to_string(codec));
    const auto frames = good_frames(codec, 64, 48);
    const auto decoder = make_video_decoder(codec, limits);
    SeededRandom random(0x7075 + static_cast<uint64_t>(codec));
    size_t pictures = 0, errors = 0;
    for (size_t i = 0; i < kBrokenFrames; ++i) {
      if (i % 1000 == 0) check_recovers(*decoder, frames);
      // A good keyframe decodes at once, whatever came before; and each broken frame meets a decoder in full swing.
      if (!decode(*decoder, frames[0]).picture) FAIL("lost at " << i);
      const auto result = decode(*decoder, mutated(frames, random.below(frames.size()), random));
      pictures += result.picture != nullptr;
      errors += result.error != DecodeError::kNone;
      if (result.picture && result.error != DecodeError::kNone) FAIL("a picture with an error");
    }
    CHECK(pictures > kBrokenFrames / 20);
    CHECK(errors > kBrokenFrames / 20);
    check_recovers(*decoder, frames);
  }
}

TEST_CASE("noise is refused", "[media][video_bad_input]") {
  SeededRandom random(5);
  for (const Codec codec : kCodecs) {
    const auto decoder = make_video_decoder(codec, {.max_width = 512, .max_height = 512, .max_pixels = 512 * 512});
    for (size_t i = 0; i < 2000; ++i) {
      FrameBytes noise(random.below(300));
      random.fill(noise);
      CHECK_FALSE(decode(*decoder, noise).picture);
    }
    check_recovers(*decoder, good_frames(codec));
  }
}
