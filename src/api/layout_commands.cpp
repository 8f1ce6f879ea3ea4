#include <algorithm>
#include <charconv>

#include "api/command_reader.hpp"
#include "api/json_text.hpp"

namespace tutti::api {
namespace {

constexpr uint64_t kMaxBorderWidth = 16;

// One of two words: true for the second.
std::optional<bool> read_either(const Field& field, std::string_view first, std::string_view second) {
  const auto word = field.text(16);
  if (!word) return std::nullopt;
  if (*word != first && *word != second) {
    field.fail("must be \"" + std::string(first) + "\" or \"" + std::string(second) + "\"");
    return std::nullopt;
  }
  return *word == second;
}

std::optional<video::LayoutKind> read_kind(const Field& field) {
  const auto name = field.text(16);
  const auto kind = name ? video::layout_kind_from_name(*name) : std::nullopt;
  if (name && !kind) {
    field.fail("must be \"grid\", \"speaker\", \"spotlight\", \"side-by-side\", \"pip\" or \"custom\"");
  }
  return kind;
}

// "#rrggbb"
std::optional<uint32_t> read_colour(const Field& field) {
  const auto text = field.text(16);
  if (!text) return std::nullopt;
  uint32_t rgb = 0;
  const char* end = text->data() + text->size();
  if (text->size() == 7 && text->front() == '#') {
    const auto [stop, error] = std::from_chars(text->data() + 1, end, rgb, 16);
    if (error == std::errc() && stop == end) return rgb;
  }
  field.fail("must be a colour such as \"#16181d\"");
  return std::nullopt;
}

// A place and a length along one side of the canvas.
void read_span(Object& object, std::string_view from, std::string_view length, double& out_from, double& out_length) {
  const auto from_field = object.required(from);
  const auto length_field = object.required(length);
  const auto a = from_field ? from_field->number(0, 1) : std::nullopt;
  const auto b = length_field ? length_field->number(kMinRectangleSide, 1) : std::nullopt;
  if (!a || !b) return;
  // Thirds and the like do not add up to 1 exactly.
  constexpr double kRounding = 1e-6;
  if (*a + *b > 1 + kRounding) {
    return length_field->fail("reaches beyond the canvas: " + std::string(from) + " and " + std::string(length) +
                              " together are at most 1");
  }
  out_from = *a;
  out_length = std::min(*b, 1 - *a);
}

std::vector<video::LayoutRectangle> read_rectangles(const Field& list) {
  std::vector<video::LayoutRectangle> rectangles;
  const std::vector<Field> items = list.items(video::kMaxTiles);
  if (list.value().is_array() && list.value().as_array().empty()) list.fail("must have at least 1 item");
  for (const Field& item : items) {
    Object object(item);
    video::LayoutRectangle rectangle;
    read_span(object, "x", "width", rectangle.x, rectangle.width);
    read_span(object, "y", "height", rectangle.y, rectangle.height);
    if (const auto field = object.optional("participant")) {
      const auto id = field->id();
      if (id) rectangle.participant = ParticipantId(*id);
    }
    object.refuse_others();
    rectangles.push_back(std::move(rectangle));
  }
  return rectangles;
}

// Rectangles are there for `custom` and for nothing else; of a kind that is none, only that is said.
void read_kind_and_rectangles(Object& body, video::LayoutSpec& spec) {
  const auto kind_field = body.optional("kind");
  const auto kind = kind_field ? read_kind(*kind_field) : spec.kind;
  const auto rectangles = body.optional("rectangles");
  if (rectangles) spec.rectangles = read_rectangles(*rectangles);
  if (!kind) return;
  spec.kind = *kind;
  const bool custom = *kind == video::LayoutKind::kCustom;
  if (rectangles && !custom) rectangles->fail("is given with the kind \"custom\" only");
  if (!rectangles && custom) body.fail("rectangles", "is required with the kind \"custom\"");
}

}  // namespace

Read<room::SetLayout> read_layout(std::string_view text, const RoomId& room, const std::string& name) {
  auto json = parse_json(text);
  if (!json) return json.error();
  FieldErrors errors;
  room::SetLayout command{room, name, {}};
  video::LayoutSpec& spec = command.layout.spec;
  Object body(Field(*json, "", errors));
  read_kind_and_rectangles(body, spec);
  if (const auto field = body.optional("fit")) {
    spec.fit = read_either(*field, "crop", "pad").value_or(false) ? video::TileFit::kPad : video::TileFit::kCrop;
  }
  if (const auto field = body.optional("names")) spec.names = field->boolean().value_or(spec.names);
  if (const auto field = body.optional("background")) spec.background = read_colour(*field).value_or(spec.background);
  if (const auto field = body.optional("border")) spec.border = read_colour(*field).value_or(spec.border);
  if (const auto field = body.optional("border_width")) {
    spec.border_width = static_cast<uint8_t>(field->integer(0, kMaxBorderWidth).value_or(spec.border_width));
  }
  // Whoever gives rectangles wants them all.
  spec.max_tiles = static_cast<uint8_t>(std::max<size_t>(spec.max_tiles, spec.rectangles.size()));
  if (const auto field = body.optional("max_tiles")) {
    spec.max_tiles = static_cast<uint8_t>(field->integer(1, video::kMaxTiles).value_or(spec.max_tiles));
  }
  if (const auto field = body.optional("self")) {
    command.layout.hide_self = read_either(*field, "show", "hide").value_or(false);
  }
  body.refuse_others();
  if (!errors.empty()) return invalid_body(errors.take());
  return command;
}

}  // namespace tutti::api
