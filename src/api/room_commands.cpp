#include <algorithm>

#include "api/command_reader.hpp"
#include "api/json_text.hpp"

namespace tutti::api {
namespace {

constexpr uint64_t kMaxEmptyTimeoutSeconds = 7 * 24 * 3600;

std::optional<room::RoomMode> mode_from_name(std::string_view name) {
  for (room::RoomMode mode : {room::RoomMode::kSfu, room::RoomMode::kMcu, room::RoomMode::kHybrid}) {
    if (room::to_string(mode) == name) return mode;
  }
  return std::nullopt;
}

std::vector<Codec> read_codec_list(const Field& list, MediaKind kind) {
  std::vector<Codec> codecs;
  for (const Field& item : list.items(16)) {
    const auto name = item.text(32);
    if (!name) continue;
    const auto codec = codec_from_name(*name);
    if (!codec || kind_of(*codec) != kind) {
      item.fail("is not a codec for " + std::string(to_string(kind)) + " that this server knows");
    } else if (std::find(codecs.begin(), codecs.end(), *codec) != codecs.end()) {
      item.fail("stands twice");
    } else {
      codecs.push_back(*codec);
    }
  }
  return codecs;
}

void read_codecs(const Field& field, room::RoomConfig& config) {
  Object object(field);
  if (auto f = object.optional("audio")) config.audio_codecs = read_codec_list(*f, MediaKind::kAudio);
  if (auto f = object.optional("video")) config.video_codecs = read_codec_list(*f, MediaKind::kVideo);
  object.refuse_others();
}

room::RoomLimitsChange read_limits(const Field& field, const room::RoomLimits& most) {
  room::RoomLimitsChange change;
  Object object(field);
  const auto read = [&object](std::string_view key, uint32_t max, std::optional<uint32_t>& out) {
    const auto f = object.optional(key);
    const auto number = f ? f->integer(1, max) : std::nullopt;
    if (number) out = static_cast<uint32_t>(*number);
  };
  read("participants", most.participants, change.participants);
  read("tracks", most.tracks, change.tracks);
  read("slots", most.slots, change.slots);
  object.refuse_others();
  return change;
}

void read_empty_timeout(Object& body, std::optional<TimeDelta>& out) {
  const auto field = body.optional("empty_timeout_s");
  const auto number = field ? field->integer(0, kMaxEmptyTimeoutSeconds) : std::nullopt;
  if (number) out = TimeDelta::seconds(static_cast<int64_t>(*number));
}

}  // namespace

Read<room::CreateRoom> read_create_room(std::string_view text, const RoomId& room, const ReaderLimits& limits) {
  auto json = parse_json(text);
  if (!json) return json.error();
  FieldErrors errors;
  room::CreateRoom command{room, limits.room_defaults, !room.empty()};
  Object body(Field(*json, "", errors));
  if (room.empty()) {
    const auto field = body.optional("id");
    const auto id = field ? field->id() : std::nullopt;
    if (id) command.room = RoomId(*id);
  }
  if (auto field = body.optional("mode")) {
    const auto name = field->text(16);
    const auto mode = name ? mode_from_name(*name) : std::nullopt;
    if (mode) {
      command.config.mode = *mode;
    } else if (name) {
      field->fail("must be \"sfu\", \"mcu\" or \"hybrid\"");
    }
  }
  if (auto field = body.optional("codecs")) read_codecs(*field, command.config);
  if (auto field = body.optional("limits")) {
    const room::RoomLimitsChange change = read_limits(*field, limits.room_defaults.limits);
    room::RoomLimits& out = command.config.limits;
    out.participants = change.participants.value_or(out.participants);
    out.tracks = change.tracks.value_or(out.tracks);
    out.slots = change.slots.value_or(out.slots);
  }
  std::optional<TimeDelta> empty_timeout;
  read_empty_timeout(body, empty_timeout);
  command.config.empty_timeout = empty_timeout.value_or(command.config.empty_timeout);
  body.refuse_others();
  if (!errors.empty()) return invalid_body(errors.take());
  return command;
}

Read<room::UpdateRoom> read_update_room(std::string_view text, const RoomId& room, const ReaderLimits& limits) {
  auto json = parse_json(text);
  if (!json) return json.error();
  FieldErrors errors;
  room::UpdateRoom command{room, {}, {}};
  Object body(Field(*json, "", errors));
  if (auto field = body.optional("limits")) command.limits = read_limits(*field, limits.room_defaults.limits);
  read_empty_timeout(body, command.empty_timeout);
  body.refuse_others();
  if (!errors.empty()) return invalid_body(errors.take());
  return command;
}

}  // namespace tutti::api
