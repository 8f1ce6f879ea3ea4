#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>

#include "media/video/colour.hpp"
#include "media/video/fit.hpp"
#include "media/video/scaler.hpp"
#include "support/scene.hpp"
#include "tutti/base/random.hpp"
#include "tutti/media/video/compositor.hpp"

using namespace tutti;
using namespace tutti::video;

namespace {

// The mean of what each sample covers: the ideal that a fast filter is measured by. Luma only.
std::shared_ptr<Picture> area_mean(const Picture& from, uint32_t width, uint32_t height) {
  auto out = Picture::make(width, height);
  constexpr uint32_t kFine = 8;
  for (uint32_t y = 0; y < height; ++y) {
    for (uint32_t x = 0; x < width; ++x) {
      uint32_t sum = 0;
      for (uint32_t i = 0; i < kFine * kFine; ++i) {
        const uint32_t at_x = (x * kFine + i % kFine) * from.width() / (width * kFine);
        const uint32_t at_y = (y * kFine + i / kFine) * from.height() / (height * kFine);
        sum += from.y()[at_y * static_cast<size_t>(from.stride_y()) + at_x];
      }
      out->y()[y * static_cast<size_t>(out->stride_y()) + x] = static_cast<uint8_t>(sum / (kFine * kFine));
    }
  }
  return out;
}

size_t differing_rows(const uint8_t* a, const uint8_t* b, int stride, uint32_t width, uint32_t height, int tolerance) {
  size_t count = 0;
  for (uint32_t y = 0; y < height; ++y, a += stride, b += stride) {
    count += !std::equal(a, a + width, b, [&](int x, int z) { return std::abs(x - z) <= tolerance; });
  }
  return count;
}

// How many rows, of all planes, hold a sample that differs by more than `tolerance`. Both are of one size.
size_t differing_rows(const Picture& a, const Picture& b, int tolerance) {
  return differing_rows(a.y(), b.y(), a.stride_y(), a.width(), a.height(), tolerance) +
         differing_rows(a.u(), b.u(), a.stride_uv(), a.chroma_width(), a.chroma_height(), tolerance) +
         differing_rows(a.v(), b.v(), a.stride_uv(), a.chroma_width(), a.chroma_height(), tolerance);
}

}  // namespace

TEST_CASE("a picture of the wanted size is not copied", "[media][scale]") {
  const PictureRef picture = test::scene(320, 180, 0);
  CHECK(scale(picture, 320, 180) == picture);
}

TEST_CASE("scaling keeps rotation and time", "[media][scale]") {
  auto picture = test::scene(320, 180, 0);
  picture->rotation = Rotation::k270;
  picture->captured = Timestamp::from_ms(77);
  const PictureRef scaled = scale(picture, 160, 90);
  CHECK(scaled->rotation == Rotation::k270);
  CHECK(scaled->captured == Timestamp::from_ms(77));
}

TEST_CASE("scaling down comes close to the mean over each sample's area", "[media][scale]") {
  struct Case {
    uint32_t from_width, from_height, width, height;
    double least;
  };
  // 1/2, 1/4, 3/4 and 3/8 by kernels, 2/3, 1/3 and 1/5 freely.
  for (const Case& c : {Case{640, 360, 320, 180, 45}, Case{1280, 720, 320, 180, 40}, Case{640, 360, 480, 270, 30},
                        Case{1280, 720, 480, 270, 30}, Case{640, 360, 426, 240, 30}, Case{1280, 720, 426, 240, 30},
                        Case{1280, 720, 256, 144, 28}}) {
    INFO(c.from_width << 'x' << c.from_height << " to " << c.width << 'x' << c.height);
    const auto picture = test::scene(c.from_width, c.from_height, 3);
    const double likeness =
        test::psnr_luma(*scale(picture, c.width, c.height), *area_mean(*picture, c.width, c.height));
    INFO(likeness << " dB");
    CHECK(likeness >= c.least);
  }
}

TEST_CASE("down and up again is still the same picture", "[media][scale]") {
  const auto picture = test::scene(640, 360, 3);
  for (auto [width, height] :
       {std::pair(320u, 180u), std::pair(426u, 240u), std::pair(1280u, 720u), std::pair(852u, 480u)}) {
    INFO(width << 'x' << height);
    CHECK(test::psnr_luma(*scale(scale(picture, width, height), 640, 360), *picture) >= 22);
  }
}

TEST_CASE("one colour stays that colour from any size to any size, and nothing outside is written", "[media][scale]") {
  const test::Yuv colour{150, 90, 200};
  constexpr int kFrame = 16;
  Scaler scaler;
  for (uint32_t from_width : {1u, 2u, 3u, 17u, 64u, 333u, 640u}) {
    for (uint32_t from_height : {1u, 2u, 5u, 90u, 361u}) {
      const auto picture = test::flat_picture(from_width, from_height, colour);
      for (uint32_t width : {2u, 6u, 62u, 214u, 426u}) {
        for (uint32_t height : {2u, 4u, 120u, 238u}) {
          auto canvas = Picture::make(width + 2 * kFrame, height + 2 * kFrame);
          scaler.scale(planes_of(std::as_const(*picture)),
                       planes_of(*canvas).part(kFrame, kFrame, static_cast<int>(width), static_cast<int>(height)));
          auto expected = Picture::make(width + 2 * kFrame, height + 2 * kFrame);
          test::fill_rectangle(*expected, kFrame, kFrame, width, height, colour);
          INFO(from_width << 'x' << from_height << " to " << width << 'x' << height);
          // One step of rounding inside, none outside.
          REQUIRE(differing_rows(*canvas, *expected, 1) == 0);
          test::fill_rectangle(*canvas, kFrame, kFrame, width, height, colour);
          REQUIRE(differing_rows(*canvas, *expected, 0) == 0);
        }
      }
    }
  }
}

TEST_CASE("crop fills the tile with the middle of the source", "[media][scale]") {
  const Rectangle tile{100, 50, 320, 180};
  CHECK(fit_into(640, 360, tile, TileFit::kCrop) == Fit{{0, 0, 640, 360}, tile});
  CHECK(fit_into(640, 480, tile, TileFit::kCrop) == Fit{{0, 60, 640, 360}, tile});
  CHECK(fit_into(360, 640, tile, TileFit::kCrop) == Fit{{0, 218, 360, 202}, tile});
  CHECK(fit_into(2000, 360, tile, TileFit::kCrop) == Fit{{680, 0, 640, 360}, tile});
  INFO("a difference in shape that nobody sees is scaled away");
  CHECK(fit_into(640, 360, {0, 0, 426, 240}, TileFit::kCrop).source == Rectangle{0, 0, 640, 360});
}

TEST_CASE("pad shows the whole source in the middle of the tile", "[media][scale]") {
  const Rectangle tile{100, 50, 320, 180};
  CHECK(fit_into(640, 360, tile, TileFit::kPad) == Fit{{0, 0, 640, 360}, tile});
  CHECK(fit_into(640, 480, tile, TileFit::kPad) == Fit{{0, 0, 640, 480}, {140, 50, 240, 180}});
  CHECK(fit_into(360, 640, tile, TileFit::kPad) == Fit{{0, 0, 360, 640}, {208, 50, 102, 180}});
  CHECK(fit_into(1280, 360, tile, TileFit::kPad) == Fit{{0, 0, 1280, 360}, {100, 94, 320, 90}});
}

TEST_CASE("any source fits into any tile", "[media][scale]") {
  SeededRandom random(7);
  for (int round = 0; round < 20000; ++round) {
    const auto length = [&](uint64_t limit) {
      return static_cast<uint32_t>(1 + random.below(random.below(4) ? limit : 5));
    };
    const uint32_t width = length(4096), height = length(4096);
    const Rectangle tile{2 * length(500), 2 * length(500), 2 * length(900), 2 * length(900)};
    const TileFit kind = random.below(2) ? TileFit::kCrop : TileFit::kPad;
    const Fit fit = fit_into(width, height, tile, kind);
    INFO(width << 'x' << height << " into " << tile.width << 'x' << tile.height);
    REQUIRE((fit.source.width >= 1 && fit.source.height >= 1 && fit.target.width >= 2 && fit.target.height >= 2));
    REQUIRE(fit.source.x + fit.source.width <= width);
    REQUIRE(fit.source.y + fit.source.height <= height);
    REQUIRE((fit.target.x >= tile.x && fit.target.x + fit.target.width <= tile.x + tile.width));
    REQUIRE((fit.target.y >= tile.y && fit.target.y + fit.target.height <= tile.y + tile.height));
    REQUIRE((fit.source.x | fit.source.y | fit.target.x | fit.target.y | fit.target.width | fit.target.height) % 2 ==
            0);
    if (kind == TileFit::kCrop) REQUIRE(fit.target == tile);
    if (kind == TileFit::kPad) REQUIRE(fit.source == Rectangle{0, 0, width, height});
  }
}

TEST_CASE("colours are converted by BT.601 in limited range", "[media][scale]") {
  CHECK(yuv_from_rgb(0x000000) == Yuv{16, 128, 128});
  CHECK(yuv_from_rgb(0xFFFFFF) == Yuv{235, 128, 128});
  CHECK(yuv_from_rgb(0xFF0000) == Yuv{82, 90, 240});
  CHECK(yuv_from_rgb(0x00FF00) == Yuv{144, 54, 34});
  CHECK(yuv_from_rgb(0x0000FF) == Yuv{41, 240, 110});
}
