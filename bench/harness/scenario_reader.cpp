// The YAML form of a scenario (bench/README.md lists its keys). What the file leaves out is as the structs of
// scenario.hpp say; the comment at its top is what it is about.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

#include "app/value_text.hpp"
#include "harness/scenario.hpp"
#include "harness/yaml_fields.hpp"

namespace tutti::bench {
namespace {

constexpr uint32_t kMaxPeople = 10'000, kMaxRooms = 100'000, kMaxLoad = 1'000'000;
constexpr size_t kMaxSlots = 512;

template <class T, class V>
void assign(T& to, const std::optional<V>& from) {
  if (from) to = static_cast<T>(*from);
}

// The comment lines that the text begins with.
std::string leading_comment(const std::string& text) {
  std::istringstream in(text);
  std::string about, line;
  while (std::getline(in, line) && line.starts_with('#')) {
    const size_t from = std::min(line.find_first_not_of("# "), line.size());
    about += (about.empty() ? "" : "\n") + line.substr(from);
  }
  return about;
}

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

struct RoleText {
  Role role;
  std::optional<YamlValue> hears, watches;
};

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

// That what a slot names is there, and that the room's mode can give it.
void check_slots(const Scenario& scenario, const std::vector<SlotSource>& slots, MediaKind kind,
                 const std::optional<YamlValue>& where) {
  for (const SlotSource& slot : slots) {
    if (slot == "mix") {
      if (scenario.mode == "sfu") return where->fail("a mix needs mode: mcu or hybrid");
      continue;
    }
    if (scenario.mode == "mcu") return where->fail("a room of mode mcu has nothing but \"mix\" to give");
    if (slot == "auto") continue;
    const auto role =
        std::find_if(scenario.roles.begin(), scenario.roles.end(), [&](const Role& r) { return r.name == slot; });
    if (role == scenario.roles.end()) {
      std::vector<std::string> known = {"auto", "mix"};
      for (const Role& r : scenario.roles) known.push_back(r.name);
      return where->fail("there is no role " + app::quoted(slot, 80) + app::did_you_mean(slot, known));
    }
    const bool publishes = kind == MediaKind::kAudio ? role->audio.has_value() : role->video.has_value();
    if (!publishes) return where->fail("the role " + slot + " publishes no " + std::string(to_string(kind)));
  }
}

void read_scale(const YamlValue& value, Scenario& scenario) {
  const auto text = value.text();
  if (!text) return;
  std::vector<std::string> known = {"rooms", "joins-per-second"};
  for (const Role& r : scenario.roles) known.push_back(r.name);
  if (*text == "rooms") {
    scenario.scale = {Scale::Kind::kRooms, {}};
  } else if (*text == "joins-per-second") {
    scenario.scale = {Scale::Kind::kJoinsPerSecond, {}};
  } else if (std::find(known.begin(), known.end(), *text) != known.end()) {
    scenario.scale = {Scale::Kind::kPeople, *text};
  } else {
    value.fail("expected rooms, joins-per-second or the name of a role, whose people the load then counts, found " +
               app::quoted(*text, 80) + app::did_you_mean(*text, known));
  }
}

void read_scenario_map(YamlMap& map, app::YamlPlace root, YamlErrors& errors, Scenario& scenario) {
  if (const auto v = map.optional("mode")) {
    assign(scenario.mode, v->text());
    if (scenario.mode != "sfu" && scenario.mode != "mcu" && scenario.mode != "hybrid") {
      v->fail("expected sfu, mcu or hybrid, found " + app::quoted(scenario.mode, 80));
    }
  }
  if (const auto v = map.optional("rooms")) assign(scenario.rooms, v->integer(1, kMaxRooms));
  std::vector<RoleText> texts;
  if (const auto v = map.optional("roles")) {
    if (auto roles = v->map()) {
      for (const auto& [name, value] : roles->entries()) texts.push_back(read_role(name, value));
    }
  }
  for (const RoleText& text : texts) scenario.roles.push_back(text.role);
  for (const RoleText& text : texts) {
    check_slots(scenario, text.role.hears, MediaKind::kAudio, text.hears);
    check_slots(scenario, text.role.watches, MediaKind::kVideo, text.watches);
  }
  if (scenario.roles.empty()) errors.add(root, "roles: a scenario needs roles: who publishes, who receives");
  if (const auto v = map.optional("scale")) {
    read_scale(*v, scenario);
  } else {
    errors.add(root, "scale: a scenario says what its load counts: rooms, joins-per-second or the name of a role");
  }
  if (const auto v = map.optional("load")) {
    assign(scenario.load, v->integer(1, kMaxLoad));
  } else {
    errors.add(root, "load: a scenario says at which load it begins");
  }
  if (const auto v = map.optional("max_load")) assign(scenario.max_load, v->integer(scenario.load, kMaxLoad));
  if (const auto v = map.optional("churn")) assign(scenario.churn, v->number(0, 10));
  if (const auto v = map.optional("storm")) assign(scenario.storm, v->boolean());
  const TimeDelta most = TimeDelta::seconds(24 * 3'600);
  if (const auto v = map.optional("warm_up")) assign(scenario.warm_up, v->duration(TimeDelta::zero(), most));
  if (const auto v = map.optional("duration")) assign(scenario.duration, v->duration(TimeDelta::millis(100), most));
  if (const auto v = map.optional("server_workers")) assign(scenario.server_workers, v->integer(1, 64));
  map.finish();
}

}  // namespace

Result<Scenario> parse_scenario(const std::string& text, const std::string& name) {
  YamlErrors errors(name);
  Scenario scenario;
  const size_t slash = name.rfind('/');
  scenario.name = name.substr(slash == std::string::npos ? 0 : slash + 1);
  if (scenario.name.ends_with(".yaml")) scenario.name.resize(scenario.name.size() - 5);
  scenario.about = leading_comment(text);
  const auto parsed = app::parse_yaml(text);
  if (const auto* error = std::get_if<app::YamlError>(&parsed)) {
    errors.add(error->place, error->message);
  } else {
    const app::YamlTree& tree = std::get<app::YamlTree>(parsed);
    if (tree.root().kind != app::YamlNode::Kind::kMap) {
      errors.add(tree.root().place, "expected keys such as \"roles:\": this is no scenario");
    } else {
      YamlMap map(tree, tree.root(), "", errors);
      read_scenario_map(map, tree.root().place, errors, scenario);
    }
  }
  if (!errors.none()) return invalid(errors.str());
  return scenario.at(scenario.load);
}

Result<Scenario> read_scenario(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return invalid(path + ": " + std::strerror(errno));
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  return parse_scenario(text, path);
}

}  // namespace tutti::bench
