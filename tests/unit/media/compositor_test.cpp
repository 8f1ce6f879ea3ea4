#include "tutti/media/video/compositor.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>

#include "media/video/colour.hpp"
#include "media/video/drawing_cache.hpp"
#include "media/video/layout_geometry.hpp"
#include "media/video/names.hpp"
#include "media/video/still.hpp"
#include "support/scene.hpp"
#include "tutti/base/random.hpp"

using namespace tutti;
using namespace tutti::video;
using test::kColourBars;

namespace {

constexpr uint32_t kBackground = 0x16181D;
const test::Yuv kRed = kColourBars[5], kBlue = kColourBars[6], kGreen = kColourBars[3], kYellow = kColourBars[1];

test::Yuv at(const Picture& p, uint32_t x, uint32_t y) {
  const size_t chroma = y / 2 * static_cast<size_t>(p.stride_uv()) + x / 2;
  return {p.y()[y * static_cast<size_t>(p.stride_y()) + x], p.u()[chroma], p.v()[chroma]};
}

bool alike(test::Yuv a, test::Yuv b, int tolerance = 2) {
  return std::abs(a.y - b.y) <= tolerance && std::abs(a.u - b.u) <= tolerance && std::abs(a.v - b.v) <= tolerance;
}

test::Yuv colour(uint32_t rgb) {
  const Yuv c = yuv_from_rgb(rgb);
  return {c.y, c.u, c.v};
}

test::Yuv centre(const Picture& p, const Tile& tile) {
  return at(p, tile.x + tile.width / 2, tile.y + tile.height / 2);
}

// Red, green, blue and yellow in the corners, from the upper left one on, clockwise.
std::shared_ptr<Picture> corners_picture(uint32_t width, uint32_t height) {
  auto p = test::flat_picture(width, height, kYellow);
  test::fill_rectangle(*p, 0, 0, width / 2, height / 2, kRed);
  test::fill_rectangle(*p, width / 2, 0, width / 2, height / 2, kGreen);
  test::fill_rectangle(*p, width / 2, height / 2, width / 2, height / 2, kBlue);
  return p;
}

// The colours a quarter in from each corner, clockwise from the upper left one.
bool has_corners(const Picture& p, const Tile& t, std::array<test::Yuv, 4> clockwise) {
  const uint32_t left = t.x + t.width / 4, right = t.x + t.width * 3 / 4, top = t.y + t.height / 4,
                 bottom = t.y + t.height * 3 / 4;
  return alike(at(p, left, top), clockwise[0]) && alike(at(p, right, top), clockwise[1]) &&
         alike(at(p, right, bottom), clockwise[2]) && alike(at(p, left, bottom), clockwise[3]);
}

Composition canvas_of(std::vector<TileContent> tiles) {
  Composition out;
  out.background = kBackground;
  out.border = 0x2A9D8F;
  out.border_width = 3;
  out.tiles = std::move(tiles);
  return out;
}

// The part of the canvas as a picture of its own.
std::shared_ptr<Picture> cut_out(const Picture& from, const Tile& tile) {
  auto out = Picture::make(tile.width, tile.height);
  const auto rows = [](const uint8_t* source, int stride, uint8_t* to, int to_stride, uint32_t width, uint32_t height) {
    for (uint32_t y = 0; y < height; ++y, source += stride, to += to_stride) std::copy_n(source, width, to);
  };
  const size_t chroma = tile.y / 2 * static_cast<size_t>(from.stride_uv()) + tile.x / 2;
  rows(from.y() + tile.y * static_cast<size_t>(from.stride_y()) + tile.x, from.stride_y(), out->y(), out->stride_y(),
       tile.width, tile.height);
  rows(from.u() + chroma, from.stride_uv(), out->u(), out->stride_uv(), tile.width / 2, tile.height / 2);
  rows(from.v() + chroma, from.stride_uv(), out->v(), out->stride_uv(), tile.width / 2, tile.height / 2);
  return out;
}

// The smallest rectangle that holds every luma sample in which two pictures of one size differ.
Rectangle difference(const Picture& a, const Picture& b) {
  uint32_t left = a.width(), top = a.height(), right = 0, bottom = 0;
  for (uint32_t y = 0; y < a.height(); ++y) {
    for (uint32_t x = 0; x < a.width(); ++x) {
      if (at(a, x, y) == at(b, x, y)) continue;
      left = std::min(left, x);
      right = std::max(right, x + 1);
      top = std::min(top, y);
      bottom = std::max(bottom, y + 1);
    }
  }
  return right == 0 ? Rectangle{} : Rectangle{left, top, right - left, bottom - top};
}

}  // namespace

TEST_CASE("an empty composition is the background all over", "[media][compositor]") {
  Composition composition = canvas_of({});
  composition.width = 322;
  composition.height = 182;
  const auto canvas = Compositor().compose(composition);
  CHECK(canvas->width() == 322);
  CHECK(canvas->height() == 182);
  CHECK(test::psnr(*canvas, *test::flat_picture(322, 182, colour(kBackground))) == 100);
}

TEST_CASE("each source stands where the layout says as people join, leave and the layout changes",
          "[media][compositor]") {
  // One compositor throughout, so that whatever it keeps would show in the wrong place.
  Compositor compositor;
  std::vector<LayoutSource> sources;
  std::vector<Tile> previous;
  LayoutSpec layout;
  const auto join = [&](uint64_t id) {
    sources.push_back({id, ParticipantId("p" + std::to_string(id)), false, true, false, 0});
  };
  const auto check = [&](LayoutKind kind) {
    layout.kind = kind;
    INFO(to_string(kind) << " of " << sources.size());
    previous = arrange(layout, 1280, 720, sources, previous);
    std::vector<TileContent> contents;
    for (const Tile& tile : previous) {
      contents.push_back({tile, test::flat_picture(640, 360, kColourBars[tile.source % 7]), "Somebody", false});
    }
    const auto canvas = compositor.compose(canvas_of(contents));
    REQUIRE(previous.size() == (kind == LayoutKind::kPip ? 2 : sources.size()));
    for (const Tile& tile : previous) {
      // The upper left quarter: the labels are below, and a picture in picture at the right.
      CHECK(alike(at(*canvas, tile.x + tile.width / 4, tile.y + tile.height / 4), kColourBars[tile.source % 7]));
    }
    if (kind == LayoutKind::kPip) return;
    uint64_t covered = 0, background = 0;
    for (const Tile& tile : previous) covered += uint64_t{tile.width} * tile.height;
    for (uint32_t y = 0; y < 720; ++y)
      for (uint32_t x = 0; x < 1280; ++x) background += at(*canvas, x, y) == colour(kBackground);
    CHECK(background >= 1280 * 720 - covered);
  };
  for (uint64_t id = 1; id <= 5; ++id) join(id);
  check(LayoutKind::kGrid);
  join(6);
  check(LayoutKind::kGrid);
  sources.erase(sources.begin() + 2);
  check(LayoutKind::kGrid);
  sources[3].speaking = true;
  check(LayoutKind::kSpeaker);
  sources[0].screen = true;
  check(LayoutKind::kSideBySide);
  check(LayoutKind::kPip);
  sources.resize(2);
  check(LayoutKind::kGrid);
}

TEST_CASE("rotation is honoured, by whatever way is cheaper", "[media][compositor]") {
  // Smaller than the picture: turned after scaling. Larger: before.
  for (const uint32_t size : {120u, 480u}) {
    const Tile tile{1, 40, 20, size, size, TileFit::kCrop};
    const auto composed = [&](Rotation rotation) {
      auto picture = corners_picture(240, 240);
      picture->rotation = rotation;
      return Compositor().compose(canvas_of({{tile, picture, "", false}}));
    };
    INFO(size);
    CHECK(has_corners(*composed(Rotation::k0), tile, {kRed, kGreen, kBlue, kYellow}));
    CHECK(has_corners(*composed(Rotation::k90), tile, {kYellow, kRed, kGreen, kBlue}));
    CHECK(has_corners(*composed(Rotation::k180), tile, {kBlue, kYellow, kRed, kGreen}));
    CHECK(has_corners(*composed(Rotation::k270), tile, {kGreen, kBlue, kYellow, kRed}));
  }
}

TEST_CASE("an upright picture is padded at the sides and cropped above and below", "[media][compositor]") {
  auto picture = corners_picture(640, 360);
  picture->rotation = Rotation::k90;
  const Tile pad{1, 0, 0, 640, 360, TileFit::kPad};
  const Tile crop{2, 640, 360, 640, 360, TileFit::kCrop};
  const auto canvas = Compositor().compose(canvas_of({{pad, picture, "", false}, {crop, picture, "", false}}));
  // 202 of 640 wide.
  CHECK(at(*canvas, 216, 180) == colour(kBackground));
  CHECK(alike(at(*canvas, 222, 40), kYellow));
  CHECK(alike(at(*canvas, 416, 320), kGreen));
  CHECK(at(*canvas, 422, 180) == colour(kBackground));
  CHECK(has_corners(*canvas, crop, {kYellow, kRed, kGreen, kBlue}));
}

TEST_CASE("cropping takes the middle, padding leaves bars of the background", "[media][compositor]") {
  // A wide picture: red at the left, green in the middle, blue at the right.
  auto picture = test::flat_picture(1280, 360, kGreen);
  test::fill_rectangle(*picture, 0, 0, 300, 360, kRed);
  test::fill_rectangle(*picture, 980, 0, 300, 360, kBlue);
  const Tile crop{1, 0, 0, 640, 360, TileFit::kCrop}, pad{2, 640, 0, 640, 360, TileFit::kPad};
  const auto canvas = Compositor().compose(canvas_of({{crop, picture, "", false}, {pad, picture, "", false}}));
  CHECK(alike(at(*canvas, 2, 180), kGreen));
  CHECK(alike(at(*canvas, 636, 180), kGreen));
  CHECK(at(*canvas, 960, 88) == colour(kBackground));
  CHECK(alike(at(*canvas, 960, 92), kGreen));
  CHECK(alike(at(*canvas, 642, 180), kRed));
  CHECK(alike(at(*canvas, 1276, 180), kBlue));
  CHECK(at(*canvas, 960, 272) == colour(kBackground));
}

TEST_CASE("a composed tile is the picture as scale() gives it", "[media][compositor]") {
  const auto picture = test::scene(640, 360, 5, 2);
  for (const Tile& tile :
       {Tile{1, 0, 0, 640, 360}, Tile{1, 320, 180, 320, 180}, Tile{1, 426, 240, 426, 240}, Tile{1, 960, 540, 320, 180},
        Tile{1, 0, 0, 960, 540}, Tile{1, 2, 4, 212, 120}, Tile{1, 0, 0, 1280, 720}}) {
    INFO(tile.width << 'x' << tile.height);
    const auto canvas = Compositor().compose(canvas_of({{tile, picture, "", false}}));
    CHECK(test::psnr(*cut_out(*canvas, tile), *scale(picture, tile.width, tile.height)) >= 45);
    const auto empty = Compositor().compose(canvas_of({}));
    const Rectangle changed = difference(*canvas, *empty);
    CHECK((changed.x >= tile.x && changed.x + changed.width <= tile.x + tile.width));
    CHECK((changed.y >= tile.y && changed.y + changed.height <= tile.y + tile.height));
  }
}

TEST_CASE("tiles that overlap are drawn in order, and a padded one hides what is below it", "[media][compositor]") {
  const Tile whole{1, 0, 0, 1280, 720}, small{2, 900, 500, 320, 180, TileFit::kPad};
  const auto canvas = Compositor().compose(canvas_of({{whole, test::flat_picture(640, 360, kRed), "", false},
                                                      {small, test::flat_picture(180, 180, kBlue), "", false}}));
  CHECK(alike(centre(*canvas, whole), kRed));
  CHECK(alike(centre(*canvas, small), kBlue));
  CHECK(at(*canvas, 902, 502) == colour(kBackground));
  CHECK(alike(at(*canvas, 898, 502), kRed));
}

TEST_CASE("a tile of nobody is not drawn, one outside the canvas is clipped", "[media][compositor]") {
  const auto picture = test::flat_picture(640, 360, kRed);
  const auto canvas =
      Compositor().compose(canvas_of({{Tile{0, 0, 0, 320, 180}, nullptr, "Nobody", true},
                                      {Tile{1, 1201, 701, 4000000000u, 4000000000u}, picture, "Far", true},
                                      {Tile{2, 4000000000u, 0, 100, 100}, picture, "Out", true},
                                      {Tile{3, 400, 400, 0, 100}, nullptr, "Thin", true}}));
  const auto empty = Compositor().compose(canvas_of({}));
  CHECK(difference(*canvas, *empty) == Rectangle{1200, 700, 80, 20});
}

TEST_CASE("who speaks has a border inside the tile, wider on a larger canvas", "[media][compositor]") {
  Composition composition = canvas_of({{Tile{1, 320, 180, 320, 180}, test::flat_picture(320, 180, kRed), "", true}});
  const auto canvas = Compositor().compose(composition);
  const test::Yuv border = colour(composition.border);
  for (auto [x, y] : {std::pair(320u, 180u), std::pair(639u, 359u), std::pair(323u, 270u), std::pair(636u, 270u),
                      std::pair(480u, 183u), std::pair(480u, 356u)}) {
    INFO(x << ',' << y);
    CHECK(at(*canvas, x, y) == border);
  }
  for (auto [x, y] : {std::pair(324u, 270u), std::pair(635u, 270u), std::pair(480u, 184u), std::pair(480u, 355u)})
    CHECK(alike(at(*canvas, x, y), kRed));
  CHECK(at(*canvas, 318, 270) == colour(kBackground));

  composition.width = 2560;
  composition.height = 1440;
  CHECK(at(*Compositor().compose(composition), 325, 270) == border);
  composition.border_width = 0;
  CHECK(alike(at(*Compositor().compose(composition), 320, 180), kRed));
}

TEST_CASE("a name changes pixels at the tile's lower left only, and the same ones each time", "[media][compositor]") {
  const Tile tile{1, 320, 180, 320, 180};
  const auto picture = test::flat_picture(320, 180, kGreen);
  Compositor compositor;
  const auto plain = compositor.compose(canvas_of({{tile, picture, "", false}}));
  const auto named = compositor.compose(canvas_of({{tile, picture, "Ada", false}}));
  const Rectangle box = difference(*plain, *named);
  CHECK(box.x >= tile.x + 4);
  CHECK(box.y + box.height <= tile.y + tile.height - 4);
  CHECK(box.x + box.width < tile.x + tile.width / 3);
  CHECK(box.y > tile.y + tile.height * 3 / 4);
  CHECK(box.width >= 24);
  CHECK(box.height >= 12);

  INFO("letters are white on a box that is darker than the picture and lets it through");
  uint8_t brightest = 0;
  for (uint32_t y = box.y; y < box.y + box.height; ++y)
    for (uint32_t x = box.x; x < box.x + box.width; ++x) brightest = std::max(brightest, at(*named, x, y).y);
  CHECK(brightest >= 200);
  const test::Yuv edge = at(*named, box.x + 3, box.y + box.height / 2);
  CHECK((edge.y < kGreen.y - 30 && edge.y > 16 && edge.u < 120));

  CHECK(test::psnr(*named, *compositor.compose(canvas_of({{tile, picture, "Ada", false}}))) == 100);
  CHECK(test::psnr(*named, *Compositor().compose(canvas_of({{tile, picture, "Ada", false}}))) == 100);
  CHECK(test::psnr(*named, *compositor.compose(canvas_of({{tile, picture, "Bob", false}}))) < 100);

  Composition without = canvas_of({{tile, picture, "Ada", false}});
  without.names = false;
  CHECK(test::psnr(*plain, *compositor.compose(without)) == 100);
}

TEST_CASE("a name longer than its tile ends inside it", "[media][compositor]") {
  const Tile tile{1, 320, 180, 160, 90};
  const auto picture = test::flat_picture(320, 180, kGreen);
  const auto plain = Compositor().compose(canvas_of({{tile, picture, "", false}}));
  const auto named = Compositor().compose(canvas_of({{tile, picture, std::string(250, 'W'), false}}));
  const Rectangle box = difference(*plain, *named);
  CHECK(box.width > 130);
  CHECK(box.x + box.width <= tile.x + tile.width - 4);
}

TEST_CASE("names of any bytes in tiles of any size are drawn within their tile", "[media][compositor]") {
  std::vector<std::string> names = {"עֲדִינָה כהן",
                                    "محمد العربي",
                                    "😀👨‍👩‍👧‍👦🏳️‍🌈",
                                    "李小龍 नरेन्द्र ทดสอบ",
                                    "\u202Etxt.exe\u202C\u2066abc",
                                    "a\nb\r\tc\u2028d\u0000e",
                                    "\xff\xfe\xc3",
                                    "\xed\xa0\x80\xf4\x90\x80\x80",
                                    std::string(5000, '\xf0'),
                                    std::string("nul\0l", 5),
                                    "\u200b\u2060\ufeff",
                                    "   ",
                                    "<b>&amp;</b>",
                                    "\U000E0001\U000E0020\uE000"};
  std::string marks = "Z";
  for (int i = 0; i < 100; ++i) marks += "\u0336\u0315";
  names.push_back(marks);
  SeededRandom random(5);
  for (int i = 0; i < 40; ++i) {
    std::string name(random.below(300), '\0');
    random.fill({reinterpret_cast<uint8_t*>(name.data()), name.size()});
    names.push_back(name);
  }
  Compositor compositor;
  const auto empty = compositor.compose(canvas_of({}));
  const auto picture = test::flat_picture(64, 36, kGreen);
  for (size_t i = 0; i < names.size(); ++i) {
    const uint32_t width = 2 + 2 * static_cast<uint32_t>(random.below(200)),
                   height = 2 + 2 * static_cast<uint32_t>(random.below(100));
    const Tile tile{1, 300, 200, width, height};
    INFO(i << ": " << width << 'x' << height);
    for (const bool still : {false, true}) {
      const auto canvas = compositor.compose(canvas_of({{tile, still ? nullptr : picture, names[i], true}}));
      REQUIRE(difference(*canvas, *empty) == Rectangle{300, 200, width, height});
    }
  }
}

TEST_CASE("names are cut to valid text on one line", "[media][compositor]") {
  CHECK(clean_name("Ada Lovelace") == "Ada Lovelace");
  CHECK(clean_name("  Ada \t\n Lovelace  ") == "Ada Lovelace");
  CHECK(clean_name("\u202Eevil\u202C\u200F") == "evil");
  CHECK(clean_name("a\u2028b") == "a b");
  CHECK(clean_name("a\xff"
                   "b") == "a\uFFFDb");
  CHECK(clean_name("👨‍👩‍👧") == "👨‍👩‍👧");
  CHECK(clean_name("\u200b\u0001 \ufeff").empty());
  INFO("no character is cut in two by the limit");
  CHECK(clean_name(std::string(255, 'x') + "é") == std::string(255, 'x'));
  CHECK(clean_name(std::string(254, 'x') + "é") == std::string(254, 'x') + "é");
  CHECK(clean_name(std::string(253, 'x') + "😀") == std::string(253, 'x'));
  CHECK(clean_name(std::string(1000, 'x')) == std::string(256, 'x'));
}

TEST_CASE("initials are the first characters of the first and the last word", "[media][compositor]") {
  CHECK(initials_of("ada king lovelace") == "A\u200CL");
  CHECK(initials_of("zoë") == "Z");
  CHECK(initials_of("élan") == "É");
  CHECK(initials_of("e\u0301lan") == "E\u0301");
  CHECK(initials_of("👨‍👩‍👧 family") ==
        "👨‍👩‍👧\u200C"
        "F");
  CHECK(initials_of("\xff\xff bob") == "B");
  CHECK(initials_of("").empty());
  CHECK(initials_of(" \n ").empty());
}

TEST_CASE("who has no camera has a still in colours of the name", "[media][compositor]") {
  const Tile left{1, 0, 180, 640, 360}, right{2, 640, 180, 640, 360};
  const auto composed = [&](const std::string& a, const std::string& b) {
    Composition composition = canvas_of({{left, nullptr, a, false}, {right, nullptr, b, false}});
    composition.names = false;
    return Compositor().compose(composition);
  };
  const auto canvas = composed("Ada Lovelace", "Grace Hopper");
  const StillColours ada = still_colours("Ada Lovelace");
  CHECK(alike(at(*canvas, 10, 190), colour(ada.ground)));
  CHECK(alike(at(*canvas, 320, 360 - 85), colour(ada.disc)));
  CHECK(alike(at(*canvas, 650, 190), colour(still_colours("Grace Hopper").ground)));
  CHECK(colour(ada.ground).y < 80);
  uint32_t white = 0;
  for (uint32_t y = 320; y < 400; ++y)
    for (uint32_t x = 270; x < 370; ++x) white += at(*canvas, x, y).y > 200;
  CHECK(white > 500);
  CHECK(test::psnr(*cut_out(*canvas, left), *cut_out(*composed("Grace Hopper", "Ada Lovelace"), right)) == 100);
  CHECK(test::psnr(*cut_out(*canvas, left), *cut_out(*composed("", "Ada Lovelace"), left)) < 40);
}

TEST_CASE("what was drawn is kept within its limit, the latest used longest", "[media][compositor]") {
  DrawingCache<int> cache(100);
  int drawn = 0;
  const auto get = [&](const std::string& name) {
    return cache.get({name, 2, 2}, [&] { return std::pair(++drawn, size_t{40}); });
  };
  CHECK(get("a") == 1);
  CHECK(get("b") == 2);
  CHECK(get("a") == 1);
  CHECK(get("c") == 3);
  CHECK(cache.bytes() == 80);
  CHECK(get("a") == 1);
  CHECK(get("b") == 4);
  CHECK(cache.size() == 2);
  INFO("what is larger than the limit is kept alone, until the next one comes");
  CHECK(cache.get({"large", 2, 2}, [] { return std::pair(9, size_t{1000}); }) == 9);
  CHECK(cache.size() == 1);
  CHECK(get("a") == 5);
  CHECK(cache.bytes() == 40);
}
