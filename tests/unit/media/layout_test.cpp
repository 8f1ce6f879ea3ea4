#include "tutti/media/video/layout.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "tutti/base/random.hpp"

using namespace tutti;
using namespace tutti::video;

namespace {

LayoutSource camera(uint64_t id, int64_t last_spoke_us = 0, bool speaking = false) {
  LayoutSource out;
  out.id = id;
  out.participant = ParticipantId("p" + std::to_string(id));
  out.last_spoke_us = last_spoke_us;
  out.speaking = speaking;
  return out;
}

LayoutSource screen(uint64_t id) {
  LayoutSource out = camera(id);
  out.screen = true;
  return out;
}

std::vector<LayoutSource> cameras(uint64_t count) {
  std::vector<LayoutSource> out;
  for (uint64_t id = 1; id <= count; ++id) out.push_back(camera(id));
  return out;
}

LayoutSpec of_kind(LayoutKind kind) {
  LayoutSpec out;
  out.kind = kind;
  out.max_tiles = kMaxTiles;
  return out;
}

std::vector<Tile> arrange_720(LayoutKind kind, const std::vector<LayoutSource>& sources,
                              const std::vector<Tile>& previous = {}) {
  return arrange(of_kind(kind), 1280, 720, sources, previous);
}

std::vector<uint64_t> shown(const std::vector<Tile>& tiles) {
  std::vector<uint64_t> out;
  for (const Tile& tile : tiles) out.push_back(tile.source);
  return out;
}

bool overlap(const Tile& a, const Tile& b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

constexpr LayoutKind kAllKinds[] = {LayoutKind::kGrid,       LayoutKind::kSpeaker, LayoutKind::kSpotlight,
                                    LayoutKind::kSideBySide, LayoutKind::kPip,     LayoutKind::kCustom};

LayoutSpec random_spec(SeededRandom& random) {
  LayoutSpec spec;
  spec.kind = kAllKinds[random.below(6)];
  spec.fit = random.below(2) ? TileFit::kCrop : TileFit::kPad;
  spec.max_tiles = static_cast<uint8_t>(random.below(60));
  for (uint64_t i = random.below(kMaxTiles) + 1; i > 0; --i) {
    LayoutRectangle rectangle{random.unit(), random.unit(), random.unit(), random.unit(), {}};
    if (random.below(3) == 0) rectangle.participant = ParticipantId("p" + std::to_string(random.below(60)));
    spec.rectangles.push_back(rectangle);
  }
  return spec;
}

std::vector<LayoutSource> random_sources(SeededRandom& random) {
  std::vector<LayoutSource> out = cameras(random.below(60));
  for (LayoutSource& source : out) {
    source.screen = random.below(12) == 0;
    source.has_video = random.below(4) != 0;
    source.speaking = random.below(10) == 0;
    if (random.below(2)) source.last_spoke_us = static_cast<int64_t>(random.below(1000));
  }
  return out;
}

size_t places_of(const LayoutSpec& spec) {
  const size_t limit = std::min<size_t>(spec.max_tiles, kMaxTiles);
  switch (spec.kind) {
    case LayoutKind::kSpotlight:
      return std::min<size_t>(limit, 1);
    case LayoutKind::kPip:
      return std::min<size_t>(limit, 2);
    case LayoutKind::kGrid:
    case LayoutKind::kSpeaker:
    case LayoutKind::kSideBySide:
    case LayoutKind::kCustom:
      return limit;
  }
  return 0;
}

}  // namespace

TEST_CASE("tiles of any arrangement are even, inside the canvas, and beside each other", "[media][layout]") {
  const uint64_t seed = 20260;
  INFO("seed " << seed);
  SeededRandom random(seed);
  std::vector<Tile> previous;
  for (int round = 0; round < 3000; ++round) {
    const LayoutSpec spec = random_spec(random);
    const std::vector<LayoutSource> sources = random_sources(random);
    const uint32_t width = 160 + static_cast<uint32_t>(random.below(1800)),
                   height = 160 + static_cast<uint32_t>(random.below(1000));
    INFO("round " << round << ' ' << to_string(spec.kind) << ' ' << sources.size() << " on " << width << 'x' << height);
    const std::vector<Tile> tiles = arrange(spec, width, height, sources, previous);
    REQUIRE(arrange(spec, width, height, sources, previous) == tiles);

    std::set<uint64_t> once;
    size_t filled = 0;
    for (const Tile& tile : tiles) {
      REQUIRE((tile.x % 2 == 0 && tile.y % 2 == 0 && tile.width % 2 == 0 && tile.height % 2 == 0));
      REQUIRE(tile.x + tile.width <= width);
      REQUIRE(tile.y + tile.height <= height);
      if (tile.source == 0) continue;
      REQUIRE((tile.width >= 2 && tile.height >= 2));
      REQUIRE(once.insert(tile.source).second);
      const LayoutSource& source = sources[tile.source - 1];
      REQUIRE(tile.fit == (source.screen ? TileFit::kPad : spec.fit));
      ++filled;
    }
    if (spec.kind == LayoutKind::kCustom) {
      REQUIRE(tiles.size() == std::min(places_of(spec), spec.rectangles.size()));
    } else {
      REQUIRE(tiles.size() == std::min(places_of(spec), sources.size()));
      REQUIRE(filled == tiles.size());
    }
    if (spec.kind != LayoutKind::kCustom && spec.kind != LayoutKind::kPip) {
      for (size_t i = 0; i < tiles.size(); ++i)
        for (size_t k = i + 1; k < tiles.size(); ++k) REQUIRE_FALSE(overlap(tiles[i], tiles[k]));
    }
    // As nothing happened, nothing moves.
    REQUIRE(arrange(spec, width, height, sources, tiles) == tiles);
    previous = tiles;
  }
}

TEST_CASE("a canvas too small for its tiles gives tiles of no size, and nothing outside", "[media][layout]") {
  for (uint32_t size = 0; size < 40; ++size) {
    for (LayoutKind kind : kAllKinds) {
      LayoutSpec spec = of_kind(kind);
      spec.rectangles = {{}, {0.5, 0.5, 0.5, 0.5, {}}};
      for (const Tile& tile : arrange(spec, size, size + 1, cameras(49), {})) {
        REQUIRE(tile.x + tile.width <= size);
        REQUIRE(tile.y + tile.height <= size + 1);
      }
    }
  }
}

TEST_CASE("each kind has a name", "[media][layout]") {
  for (LayoutKind kind : kAllKinds) CHECK(layout_kind_from_name(to_string(kind)) == kind);
  CHECK(to_string(LayoutKind::kSideBySide) == "side-by-side");
  CHECK_FALSE(layout_kind_from_name("mosaic"));
  CHECK_FALSE(layout_kind_from_name(""));
}

TEST_CASE("nobody and max_tiles of 0 give no tile", "[media][layout]") {
  for (LayoutKind kind : kAllKinds) {
    CHECK(arrange_720(kind, {}).empty());
    LayoutSpec none = of_kind(kind);
    none.max_tiles = 0;
    CHECK(arrange(none, 1280, 720, cameras(3), {}).empty());
  }
}

TEST_CASE("a grid has the largest tiles, and its last row is centred", "[media][layout]") {
  CHECK(arrange_720(LayoutKind::kGrid, cameras(1)) == std::vector<Tile>{{1, 0, 0, 1280, 720}});
  CHECK(arrange_720(LayoutKind::kGrid, cameras(2)) ==
        std::vector<Tile>{{1, 0, 180, 640, 360}, {2, 640, 180, 640, 360}});
  CHECK(arrange_720(LayoutKind::kGrid, cameras(3)) ==
        std::vector<Tile>{{1, 0, 0, 640, 360}, {2, 640, 0, 640, 360}, {3, 320, 360, 640, 360}});
  CHECK(arrange_720(LayoutKind::kGrid, cameras(5)) == std::vector<Tile>{{1, 0, 120, 426, 240},
                                                                        {2, 426, 120, 426, 240},
                                                                        {3, 852, 120, 426, 240},
                                                                        {4, 214, 360, 426, 240},
                                                                        {5, 640, 360, 426, 240}});
  const auto nine = arrange_720(LayoutKind::kGrid, cameras(9));
  CHECK(nine[4] == Tile{5, 426, 240, 426, 240});
  CHECK(nine[8] == Tile{9, 852, 480, 426, 240});
  const auto sixteen = arrange_720(LayoutKind::kGrid, cameras(16));
  CHECK(sixteen[5] == Tile{6, 320, 180, 320, 180});
  CHECK(arrange_720(LayoutKind::kGrid, cameras(25))[24] == Tile{25, 1024, 576, 256, 144});
  CHECK(arrange_720(LayoutKind::kGrid, cameras(49)).size() == 49);
}

TEST_CASE("on an upright canvas the grid is upright", "[media][layout]") {
  CHECK(arrange(of_kind(LayoutKind::kGrid), 720, 1280, cameras(2), {}) ==
        std::vector<Tile>{{1, 0, 234, 720, 406}, {2, 0, 640, 720, 406}});
}

TEST_CASE("the speaker is large, the others stand in a strip or around", "[media][layout]") {
  CHECK(arrange_720(LayoutKind::kSpeaker, cameras(3)) ==
        std::vector<Tile>{{1, 160, 0, 960, 540}, {2, 320, 540, 320, 180}, {3, 640, 540, 320, 180}});
  const auto eight = arrange_720(LayoutKind::kSpeaker, cameras(8));
  CHECK(eight[0] == Tile{1, 0, 0, 960, 540});
  CHECK(eight[1] == Tile{2, 960, 0, 320, 180});
  CHECK(eight[4] == Tile{5, 0, 540, 320, 180});
  CHECK(eight[7] == Tile{8, 960, 540, 320, 180});
  CHECK(arrange_720(LayoutKind::kSpeaker, cameras(6))[0] == Tile{1, 0, 0, 852, 480});
}

TEST_CASE("spotlight shows one, picture in picture two", "[media][layout]") {
  CHECK(arrange_720(LayoutKind::kSpotlight, {camera(1), camera(2, 50), camera(3)}) ==
        std::vector<Tile>{{2, 0, 0, 1280, 720}});
  CHECK(arrange_720(LayoutKind::kPip, {camera(1), camera(2, 50), camera(3, 20)}) ==
        std::vector<Tile>{{2, 0, 0, 1280, 720}, {3, 940, 520, 320, 180}});
}

TEST_CASE("a shared screen takes the large tile, padded", "[media][layout]") {
  const std::vector<LayoutSource> sources = {camera(1), camera(2, 50, true), screen(3), camera(4)};
  CHECK(arrange_720(LayoutKind::kSideBySide, sources) == std::vector<Tile>{{3, 0, 0, 960, 720, TileFit::kPad},
                                                                           {1, 960, 90, 320, 180},
                                                                           {2, 960, 270, 320, 180},
                                                                           {4, 960, 450, 320, 180}});
  for (LayoutKind kind : {LayoutKind::kSpeaker, LayoutKind::kSpotlight, LayoutKind::kPip}) {
    const auto tiles = arrange_720(kind, sources);
    CHECK(tiles[0].source == 3);
    CHECK(tiles[0].fit == TileFit::kPad);
  }
  CHECK(arrange_720(LayoutKind::kPip, sources)[1].source == 2);

  SECTION("the one that stands there stays, else the newest comes") {
    const std::vector<LayoutSource> two = {screen(1), camera(2), screen(3)};
    CHECK(arrange_720(LayoutKind::kSideBySide, two)[0].source == 3);
    CHECK(arrange_720(LayoutKind::kSideBySide, two, {{1, 0, 0, 960, 720}})[0].source == 1);
  }
  SECTION("without a screen, side by side is the speaker's layout") {
    CHECK(arrange_720(LayoutKind::kSideBySide, cameras(6)) == arrange_720(LayoutKind::kSpeaker, cameras(6)));
  }
}

TEST_CASE("the large tile follows the speaker, and the two change places", "[media][layout]") {
  auto sources = cameras(5);
  auto tiles = arrange_720(LayoutKind::kSpeaker, sources);
  REQUIRE(shown(tiles) == std::vector<uint64_t>{1, 2, 3, 4, 5});

  sources[3] = camera(4, 100, true);
  tiles = arrange_720(LayoutKind::kSpeaker, sources, tiles);
  CHECK(shown(tiles) == std::vector<uint64_t>{4, 2, 3, 1, 5});

  INFO("another who begins does not displace one who is speaking");
  sources[1] = camera(2, 120, true);
  tiles = arrange_720(LayoutKind::kSpeaker, sources, tiles);
  CHECK(shown(tiles) == std::vector<uint64_t>{4, 2, 3, 1, 5});

  INFO("but does once that one is silent");
  sources[3] = camera(4, 130, false);
  tiles = arrange_720(LayoutKind::kSpeaker, sources, tiles);
  CHECK(shown(tiles) == std::vector<uint64_t>{2, 4, 3, 1, 5});

  INFO("and stays when all are silent");
  sources[1] = camera(2, 140, false);
  CHECK(shown(arrange_720(LayoutKind::kSpeaker, sources, tiles)) == std::vector<uint64_t>{2, 4, 3, 1, 5});
}

TEST_CASE("who is shown keeps the place when others come and go", "[media][layout]") {
  auto sources = cameras(4);
  auto tiles = arrange_720(LayoutKind::kGrid, sources);
  sources.erase(sources.begin() + 1);
  tiles = arrange_720(LayoutKind::kGrid, sources, tiles);
  CHECK(shown(tiles) == std::vector<uint64_t>{1, 4, 3});
  sources.push_back(camera(9));
  tiles = arrange_720(LayoutKind::kGrid, sources, tiles);
  CHECK(shown(tiles) == std::vector<uint64_t>{1, 4, 3, 9});
}

TEST_CASE("with more sources than places a speaker displaces who has been silent longest", "[media][layout]") {
  LayoutSpec spec = of_kind(LayoutKind::kGrid);
  spec.max_tiles = 3;
  std::vector<LayoutSource> sources = {camera(1, 10), camera(2, 30), camera(3, 20), camera(4), camera(5)};
  auto tiles = arrange(spec, 1280, 720, sources, {});
  CHECK(shown(tiles) == std::vector<uint64_t>{1, 2, 3});
  sources[4] = camera(5, 40, true);
  tiles = arrange(spec, 1280, 720, sources, tiles);
  CHECK(shown(tiles) == std::vector<uint64_t>{5, 2, 3});

  INFO("of those who never spoke, a camera goes before a still");
  std::vector<LayoutSource> silent = cameras(4);
  silent[0].has_video = false;
  CHECK(shown(arrange(spec, 1280, 720, silent, {})) == std::vector<uint64_t>{2, 3, 4});
}

TEST_CASE("custom rectangles are filled by those they are for, the rest in order", "[media][layout]") {
  LayoutSpec spec = of_kind(LayoutKind::kCustom);
  spec.rectangles = {{0, 0, 1, 1, {}},
                     {0.75, 0, 0.25, 0.25, ParticipantId("p3")},
                     {0.75, 0.25, 0.25, 0.25, ParticipantId("away")},
                     {-0.5, 0.5, 0.75, 2, {}},
                     {0.9, 0.9, 0, 0.1, {}}};
  LayoutSource shared = screen(7);
  shared.participant = ParticipantId("p3");
  const auto tiles = arrange(spec, 1280, 720, {shared, camera(1), camera(2), camera(3)}, {});
  REQUIRE(tiles.size() == 5);
  CHECK(tiles[1] == Tile{3, 960, 0, 320, 180});
  CHECK(tiles[2] == Tile{0, 960, 180, 320, 180});
  CHECK(tiles[3] == Tile{1, 0, 360, 320, 360});
  CHECK(tiles[4].source == 0);
  CHECK(tiles[4].width == 0);
  INFO("a screen that is in nobody's rectangle stands where it came first");
  CHECK(tiles[0] == Tile{7, 0, 0, 1280, 720, TileFit::kPad});

  const double nan = std::nan("");
  spec.rectangles = {{nan, nan, nan, nan, {}}, {1e300, 0, 1e300, 1, {}}, {0, 0, 1e300, 1e300, {}}};
  const auto odd = arrange(spec, 1280, 720, cameras(3), {});
  CHECK(shown(odd) == std::vector<uint64_t>{0, 0, 1});
  CHECK(odd[2] == Tile{1, 0, 0, 1280, 720});
}

TEST_CASE("custom neighbours meet, whatever the rounding", "[media][layout]") {
  LayoutSpec spec = of_kind(LayoutKind::kCustom);
  spec.rectangles = {{0, 0, 1.0 / 3, 1, {}}, {1.0 / 3, 0, 1.0 / 3, 1, {}}, {2.0 / 3, 0, 1.0 / 3, 1, {}}};
  const auto tiles = arrange(spec, 1280, 720, cameras(3), {});
  CHECK(tiles[1].x == tiles[0].x + tiles[0].width);
  CHECK(tiles[2].x == tiles[1].x + tiles[1].width);
  CHECK(tiles[2].x + tiles[2].width == 1280);
}
