#include "app/serve_config.hpp"

#include <catch2/catch.hpp>

namespace tutti::app {
namespace {

TEST_CASE("the defaults of mixing are those that rooms have by themselves", "[app][config]") {
  const room::MixingSettings set = to_engine_config(Config{}, 4, {}).rooms.mixing;
  const room::MixingSettings own;
  CHECK(set.max_members == own.max_members);
  CHECK(set.max_video_encoders == own.max_video_encoders);
  CHECK(set.max_video_decoders == own.max_video_decoders);
  CHECK(set.max_speakers == own.max_speakers);
  CHECK(set.audio_frame == own.audio_frame);
  CHECK(set.audio_bitrate == own.audio_bitrate);
  CHECK(set.audio_complexity == own.audio_complexity);
  CHECK(set.rungs == own.rungs);
  CHECK(set.pictures.max_width == own.pictures.max_width);
  CHECK(set.pictures.max_height == own.pictures.max_height);
  CHECK(set.pictures.max_pixels == own.pictures.max_pixels);
}

TEST_CASE("each setting of mixing reaches the rooms", "[app][config]") {
  Config config;
  config.mixing = {1, 2, 3, 4, TimeDelta::millis(10), DataRate::kbps(8), 9, {{64, 64, 1, DataRate::kbps(16)}}, {}, 5};
  const io::EngineConfig engine = to_engine_config(config, 4, {});
  CHECK(engine.codec_threads == 5);
  const room::MixingSettings& set = engine.rooms.mixing;
  CHECK(set.max_members == 1);
  CHECK(set.max_video_encoders == 2);
  CHECK(set.max_video_decoders == 3);
  CHECK(set.max_speakers == 4);
  CHECK(set.audio_frame == TimeDelta::millis(10));
  CHECK(set.audio_bitrate == DataRate::kbps(8));
  CHECK(set.audio_complexity == 9);
  CHECK(set.rungs == config.mixing.rungs);
}

TEST_CASE("the limit of admission and the cost model reach the engine", "[app][config]") {
  Config config;
  config.admission.limit = 0.5;
  io::CostModel model;
  model.cpu.participants = 0.25;
  const io::EngineConfig engine = to_engine_config(config, 4, model);
  CHECK(engine.admission.limit == 0.5);
  CHECK(engine.cost_model == model);
}

TEST_CASE("a picture is allowed lying and standing, and not larger either way", "[app][config]") {
  Config config;
  for (const PictureSize size : {PictureSize{1920, 1080}, PictureSize{1080, 1920}}) {
    config.mixing.max_picture = size;
    const video::PictureLimits limits = to_engine_config(config, 4, {}).rooms.mixing.pictures;
    CHECK(limits.allows(1920, 1080));
    CHECK(limits.allows(1080, 1920));
    CHECK_FALSE(limits.allows(1920, 1081));
    CHECK_FALSE(limits.allows(1921, 16));
    CHECK_FALSE(limits.allows(16'000, 16'000));
  }
}

TEST_CASE("the bounds of the estimate reach the rooms", "[app][config]") {
  Config config;
  config.bandwidth = {DataRate::kbps(1000), DataRate::kbps(50), DataRate::kbps(20'000)};
  const cc::EstimatorConfig set = to_engine_config(config, 4, {}).rooms.bandwidth;
  CHECK(set.start == DataRate::kbps(1000));
  CHECK(set.min == DataRate::kbps(50));
  CHECK(set.max == DataRate::kbps(20'000));
}

TEST_CASE("without a number of threads there is one for each core", "[app][config]") {
  CHECK(to_engine_config(Config{}, 4, {}).codec_threads == 4);
  CHECK(to_engine_config(Config{}, 0, {}).codec_threads == 1);
  CHECK(to_engine_config(Config{}, 1000, {}).codec_threads == 64);
}

}  // namespace
}  // namespace tutti::app
