#include <catch2/catch.hpp>

#include "api/command_reader.hpp"

using namespace tutti;
using namespace tutti::api;

namespace {

Read<room::SetLayout> read(std::string_view body) { return read_layout(body, RoomId("r"), "stage"); }

// Where the mistakes are.
std::vector<std::string> pointers(std::string_view body) {
  std::vector<std::string> out;
  const auto layout = read(body);
  if (layout) return out;
  for (const FieldError& e : layout.error().errors) out.push_back(e.pointer);
  return out;
}
std::vector<std::string> only(std::string pointer) { return {std::move(pointer)}; }

std::string custom(const std::string& rectangles) {
  return R"({"kind": "custom", "rectangles": [)" + rectangles + "]}";
}

}  // namespace

TEST_CASE("a layout without fields is the default one", "[api][commands][layout]") {
  const auto command = read("{}");
  REQUIRE(command.has_value());
  CHECK(command->room == RoomId("r"));
  CHECK(command->name == "stage");
  CHECK(command->layout == room::Layout{});
}

TEST_CASE("a layout is read with all its fields", "[api][commands][layout]") {
  const auto command = read(R"({"kind": "side-by-side", "fit": "pad", "names": false, "background": "#000000",
      "border": "#fFa001", "border_width": 0, "max_tiles": 49, "self": "hide"})");
  REQUIRE(command.has_value());
  const video::LayoutSpec& spec = command->layout.spec;
  CHECK(spec.kind == video::LayoutKind::kSideBySide);
  CHECK(spec.rectangles.empty());
  CHECK(spec.fit == video::TileFit::kPad);
  CHECK_FALSE(spec.names);
  CHECK(spec.background == 0);
  CHECK(spec.border == 0xFFA001);
  CHECK(spec.border_width == 0);
  CHECK(spec.max_tiles == 49);
  CHECK(command->layout.hide_self);
}

TEST_CASE("each kind of layout has its name", "[api][commands][layout]") {
  using Kind = video::LayoutKind;
  for (const auto& [name, kind] : {std::pair("grid", Kind::kGrid), std::pair("speaker", Kind::kSpeaker),
                                   std::pair("spotlight", Kind::kSpotlight), std::pair("pip", Kind::kPip)}) {
    const auto command = read(R"({"kind": ")" + std::string(name) + "\"}");
    REQUIRE(command.has_value());
    CHECK(command->layout.spec.kind == kind);
  }
  CHECK(pointers(R"({"kind": "mosaic"})") == only("/kind"));
  CHECK(pointers(R"({"kind": null})") == only("/kind"));
  // Whether rectangles belong to it cannot be said.
  CHECK(pointers(R"({"kind": "mosaic", "rectangles": []})") == std::vector<std::string>{"/kind", "/rectangles"});
}

TEST_CASE("the rectangles of a custom layout are read in their order", "[api][commands][layout]") {
  const auto command = read(custom(R"({"x": 0, "y": 0, "width": 1, "height": 1},
      {"x": 0.75, "y": 0.5, "width": 0.25, "height": 0.5, "participant": "ada"})"));
  REQUIRE(command.has_value());
  const auto& rectangles = command->layout.spec.rectangles;
  REQUIRE(rectangles.size() == 2);
  CHECK(rectangles[0] == video::LayoutRectangle{});
  CHECK(rectangles[1] == video::LayoutRectangle{0.75, 0.5, 0.25, 0.5, ParticipantId("ada")});
}

TEST_CASE("somebody may have a rectangle for the camera and one for the screen", "[api][commands][layout]") {
  const std::string ada = R"({"x": 0, "y": 0, "width": 0.5, "height": 0.5, "participant": "ada"})";
  CHECK(pointers(custom(ada + "," + ada)).empty());
}

TEST_CASE("thirds fill the canvas although they do not add up, and none leaves it", "[api][commands][layout]") {
  const auto command = read(custom(R"({"x": 0.66666667, "y": 0.1, "width": 0.33333334, "height": 0.9})"));
  REQUIRE(command.has_value());
  const video::LayoutRectangle& r = command->layout.spec.rectangles[0];
  CHECK(r.x + r.width <= 1);
  CHECK(r.y + r.height <= 1);
  CHECK(r.width == Approx(0.33333333).epsilon(1e-7));
}

TEST_CASE("each mistake in a rectangle is named by its pointer", "[api][commands][layout]") {
  const std::string good = R"({"x": 0, "y": 0, "width": 0.5, "height": 0.5})";
  CHECK(pointers(custom(good)).empty());
  CHECK(pointers(custom("")) == only("/rectangles"));
  CHECK(pointers(custom("5")) == only("/rectangles/0"));
  CHECK(pointers(custom(R"({"x": 0, "width": 0.5, "height": 0.5})")) == only("/rectangles/0/y"));
  CHECK(pointers(custom(R"({"x": -0.1, "y": 1.1, "width": 0, "height": "1"})")) ==
        std::vector<std::string>{"/rectangles/0/x", "/rectangles/0/width", "/rectangles/0/y", "/rectangles/0/height"});
  CHECK(pointers(custom(R"({"x": 0.6, "y": 0, "width": 0.5, "height": 0.5})")) == only("/rectangles/0/width"));
  CHECK(pointers(custom(R"({"x": 0, "y": 0.51, "width": 0.5, "height": 0.5})")) == only("/rectangles/0/height"));
  CHECK(pointers(custom(R"({"x": 1e999, "y": 0, "width": 0.5, "height": 0.5})")) == only("/rectangles/0/x"));
  CHECK(pointers(custom(R"({"x": 0, "y": 0, "width": 1e-300, "height": 0.5})")) == only("/rectangles/0/width"));
  CHECK(pointers(custom(R"({"x": 0, "y": 0, "width": 0.5, "height": 0.5, "z": 1})")) == only("/rectangles/0/z"));
  CHECK(pointers(custom(R"({"x": 0, "y": 0, "width": 0.5, "height": 0.5, "participant": "a b"})")) ==
        only("/rectangles/0/participant"));
  std::string many = good;
  for (int i = 1; i < 49; ++i) many += "," + good;
  REQUIRE(read(custom(many)).has_value());
  CHECK(read(custom(many))->layout.spec.max_tiles == 49);
  CHECK(pointers(custom(many + "," + good)) == only("/rectangles"));
}

TEST_CASE("rectangles stand with the kind custom, and only there", "[api][commands][layout]") {
  CHECK(pointers(R"({"kind": "custom"})") == only("/rectangles"));
  CHECK(pointers(R"({"kind": "grid", "rectangles": [{"x": 0, "y": 0, "width": 1, "height": 1}]})") ==
        only("/rectangles"));
  CHECK(pointers(R"({"rectangles": [{"x": 0, "y": 0, "width": 1, "height": 1}]})") == only("/rectangles"));
}

TEST_CASE("each mistake in a layout is named by its pointer", "[api][commands][layout]") {
  CHECK(pointers("[]") == only(""));
  CHECK(pointers(R"({"fit": "stretch"})") == only("/fit"));
  CHECK(pointers(R"({"names": "yes"})") == only("/names"));
  for (const char* colour : {"16181d", "#16181", "#16181d0", "#16181g", "#-6181d", "#0x181d", "# 6181d", "", "red"}) {
    INFO(colour);
    CHECK(pointers(R"({"background": ")" + std::string(colour) + "\"}") == only("/background"));
  }
  CHECK(pointers(R"({"border": 16777215})") == only("/border"));
  CHECK(pointers(R"({"border_width": 17})") == only("/border_width"));
  CHECK(pointers(R"({"border_width": 1.5})") == only("/border_width"));
  CHECK(pointers(R"({"max_tiles": 0})") == only("/max_tiles"));
  CHECK(pointers(R"({"max_tiles": 50})") == only("/max_tiles"));
  CHECK(pointers(R"({"self": true})") == only("/self"));
  CHECK(pointers(R"({"self": "mirror"})") == only("/self"));
  CHECK(pointers(R"({"watchers": 0})") == only("/watchers"));
  CHECK(pointers(R"({"name": "stage"})") == only("/name"));
}
