#include <iterator>
#include <set>

#include "api/command_reader.hpp"
#include "api/json_text.hpp"

namespace tutti::api {
namespace {

std::optional<std::string> read_offer(Object& transport, size_t max_bytes) {
  const auto field = transport.required("offer");
  auto offer = field ? field->text(max_bytes) : std::nullopt;
  if (offer && offer->empty()) field->fail("must be an SDP offer");
  return offer;
}

std::vector<peer::PublishName> read_publish_names(const Field& list) {
  std::vector<peer::PublishName> names;
  std::set<std::string> mids, ids;
  for (const Field& item : list.items(kMaxPublish)) {
    Object object(item);
    peer::PublishName name;
    if (const auto field = object.required("mid")) {
      const auto mid = field->token(Mid::capacity());
      if (mid && !mids.insert(*mid).second) field->fail("stands twice");
      if (mid) name.mid = *Mid::make(*mid);
    }
    if (const auto field = object.optional("id")) {
      const auto id = field->id();
      if (id && !ids.insert(*id).second) field->fail("stands twice");
      name.id = id.value_or("");
    }
    if (const auto field = object.optional("source")) name.source = field->text(kMaxIdLength).value_or("");
    object.refuse_others();
    names.push_back(std::move(name));
  }
  return names;
}

enum class Kind : uint8_t { kWebrtc, kSrtp, kRtp };

std::optional<Kind> read_kind(Object& transport) {
  const auto field = transport.required("kind");
  const auto name = field ? field->text(16) : std::nullopt;
  if (!name) return std::nullopt;
  if (*name == "webrtc") return Kind::kWebrtc;
  if (*name == "srtp") return Kind::kSrtp;
  if (*name == "rtp") return Kind::kRtp;
  field->fail("must be \"webrtc\", \"srtp\" or \"rtp\"");
  return std::nullopt;
}

// False if there is no such kind, so that nothing says what else the body may hold.
bool read_transport(Object& body, const Field& field, const ReaderLimits& limits, room::Join& join) {
  Object transport(field);
  const auto kind = read_kind(transport);
  if (!kind) return false;
  if (*kind == Kind::kWebrtc) {
    room::WebrtcJoin webrtc;
    webrtc.offer = read_offer(transport, limits.max_sdp_bytes).value_or("");
    if (const auto publish = body.optional("publish")) webrtc.publish = read_publish_names(*publish);
    join.transport = std::move(webrtc);
  } else {
    room::KeyedJoin keyed = read_keyed_transport(transport, *kind == Kind::kSrtp);
    const auto extensions = transport.optional("extensions");
    read_keyed_media(body, extensions ? read_extensions(*extensions) : rtp::ExtensionIds(), keyed, join.subscriptions);
    if (!keyed.remote && keyed.publish.empty() && !transport.has("remote")) {
      transport.fail("remote",
                     "is required of a participant that publishes nothing: there is no packet to learn it from");
    }
    join.transport = std::move(keyed);
  }
  transport.refuse_others();
  return true;
}

// An entry of `publish` in a change: mutes a track, or names an m-line that the offer adds, or both.
void read_published_change(const Field& item, room::UpdateParticipant& command) {
  Object object(item);
  const auto id_field = object.required("id");
  const auto mid_field = object.optional("mid");
  const auto source_field = object.optional("source");
  const auto muted_field = object.optional("muted");
  object.refuse_others();
  // The name of a track is a mid where the client gave none, so it is a token and not only an id.
  const std::string id = id_field ? id_field->token(kMaxIdLength).value_or("") : "";
  if (muted_field) command.mute.push_back({id, muted_field->boolean().value_or(false)});
  if (!mid_field) {
    if (source_field) source_field->fail("is given with a mid only");
    if (!muted_field) object.fail("muted", "is required without a mid");
    return;
  }
  if (!command.offer) mid_field->fail("is given with an offer only");
  if (id_field) id_field->id();
  const auto mid = mid_field->token(Mid::capacity());
  if (!mid || !command.offer) return;
  command.offer->publish.push_back(
      {*Mid::make(*mid), id, source_field ? source_field->text(kMaxIdLength).value_or("") : ""});
}

room::VoiceChange read_voice(const Field& field) {
  Object object(field);
  room::VoiceChange change;
  if (const auto f = object.optional("gain_db")) change.gain_db = f->number(-60, 20);
  if (const auto f = object.optional("deaf")) change.deaf = f->boolean();
  if (const auto f = object.optional("gain_control")) change.gain_control = f->boolean();
  if (const auto f = object.optional("noise_suppression")) change.noise_suppression = f->boolean();
  object.refuse_others();
  return change;
}

}  // namespace

Read<room::Join> read_join(std::string_view text, const RoomId& room, const ReaderLimits& limits) {
  auto json = parse_json(text);
  if (!json) return json.error();
  FieldErrors errors;
  room::Join command;
  command.room = room;
  Object body(Field(*json, "", errors));
  if (const auto field = body.optional("id")) command.participant = ParticipantId(field->id().value_or(""));
  if (const auto field = body.optional("name")) command.name = field->name().value_or("");
  if (const auto field = body.optional("replace")) command.replace = field->boolean().value_or(false);
  const auto transport = body.required("transport");
  const bool known = transport && read_transport(body, *transport, limits, command);
  if (const auto field = body.optional("subscriptions")) {
    auto entries = read_subscription_entries(*field);
    std::move(entries.begin(), entries.end(), std::back_inserter(command.subscriptions));
  }
  if (!known) {
    body.optional("publish");
    body.optional("receive");
  }
  body.refuse_others();
  if (!errors.empty()) return invalid_body(errors.take());
  return command;
}

Read<room::UpdateParticipant> read_update_participant(std::string_view text, const RoomId& room,
                                                      const ParticipantId& participant, const ReaderLimits& limits) {
  auto json = parse_json(text);
  if (!json) return json.error();
  FieldErrors errors;
  room::UpdateParticipant command;
  command.room = room;
  command.participant = participant;
  Object body(Field(*json, "", errors));
  if (const auto field = body.optional("name")) command.name = field->name();
  if (const auto field = body.optional("voice")) command.voice = read_voice(*field);
  if (const auto field = body.optional("transport")) {
    Object transport(*field);
    room::WebrtcJoin again;
    again.offer = read_offer(transport, limits.max_sdp_bytes).value_or("");
    command.offer = std::move(again);
    transport.refuse_others();
  }
  if (const auto field = body.optional("publish")) {
    for (const Field& item : field->items(kMaxPublish)) read_published_change(item, command);
  }
  if (const auto field = body.optional("congestion_log")) command.congestion_log = field->boolean();
  body.refuse_others();
  if (!errors.empty()) return invalid_body(errors.take());
  return command;
}

}  // namespace tutti::api
