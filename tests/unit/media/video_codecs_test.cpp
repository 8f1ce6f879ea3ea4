// Encoders and decoders on good input: what is encoded comes back, at the rate and in the form that was asked for.
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>

#include "support/video_streams.hpp"
#include "tutti/base/random.hpp"
#include "tutti/media/video/decoder.hpp"
#include "tutti/wire/payload/annex_b.hpp"

using namespace tutti;
using namespace tutti::video;
using namespace tutti::test;

namespace {

constexpr std::array kEncoded = {Codec::kVp8, Codec::kVp9, Codec::kH264};
constexpr std::array kDecoded = {Codec::kVp8, Codec::kVp9, Codec::kH264, Codec::kAv1};

struct RoundTrip {
  size_t bytes = 0, dropped = 0, keyframes = 0;
  double worst_psnr = 100, mean_psnr = 0;
};

// `picture(i)`: what the i-th frame shows.
template <class Picture>
RoundTrip round_trip(const VideoEncoderSettings& settings, uint32_t frames, Picture picture) {
  const auto encoder = make_video_encoder(settings);
  const auto decoder = make_video_decoder(settings.codec, {});
  REQUIRE(encoder);
  RoundTrip result;
  for (uint32_t i = 0; i < frames; ++i) {
    const auto source = picture(i);
    const EncodedFrame frame = encoder->encode(*source, frame_time(i, settings.max_fps), false);
    result.bytes += frame.bytes.size();
    result.keyframes += frame.keyframe;
    if (frame.bytes.empty()) {
      ++result.dropped;
      continue;
    }
    const auto decoded = decoder->decode(frame.bytes, frame_time(i), Rotation::k0);
    REQUIRE(decoded.error == DecodeError::kNone);
    REQUIRE(decoded.picture);
    const double quality = psnr(*source, *decoded.picture);
    result.worst_psnr = std::min(result.worst_psnr, quality);
    result.mean_psnr += quality;
  }
  result.mean_psnr /= std::max(1u, frames - static_cast<uint32_t>(result.dropped));
  return result;
}

RoundTrip round_trip(const VideoEncoderSettings& settings, uint32_t frames) {
  return round_trip(settings, frames, [&](uint32_t i) { return scene(settings.width, settings.height, i); });
}

size_t threads_of_this_process() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<size_t>(std::distance(begin(tasks), end(tasks)));
}

}  // namespace

TEST_CASE("each rung keeps 30 dB at its default rate", "[media][video_codecs]") {
  struct Rung {
    uint32_t width, height, fps;
    int64_t kbps;
  };
  const auto rung = GENERATE(Rung{1280, 720, 30, 1500}, Rung{640, 360, 30, 500}, Rung{320, 180, 15, 150});
  for (const Codec codec : kEncoded) {
    CAPTURE(to_string(codec), rung.height);
    VideoEncoderSettings settings = encoder_settings(codec, rung.width, rung.height, rung.kbps);
    settings.max_fps = rung.fps;
    const uint32_t step = 30 / rung.fps;
    const auto result =
        round_trip(settings, rung.fps, [&](uint32_t i) { return scene(rung.width, rung.height, i * step); });
    CHECK(result.worst_psnr >= 30);
    CHECK(result.mean_psnr >= 36);
    CHECK(result.dropped == 0);
    CHECK(result.keyframes == 1);
  }
}

TEST_CASE("every effort works and decodes", "[media][video_codecs]") {
  for (const Codec codec : kEncoded) {
    for (uint8_t speed = 0; speed <= 3; ++speed) {
      VideoEncoderSettings settings = encoder_settings(codec, 320, 180, 300);
      settings.speed = speed;
      CAPTURE(to_string(codec), int{speed});
      CHECK(round_trip(settings, 10).worst_psnr >= 30);
    }
  }
}

TEST_CASE("five seconds at 360p are within a fifth of the bitrate", "[media][video_codecs]") {
  for (const Codec codec : kEncoded) {
    CAPTURE(to_string(codec));
    const auto result = round_trip(encoder_settings(codec, 640, 360, 500), 150);
    CHECK(static_cast<double>(result.bytes) * 8 / 5 == Approx(500'000).epsilon(0.2));
  }
}

TEST_CASE("a new bitrate is followed in mid-stream, without a keyframe", "[media][video_codecs]") {
  for (const Codec codec : kEncoded) {
    CAPTURE(to_string(codec));
    const auto encoder = make_video_encoder(encoder_settings(codec, 320, 180, 600));
    size_t bytes = 0;
    for (uint32_t i = 0; i < 150; ++i) {
      if (i == 60) encoder->set_bitrate(DataRate::kbps(200));
      const auto frame = encoder->encode(*scene(320, 180, i), frame_time(i), false);
      if (i >= 90) bytes += frame.bytes.size();  // two seconds, once it has settled for one
      CHECK(frame.keyframe == (i == 0));
    }
    CHECK(encoder->settings().bitrate == DataRate::kbps(200));
    CHECK(static_cast<double>(bytes) * 8 / 2 == Approx(200'000).epsilon(0.25));
  }
}

TEST_CASE("a picture that stands still costs next to nothing and gets sharp", "[media][video_codecs]") {
  for (const Codec codec : kEncoded) {
    CAPTURE(to_string(codec));
    const auto still = scene(640, 360, 7);
    const auto encoder = make_video_encoder(encoder_settings(codec, 640, 360, 500));
    const auto decoder = make_video_decoder(codec, {});
    size_t late_bytes = 0;
    PictureRef last;
    for (uint32_t i = 0; i < 120; ++i) {
      const auto frame = encoder->encode(*still, frame_time(i), false);
      if (i >= 90) late_bytes += frame.bytes.size();
      if (!frame.bytes.empty()) last = decoder->decode(frame.bytes, {}, Rotation::k0).picture;
    }
    CHECK(late_bytes * 8 < 100'000);
    REQUIRE(last);
    CHECK(psnr(*still, *last) >= 38);
  }
}

TEST_CASE("a flat colour gets clean after a busy picture", "[media][video_codecs]") {
  for (const Codec codec : kEncoded) {
    CAPTURE(to_string(codec));
    const auto flat = flat_picture(320, 180, kColourBars[3]);
    const auto encoder = make_video_encoder(encoder_settings(codec, 320, 180, 200));
    const auto decoder = make_video_decoder(codec, {});
    PictureRef last;
    for (uint32_t i = 0; i < 60; ++i) {
      const auto frame = encoder->encode(i < 5 ? *scene(320, 180, i) : *flat, frame_time(i), false);
      if (!frame.bytes.empty()) last = decoder->decode(frame.bytes, {}, Rotation::k0).picture;
    }
    REQUIRE(last);
    CHECK(psnr(*flat, *last) >= 45);
  }
}

TEST_CASE("a keyframe comes when it is forced, even from an encoder that is far over its rate",
          "[media][video_codecs]") {
  for (const Codec codec : kEncoded) {
    CAPTURE(to_string(codec));
    SeededRandom random(7);
    const auto encoder = make_video_encoder(encoder_settings(codec, 640, 360, 30));
    size_t dropped = 0;
    for (uint32_t i = 0; i < 60; ++i) {
      const auto noise = Picture::make(640, 360);
      random.fill({noise->y(), static_cast<size_t>(noise->stride_y()) * 360});
      const bool force = i % 10 == 5;
      const auto frame = encoder->encode(*noise, frame_time(i), force);
      dropped += frame.bytes.empty();
      CHECK(frame.keyframe == (force || i == 0));
      if (force) CHECK(make_video_decoder(codec, {})->decode(frame.bytes, {}, Rotation::k0).picture);
    }
    CHECK(dropped > 0);
  }
}

TEST_CASE("H.264 leaves as constrained baseline in Annex B, with parameter sets before each IDR",
          "[media][video_codecs]") {
  const auto frames = encode_scene(encoder_settings(Codec::kH264, 640, 360, 500), 8, 4);
  for (size_t i = 0; i < frames.size(); ++i) {
    std::vector<int> types;
    std::span<const uint8_t> rest = frames[i].bytes;
    for (auto nal = payload::take_nal_unit(rest); !nal.empty(); nal = payload::take_nal_unit(rest)) {
      types.push_back(nal[0] & 0x1F);
      if (types.back() == 7) {
        CHECK(nal[1] == 66);                    // baseline
        CHECK((nal[2] & 0x40) != 0);            // constraint_set1_flag: constrained
        CHECK((nal[3] >= 21 && nal[3] <= 31));  // 360p30 is level 2.2 or 3.0
      }
    }
    CHECK(types == (i % 4 == 0 ? std::vector<int>{7, 8, 5} : std::vector<int>{1}));
  }
}

TEST_CASE("odd and small sizes come back as they went in", "[media][video_codecs]") {
  struct Size {
    uint32_t width, height;
  };
  for (const Size size : {Size{161, 91}, Size{16, 16}, Size{1, 1}, Size{2, 34}, Size{426, 240}, Size{17, 130}}) {
    for (const Codec codec : kEncoded) {
      CAPTURE(to_string(codec), size.width, size.height);
      const auto settings = encoder_settings(codec, size.width, size.height, 300);
      const auto encoder = make_video_encoder(settings);
      // Nothing is left of it in whole chroma samples.
      if (codec == Codec::kH264 && size.width == 1) {
        CHECK_FALSE(encoder);
        continue;
      }
      REQUIRE(encoder);
      const auto decoder = make_video_decoder(codec, {});
      for (uint32_t i = 0; i < 5; ++i) {
        const auto frame = encoder->encode(*scene(size.width, size.height, i), frame_time(i), false);
        if (frame.bytes.empty()) continue;
        const auto decoded = decoder->decode(frame.bytes, {}, Rotation::k0);
        REQUIRE(decoded.picture);
        const uint32_t mask = codec == Codec::kH264 ? ~1u : ~0u;  // 4:2:0 in H.264 has even sizes only
        CHECK(decoded.picture->width() == (size.width & mask));
        CHECK(decoded.picture->height() == (size.height & mask));
      }
    }
  }
}

TEST_CASE("settings that no encoder can serve give none", "[media][video_codecs]") {
  CHECK_FALSE(make_video_encoder(encoder_settings(Codec::kAv1, 640, 360, 500)));
  CHECK_FALSE(make_video_encoder(encoder_settings(Codec::kOpus, 640, 360, 500)));
  CHECK_FALSE(make_video_decoder(Codec::kOpus, {}));
  for (const Codec codec : kEncoded) {
    CHECK_FALSE(make_video_encoder(encoder_settings(codec, 0, 360, 500)));
    CHECK_FALSE(make_video_encoder(encoder_settings(codec, 16000, 16000, 500)));
    CHECK_FALSE(make_video_encoder(encoder_settings(codec, 640, 360, 0)));
  }
}

TEST_CASE("time and rotation of a frame pass into its picture", "[media][video_codecs]") {
  for (const Codec codec : kEncoded) {
    const auto frame = encode_scene(encoder_settings(codec, 64, 64, 200), 1).front();
    const auto picture =
        make_video_decoder(codec, {})->decode(frame.bytes, Timestamp::from_ms(4711), Rotation::k270).picture;
    REQUIRE(picture);
    CHECK(picture->captured == Timestamp::from_ms(4711));
    CHECK(picture->rotation == Rotation::k270);
    CHECK(reinterpret_cast<uintptr_t>(picture->y()) % 64 == 0);
    CHECK(reinterpret_cast<uintptr_t>(picture->v()) % 64 == 0);
  }
}

TEST_CASE("a stream changes its size at a keyframe", "[media][video_codecs]") {
  for (const Codec codec : kEncoded) {
    CAPTURE(to_string(codec));
    const auto decoder = make_video_decoder(codec, {});
    for (const auto& [width, height] : {std::pair{320u, 180u}, {640u, 360u}, {162u, 90u}, {320u, 180u}}) {
      const auto frames = encode_scene(encoder_settings(codec, width, height, 400), 4);
      for (uint32_t i = 0; i < frames.size(); ++i) {
        const auto decoded = decoder->decode(frames[i].bytes, {}, Rotation::k0);
        REQUIRE(decoded.picture);
        CHECK(psnr(*scene(width, height, i), *decoded.picture) >= 30);
      }
    }
  }
}

TEST_CASE("AV1 from another encoder decodes, from either of its keyframes", "[media][video_codecs]") {
  const auto frames = ivf_frames("video/av1_160x90.ivf");
  REQUIRE(frames.size() == 12);
  for (const size_t start : {size_t{0}, size_t{6}}) {
    const auto decoder = make_video_decoder(Codec::kAv1, {});
    for (size_t i = start; i < frames.size(); ++i) {
      const auto decoded = decoder->decode(frames[i], {}, Rotation::k0);
      CHECK(decoded.error == DecodeError::kNone);
      REQUIRE(decoded.picture);
      CHECK(psnr(*scene(160, 90, static_cast<uint32_t>(i)), *decoded.picture) >= 30);
    }
  }
}

TEST_CASE("H.264 in high profile decodes without delay", "[media][video_codecs]") {
  const auto units = access_units("video/h264_high.h264");
  REQUIRE(units.size() == 12);
  const auto decoder = make_video_decoder(Codec::kH264, {});
  for (uint32_t i = 0; i < units.size(); ++i) {
    const auto decoded = decoder->decode(units[i], frame_time(i), Rotation::k0);
    CHECK(decoded.error == DecodeError::kNone);
    REQUIRE(decoded.picture);
    CHECK(decoded.picture->captured == frame_time(i));
    CHECK(psnr(*scene(160, 90, i), *decoded.picture) >= 30);
  }
}

TEST_CASE("H.264 with B frames comes out in order of display", "[media][video_codecs]") {
  const auto units = access_units("video/h264_b_frames.h264");
  REQUIRE(units.size() == 12);
  const auto decoder = make_video_decoder(Codec::kH264, {});
  uint32_t shown = 0;
  for (const auto& unit : units) {
    const auto decoded = decoder->decode(unit, {}, Rotation::k0);
    CHECK(decoded.error == DecodeError::kNone);
    if (decoded.picture) CHECK(psnr(*scene(160, 90, shown++), *decoded.picture) >= 30);
  }
  CHECK(shown >= 8);
}

TEST_CASE("no codec starts a thread", "[media][video_codecs]") {
  const size_t before = threads_of_this_process();
  std::vector<std::unique_ptr<VideoEncoder>> encoders;
  std::vector<std::unique_ptr<VideoDecoder>> decoders;
  for (const Codec codec : kDecoded) decoders.push_back(make_video_decoder(codec, {}));
  for (const Codec codec : kEncoded) encoders.push_back(make_video_encoder(encoder_settings(codec, 1280, 720, 1500)));
  for (size_t i = 0; i < encoders.size(); ++i) {
    const auto frame = encoders[i]->encode(*scene(1280, 720, 0), {}, false);
    CHECK(decoders[i]->decode(frame.bytes, {}, Rotation::k0).picture);
  }
  CHECK(decoders.back()->decode(ivf_frames("video/av1_160x90.ivf").front(), {}, Rotation::k0).picture);
  CHECK(threads_of_this_process() == before);
}

TEST_CASE("orientation is read from the two lowest bits", "[media][video_codecs]") {
  CHECK(rotation_from_cvo(0) == Rotation::k0);
  CHECK(rotation_from_cvo(1) == Rotation::k90);
  CHECK(rotation_from_cvo(2) == Rotation::k180);
  CHECK(rotation_from_cvo(0x0B) == Rotation::k270);
}
