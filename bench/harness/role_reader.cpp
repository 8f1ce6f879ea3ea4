#include "harness/role_reader.hpp"

#include <algorithm>

#include "app/value_text.hpp"

namespace tutti::bench {
namespace {

constexpr uint32_t kMaxPeople = 10'000;
constexpr size_t kMaxSlots = 512;

void read_size(const YamlValue& value, VideoLayer& layer) {
  const auto text = value.text();
  if (!text) return;
  const size_t x = std::min(text->find('x'), text->size());
  const auto width = app::parse_integer(text->substr(0, x));
  const auto height = x < text->size() ? app::parse_integer(text->substr(x + 1)) : std::nullopt;
  const auto fits = [](const std::optional<int64_t>& side) { return side && *side >= 16 && *side <= 8192; };
  if (!fits(width) || !fits(height)) {
    return value.fail("expected WIDTHxHEIGHT such as 1280x720, found " + app::quoted(*text, 80));
  }
  layer.width = static_cast<uint16_t>(*width);
  layer.height = static_cast<uint16_t>(*height);
}

void read_layer(YamlMap& map, VideoLayer& layer) {
  if (const auto v = map.optional("bitrate")) assign(layer.bitrate, v->rate());
  if (const auto v = map.optional("size")) read_size(*v, layer);
}

Video read_video(const YamlValue& value) {
  Video video;
  auto map = value.map();
  if (!map) return video;
  if (const auto v = map->optional("fps")) assign(video.fps, v->integer(1, 1'000));
  if (const auto v = map->optional("keyframe_interval")) {
    assign(video.keyframe_interval, v->duration(TimeDelta::millis(100), TimeDelta::seconds(3'600)));
  }
  if (const auto v = map->optional("keyframe_factor")) assign(video.keyframe_factor, v->number(1, 100));
  if (const auto v = map->optional("packet_bytes")) assign(video.packet_bytes, v->integer(64, 1'200));
  if (const auto v = map->optional("decodable")) assign(video.decodable, v->boolean());
  if (const auto v = map->optional("layers")) {
    video.layers.clear();
    for (const YamlValue& item : v->items()) {
      auto fields = item.map();
      if (!fields) continue;
      VideoLayer layer;
      if (const auto rid = fields->optional("rid")) assign(layer.rid, rid->text());
      if (layer.rid.empty()) item.fail("a layer needs a rid such as \"f\"");
      read_layer(*fields, layer);
      fields->finish();
      video.layers.push_back(layer);
    }
    if (video.layers.empty() || video.layers.size() > 3) v->fail("expected one to three layers, lowest first");
    if (video.layers.empty()) video.layers.emplace_back();
    for (const char* alone : {"bitrate", "size"}) {
      if (const auto other = map->optional(alone)) other->fail("stands in the layers");
    }
  } else {
    read_layer(*map, video.layers[0]);
  }
  map->finish();
  return video;
}

Audio read_audio(const YamlValue& value) {
  Audio audio;
  auto map = value.map();
  if (!map) return audio;
  if (const auto v = map->optional("bitrate")) assign(audio.bitrate, v->rate());
  if (const auto v = map->optional("levels")) assign(audio.levels, v->boolean());
  if (const auto v = map->optional("speech")) assign(audio.speech, v->boolean());
  if (const auto v = map->optional("dtx")) assign(audio.dtx, v->boolean());
  if (const auto v = map->optional("fixed_bytes")) {
    if (const auto bytes = v->integer(16, 1'200)) audio.fixed_bytes = static_cast<uint16_t>(*bytes);
  }
  map->finish();
  return audio;
}

Impairment read_impairment(const YamlValue& value) {
  Impairment impairment;
  auto map = value.map();
  if (!map) return impairment;
  const TimeDelta most = TimeDelta::seconds(10);
  if (const auto v = map->optional("loss")) assign(impairment.loss, v->number(0, 1));
  if (const auto v = map->optional("duplicate")) assign(impairment.duplicate, v->number(0, 1));
  if (const auto v = map->optional("delay")) assign(impairment.delay, v->duration(TimeDelta::zero(), most));
  if (const auto v = map->optional("jitter")) assign(impairment.jitter, v->duration(TimeDelta::zero(), most));
  map->finish();
  return impairment;
}

Feedback read_feedback(const YamlValue& value) {
  Feedback feedback;
  auto map = value.map();
  if (!map) return feedback;
  if (const auto v = map->optional("receiver_reports")) assign(feedback.receiver_reports, v->boolean());
  if (const auto v = map->optional("nack")) assign(feedback.nack, v->boolean());
  if (const auto v = map->optional("transport_feedback")) assign(feedback.transport_feedback, v->boolean());
  if (const auto v = map->optional("pli_interval")) {
    feedback.pli_interval = v->duration(TimeDelta::millis(10), TimeDelta::seconds(3'600));
  }
  map->finish();
  return feedback;
}

// "camera", or "9 auto" for nine slots of that.
std::vector<SlotSource> read_slots(const YamlValue& value) {
  std::vector<SlotSource> slots;
  for (const YamlValue& item : value.items()) {
    const auto text = item.text();
    if (!text) continue;
    const size_t space = text->find(' ');
    const auto count =
        space == std::string::npos ? std::optional<int64_t>(1) : app::parse_integer(text->substr(0, space));
    if (!count || *count < 1 || *count > static_cast<int64_t>(kMaxSlots)) {
      item.fail("expected auto, mix or a role, with a count before it if there are several, such as \"9 auto\"");
      continue;
    }
    slots.insert(slots.end(), static_cast<size_t>(*count),
                 space == std::string::npos ? *text : text->substr(space + 1));
  }
  if (slots.size() > kMaxSlots) value.fail("more than " + std::to_string(kMaxSlots) + " slots");
  return slots;
}

void read_transport(YamlMap& map, Role& role) {
  if (const auto v = map.optional("transport")) {
    const auto text = v->text().value_or("srtp");
    if (text == "srtp") {
      role.transport = TransportKind::kSrtp;
    } else if (text == "webrtc") {
      role.transport = TransportKind::kWebrtc;
    } else if (text == "plain") {
      role.transport = TransportKind::kPlain;
    } else {
      v->fail("expected srtp, webrtc or plain, found " + app::quoted(text, 80));
    }
  }
  const auto v = map.optional("suite");
  const auto text = v ? v->text() : std::nullopt;
  if (!text) return;
  const auto suite = srtp_suite_from_name(*text);
  if (!suite) {
    v->fail("expected AEAD_AES_128_GCM, AEAD_AES_256_GCM, AES_CM_128_HMAC_SHA1_80 or AES_CM_128_HMAC_SHA1_32");
  } else if (role.transport != TransportKind::kSrtp) {
    v->fail("is for transport srtp: WebRTC negotiates its own, plain RTP has none");
  } else {
    role.suite = *suite;
  }
}

}  // namespace

RoleText read_role(const std::string& name, const YamlValue& value) {
  RoleText text;
  Role& role = text.role;
  role.name = name;
  if (!is_valid_id(name) || name.size() > 32 || is_reserved_id(name) || name == "rooms" || name == "joins-per-second") {
    value.fail(
        "is no name for a role: at most 32 letters, digits, '-' and '_', and not auto, mix, rooms or "
        "joins-per-second");
  }
  auto map = value.map();
  if (!map) return text;
  if (const auto v = map->optional("people")) assign(role.people, v->integer(0, kMaxPeople));
  read_transport(*map, role);
  if (const auto v = map->optional("rtx")) assign(role.rtx, v->boolean());
  if (const auto v = map->optional("audio")) role.audio = read_audio(*v);
  if (const auto v = map->optional("video")) role.video = read_video(*v);
  text.hears = map->optional("hears");
  text.watches = map->optional("watches");
  if (text.hears) role.hears = read_slots(*text.hears);
  if (text.watches) role.watches = read_slots(*text.watches);
  if (const auto v = map->optional("up")) role.up = read_impairment(*v);
  if (const auto v = map->optional("down")) role.down = read_impairment(*v);
  if (const auto v = map->optional("feedback")) role.feedback = read_feedback(*v);
  map->finish();
  if (!role.audio && !role.video && role.hears.empty() && role.watches.empty()) {
    value.fail("neither publishes (audio, video) nor receives (hears, watches)");
  }
  return text;
}

}  // namespace tutti::bench
