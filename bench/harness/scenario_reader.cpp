// The YAML form of a scenario (bench/README.md lists its keys). What the file leaves out is as the structs of
// scenario.hpp say; the comment at its top is what it is about.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

#include "app/value_text.hpp"
#include "harness/role_reader.hpp"
#include "harness/scenario.hpp"
#include "harness/yaml_fields.hpp"

namespace tutti::bench {
namespace {

constexpr uint32_t kMaxRooms = 100'000, kMaxLoad = 1'000'000;

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

uint32_t load_as_it_stands(const Scenario& scenario) {
  if (scenario.scale.kind == Scale::Kind::kRooms) return scenario.rooms;
  for (const Role& role : scenario.roles) {
    if (role.name == scenario.scale.role) return role.people;
  }
  return 1;
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
  } else if (scenario.scale.kind == Scale::Kind::kJoinsPerSecond) {
    errors.add(root, "load: a scenario that counts joins says how many a second");
  } else {
    scenario.load = load_as_it_stands(scenario);
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
