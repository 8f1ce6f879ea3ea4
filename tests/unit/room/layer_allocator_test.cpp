#include "tutti/room/layer_allocator.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tutti/base/random.hpp"

namespace tutti::room {
namespace {

Rid rid(const char* text) { return *Rid::make(text); }

// Layers q, h and f; a letter of `active` for each that sends, of `wanted` for each that was asked for just now.
std::vector<LayerState> three(const std::string& active, const std::string& wanted = "", bool heights = true) {
  std::vector<LayerState> layers;
  uint32_t height = 180;
  for (const char* name : {"q", "h", "f"}) {
    layers.push_back({rid(name), heights ? std::optional(height) : std::nullopt, active.find(name) != std::string::npos,
                      wanted.find(name) != std::string::npos});
    height *= 2;
  }
  return layers;
}

TEST_CASE("a wish names the ideal layer", "[room][allocator]") {
  struct Row {
    std::optional<Rid> rid;
    std::optional<uint16_t> max_height;
    int ideal;
  };
  const Row row = GENERATE(values<Row>({
      {{}, {}, 2},  // nothing asked for: the highest
      {rid("q"), {}, 0},
      {rid("h"), {}, 1},
      {rid("f"), {}, 2},
      {rid("h"), 1080, 1},  // a rid outweighs a height
      {rid("unknown"), {}, 2},
      {rid("unknown"), 200, 2},
      {{}, 1080, 2},
      {{}, 720, 2},
      {{}, 719, 1},
      {{}, 360, 1},
      {{}, 359, 0},
      {{}, 180, 0},
      {{}, 10, 0},  // none is that low: the lowest
  }));
  CAPTURE(row.max_height.value_or(0), row.rid ? row.rid->view() : "");
  for (const bool heights : {true, false}) {
    const auto choice = choose_layer(three("qhf", "", heights), row.rid, row.max_height);
    CHECK(choice.ideal == row.ideal);
    CHECK(choice.now == row.ideal);
  }
}

TEST_CASE("a layer that does not send is stood in for by the next lower, else the next higher", "[room][allocator]") {
  struct Row {
    const char* active;
    const char* wanted;
    const char* rid;
    int now;
  };
  const Row row = GENERATE(values<Row>({
      {"qhf", "", "f", 2},
      {"qh", "", "f", 1},
      {"q", "", "f", 0},
      {"", "", "f", 2},  // nothing sends: wait for what is wanted
      {"hf", "", "q", 1},
      {"f", "", "q", 2},
      {"qf", "", "h", 0},
      {"f", "", "h", 2},
      {"q", "f", "f", 2},  // it has been asked for and may yet come
      {"q", "h", "f", 0},  // of no help while it does not send
      {"", "h", "f", 2},
  }));
  CAPTURE(row.active, row.wanted, row.rid);
  const auto choice = choose_layer(three(row.active, row.wanted), rid(row.rid), {});
  CHECK(choice.ideal == std::string("qhf").find(row.rid));
  CHECK(choice.now == row.now);
}

TEST_CASE("heights that are known outweigh the guess", "[room][allocator]") {
  auto layers = three("qhf");
  layers[2].height = 1080;
  CHECK(choose_layer(layers, {}, 720).ideal == 1);
  layers[2].height = 540;
  CHECK(choose_layer(layers, {}, 720).ideal == 2);
}

TEST_CASE("a track of one layer has no choice", "[room][allocator]") {
  const std::vector<LayerState> one{{Rid(), std::nullopt, false, false}};
  for (const std::optional<uint16_t> height : {std::optional<uint16_t>(), std::optional<uint16_t>(90)}) {
    const auto choice = choose_layer(one, {}, height);
    CHECK(choice.ideal == 0);
    CHECK(choice.now == 0);
  }
}

TEST_CASE("whatever is asked for, the choice is the best that sends", "[room][allocator]") {
  SeededRandom random(7);
  for (int i = 0; i < 2000; ++i) {
    std::vector<LayerState> layers;
    const auto count = 1 + random.below(4);
    uint32_t height = 90;
    for (uint64_t l = 0; l < count; ++l) {
      height += static_cast<uint32_t>(1 + random.below(400));
      layers.push_back({rid(std::string(1, static_cast<char>('a' + l)).c_str()), height, random.below(2) == 0,
                        random.below(6) == 0});
    }
    std::optional<uint16_t> lower, higher;
    lower = static_cast<uint16_t>(random.below(1500));
    higher = static_cast<uint16_t>(*lower + random.below(500));

    const auto choice = choose_layer(layers, {}, lower);
    REQUIRE(choice.ideal < count);
    REQUIRE(choice.now < count);
    // A higher limit never means a lower layer.
    REQUIRE(choose_layer(layers, {}, higher).ideal >= choice.ideal);
    REQUIRE((choice.ideal == 0 || *layers[choice.ideal].height <= *lower));
    REQUIRE((choice.ideal + 1u == count || *layers[choice.ideal + 1].height > *lower));
    const auto& now = layers[choice.now];
    if (choice.now == choice.ideal) continue;
    REQUIRE(now.active);
    REQUIRE(!layers[choice.ideal].active);
    REQUIRE(!layers[choice.ideal].just_wanted);
    // None nearer on the same side; above only if there is nothing below.
    for (uint64_t l = 0; l < count; ++l) {
      if (choice.now < choice.ideal) REQUIRE(!(layers[l].active && l > choice.now && l < choice.ideal));
      if (choice.now > choice.ideal) REQUIRE(!(layers[l].active && l < choice.now));
    }
  }
}

}  // namespace
}  // namespace tutti::room
