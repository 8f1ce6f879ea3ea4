#include <set>

#include "api/command_reader.hpp"
#include "api/json_text.hpp"

namespace tutti::api {
namespace {

constexpr size_t kMaxTrackBytes = 2 * kMaxIdLength + 1;
constexpr size_t kMaxMidBytes = Mid::capacity();

// "auto", "mix", null or "participant/name".
std::optional<room::TrackChoice> read_track_choice(const Field& field) {
  using Kind = room::TrackChoice::Kind;
  if (field.is_null()) return room::TrackChoice{Kind::kNone, {}};
  const auto text = field.text(kMaxTrackBytes);
  if (!text) return std::nullopt;
  if (*text == "auto") return room::TrackChoice{Kind::kAuto, {}};
  if (*text == "mix") return room::TrackChoice{Kind::kMix, {}};
  const size_t slash = text->find('/');
  if (slash == std::string::npos || !is_valid_id(std::string_view(*text).substr(0, slash)) ||
      slash + 1 == text->size()) {
    field.fail("must be \"auto\", \"mix\", null or \"participant/track\"");
    return std::nullopt;
  }
  return room::TrackChoice{Kind::kTrack, TrackId{ParticipantId(text->substr(0, slash)), text->substr(slash + 1)}};
}

std::optional<Rid> read_rid(const Field& field) {
  const auto text = field.id(false);
  const auto rid = text ? Rid::make(*text) : std::nullopt;
  if (text && !rid) field.fail("must have at most 16 characters");
  return rid;
}

// Null takes a wish back. Nothing if the field is neither, which is noted.
template <class T>
std::optional<std::optional<T>> read_or_null(const Field& field, int64_t least, int64_t most) {
  if (field.is_null()) return std::optional<T>();
  const auto number = field.integer(least, most);
  return number ? std::optional(std::optional(static_cast<T>(*number))) : std::nullopt;
}

}  // namespace

void read_subscription_fields(Object& object, room::SubscriptionChange& change) {
  if (auto field = object.optional("track")) change.track = read_track_choice(*field);
  if (auto field = object.optional("layout")) change.layout = field->id(false);
  if (auto field = object.optional("max_height")) change.max_height = read_or_null<uint16_t>(*field, 1, 16384);
  if (auto field = object.optional("rid")) {
    if (field->is_null()) {
      change.rid = std::optional<Rid>();
    } else if (const auto rid = read_rid(*field)) {
      change.rid = rid;
    }
  }
  if (auto field = object.optional("temporal")) change.temporal = read_or_null<uint8_t>(*field, 0, 7);
  if (auto field = object.optional("max_fps")) change.max_fps = read_or_null<uint16_t>(*field, 1, 1000);
  if (auto field = object.optional("priority")) change.priority = read_or_null<uint8_t>(*field, 0, room::priority::kMost);
  if (auto field = object.optional("visible")) change.visible = field->boolean();
  if (auto field = object.optional("paused")) change.paused = field->boolean();
}

std::vector<room::SubscriptionChange> read_subscription_entries(const Field& list) {
  std::vector<room::SubscriptionChange> changes;
  std::set<std::string> seen;
  for (const Field& item : list.items(kMaxReceive)) {
    Object object(item);
    room::SubscriptionChange change;
    const auto field = object.required("slot");
    const auto slot = field ? field->token(std::max(kMaxMidBytes, kMaxIdLength)) : std::nullopt;
    if (slot && !seen.insert(*slot).second) field->fail("stands twice");
    if (slot) change.slot = SlotId(*slot);
    read_subscription_fields(object, change);
    object.refuse_others();
    changes.push_back(std::move(change));
  }
  return changes;
}

Read<room::SetSubscriptions> read_subscriptions(std::string_view text, const RoomId& room,
                                                const ParticipantId& participant, bool replace_all) {
  auto json = parse_json(text);
  if (!json) return json.error();
  FieldErrors errors;
  room::SetSubscriptions command{room, participant, replace_all, {}};
  Object body(Field(*json, "", errors));
  if (auto field = body.required("subscriptions")) command.changes = read_subscription_entries(*field);
  body.refuse_others();
  if (!errors.empty()) return invalid_body(errors.take());
  return command;
}

}  // namespace tutti::api
