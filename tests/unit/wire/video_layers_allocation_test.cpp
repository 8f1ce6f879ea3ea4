// The video-layers-allocation header extension.
#include <catch2/catch.hpp>

#include "support/hex.hpp"
#include "tutti/wire/payload/video_layers_allocation.hpp"

using namespace tutti;
using namespace tutti::payload;
using tutti::test::from_hex;

TEST_CASE("a browser's allocation of one layer is read", "[wire][payload][vla]") {
  // As captured: 320x240 at 15 fps with 279 kbit/s.
  const auto v = VideoLayersAllocation::parse(from_hex("01 00 9702 013f 00ef 0f"));
  REQUIRE(v);
  CHECK(v->stream == 0);
  CHECK(v->stream_count == 1);
  REQUIRE(v->layers().size() == 1);
  const auto& layer = v->layers()[0];
  CHECK(layer.spatial_id == 0);
  CHECK(layer.temporal_count == 1);
  CHECK(layer.bitrates[0] == DataRate::kbps(279));
  CHECK(layer.dimensions == Dimensions{320, 240});
  CHECK(layer.max_fps == 15);
}

TEST_CASE("a byte of zero says that nothing is sent", "[wire][payload][vla]") {
  const auto v = VideoLayersAllocation::parse(from_hex("00"));
  REQUIRE(v);
  CHECK(v->stream_count == 0);
  CHECK(v->layers().empty());
}

TEST_CASE("layers of several streams may be the same for all", "[wire][payload][vla]") {
  // The second of three streams, one spatial layer each, of 2, 1 and 3 temporal layers; no sizes.
  const auto v = VideoLayersAllocation::parse(from_hex("61 48 0a 14 32 1e 28 3c"));
  REQUIRE(v);
  CHECK(v->stream == 1);
  CHECK(v->stream_count == 3);
  REQUIRE(v->layers().size() == 3);
  CHECK(v->layers()[0].temporal_count == 2);
  CHECK(v->layers()[0].bitrates[1] == DataRate::kbps(20));
  CHECK(v->layers()[1].temporal_count == 1);
  CHECK(v->layers()[1].bitrates[0] == DataRate::kbps(50));
  CHECK(v->layers()[2].stream == 2);
  CHECK(v->layers()[2].bitrates[2] == DataRate::kbps(60));
  CHECK_FALSE(v->layers()[0].dimensions);
}

TEST_CASE("layers of several streams may differ", "[wire][payload][vla]") {
  // Three streams: spatial layer 0; 0 and 2; none.
  const auto v = VideoLayersAllocation::parse(from_hex("20 15 00 00 0a 14 1e"));
  REQUIRE(v);
  REQUIRE(v->layers().size() == 3);
  CHECK(v->layers()[0].stream == 0);
  CHECK(v->layers()[1].stream == 1);
  CHECK(v->layers()[1].spatial_id == 0);
  CHECK(v->layers()[2].stream == 1);
  CHECK(v->layers()[2].spatial_id == 2);
  CHECK(v->layers()[2].bitrates[0] == DataRate::kbps(30));
}

TEST_CASE("an allocation that is cut short, or has a bitrate without bounds, is refused", "[wire][payload][vla]") {
  CHECK_FALSE(VideoLayersAllocation::parse({}));
  const auto whole = from_hex("01 00 9702 013f 00ef 0f");
  for (size_t n = 1; n < whole.size(); ++n) {
    INFO("length " << n);
    // Without sizes it is whole, too.
    CHECK(VideoLayersAllocation::parse(std::span(whole).first(n)).has_value() == (n == 4));
  }
  CHECK_FALSE(VideoLayersAllocation::parse(from_hex("30 ff ff 00")));
  CHECK_FALSE(VideoLayersAllocation::parse(from_hex("01 00 ffffffff0f")));
}
