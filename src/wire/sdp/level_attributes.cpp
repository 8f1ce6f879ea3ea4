// Attributes that may stand at session level and in a section: transport (RFC 8839, RFC 8122, RFC 8842), direction
// (RFC 8866 §6.7) and header extensions (RFC 8285 §8); and those of the session alone.
#include <array>

#include "wire/sdp/attributes.hpp"
#include "wire/sdp/text.hpp"

namespace tutti::sdp {
namespace {

constexpr size_t kMaxFingerprints = 8;

struct SetupName {
  Setup setup;
  std::string_view name;
};
constexpr std::array<SetupName, 4> kSetups = {{{Setup::kActive, "active"},
                                               {Setup::kPassive, "passive"},
                                               {Setup::kActPass, "actpass"},
                                               {Setup::kHoldConn, "holdconn"}}};

struct DirectionName {
  Direction direction;
  std::string_view name;
};
constexpr std::array<DirectionName, 4> kDirections = {{{Direction::kSendRecv, "sendrecv"},
                                                       {Direction::kSendOnly, "sendonly"},
                                                       {Direction::kRecvOnly, "recvonly"},
                                                       {Direction::kInactive, "inactive"}}};

std::optional<Direction> direction_from_name(std::string_view text) {
  for (const DirectionName& d : kDirections) {
    if (d.name == text) return d.direction;
  }
  return std::nullopt;
}

bool read_ufrag(LevelAttributes& a, std::string_view value) {
  if (!a.transport.ice_ufrag.empty() || !is_ice_ufrag(value)) return false;
  a.transport.ice_ufrag = value;
  return true;
}
void write_ufrag(const LevelAttributes& a, std::string& out) {
  if (!a.transport.ice_ufrag.empty()) write_line(out, "ice-ufrag", a.transport.ice_ufrag);
}

bool read_pwd(LevelAttributes& a, std::string_view value) {
  if (!a.transport.ice_pwd.empty() || !is_ice_pwd(value)) return false;
  a.transport.ice_pwd = value;
  return true;
}
void write_pwd(const LevelAttributes& a, std::string& out) {
  if (!a.transport.ice_pwd.empty()) write_line(out, "ice-pwd", a.transport.ice_pwd);
}

bool read_ice_options(LevelAttributes& a, std::string_view value) {
  while (!value.empty()) {
    const std::string_view option = take(value, ' ');
    if (!option.empty()) a.transport.ice_options.emplace_back(option);
  }
  return true;
}
void write_ice_options(const LevelAttributes& a, std::string& out) {
  std::string all;
  for (const std::string& option : a.transport.ice_options) all += (all.empty() ? "" : " ") + option;
  if (!all.empty()) write_line(out, "ice-options", all);
}

bool read_fingerprint(LevelAttributes& a, std::string_view value) {
  auto fingerprint = parse_fingerprint(value);
  if (!fingerprint || a.transport.fingerprints.size() == kMaxFingerprints) return false;
  a.transport.fingerprints.push_back(std::move(*fingerprint));
  return true;
}
void write_fingerprint(const LevelAttributes& a, std::string& out) {
  for (const Fingerprint& f : a.transport.fingerprints) write_line(out, "fingerprint", to_string(f));
}

bool read_setup(LevelAttributes& a, std::string_view value) {
  if (a.transport.setup) return false;
  for (const SetupName& s : kSetups) {
    if (s.name == value) a.transport.setup = s.setup;
  }
  return a.transport.setup.has_value();
}
void write_setup(const LevelAttributes& a, std::string& out) {
  if (a.transport.setup) write_line(out, "setup", to_string(*a.transport.setup));
}

// The four directions are attributes of their own; the first row writes whichever it is.
template <Direction kDirection>
bool read_direction(LevelAttributes& a, std::string_view) {
  a.direction = kDirection;
  return true;
}
void write_direction(const LevelAttributes& a, std::string& out) {
  if (a.direction) write_flag(out, to_string(*a.direction));
}
void write_nothing(const LevelAttributes&, std::string&) {}

// RFC 8285 §8: a=extmap:<value>["/"<direction>] <URI> <extensionattributes>
bool read_extmap(LevelAttributes& a, std::string_view value) {
  ExtMap map;
  std::string_view id = take(value, ' ');
  const std::string_view number = take(id, '/');
  const auto parsed = to_number<uint16_t>(number, 65535);
  if (!parsed || *parsed == 0) return false;
  map.id = *parsed;
  if (!id.empty()) {
    map.direction = direction_from_name(id);
    if (!map.direction) return false;
  }
  map.uri = take(value, ' ');
  map.attributes = value;
  if (!is_word(map.uri)) return false;
  a.extmaps.push_back(std::move(map));
  return true;
}
void write_extmap(const LevelAttributes& a, std::string& out) {
  for (const ExtMap& map : a.extmaps) {
    std::string value = std::to_string(map.id);
    if (map.direction) value.append("/").append(to_string(*map.direction));
    value.append(" ").append(map.uri);
    if (!map.attributes.empty()) value.append(" ").append(map.attributes);
    write_line(out, "extmap", value);
  }
}

bool read_allow_mixed(LevelAttributes& a, std::string_view) { return a.extmap_allow_mixed = true; }
void write_allow_mixed(const LevelAttributes& a, std::string& out) {
  if (a.extmap_allow_mixed) write_flag(out, "extmap-allow-mixed");
}

constexpr std::array<AttributeRule<LevelAttributes>, 11> kLevelRules = {{
    {"ice-ufrag", "a=ice-ufrag must be 4 to 256 visible characters, once", read_ufrag, write_ufrag},
    {"ice-pwd", "a=ice-pwd must be 22 to 256 visible characters, once", read_pwd, write_pwd},
    {"ice-options", "a=ice-options must be a list of words", read_ice_options, write_ice_options},
    {"fingerprint", "a=fingerprint must be '<hash> <hex>:<hex>...', at most 8 of them", read_fingerprint,
     write_fingerprint},
    {"setup", "a=setup must be active, passive, actpass or holdconn, once", read_setup, write_setup},
    {"sendrecv", "", read_direction<Direction::kSendRecv>, write_direction},
    {"sendonly", "", read_direction<Direction::kSendOnly>, write_nothing},
    {"recvonly", "", read_direction<Direction::kRecvOnly>, write_nothing},
    {"inactive", "", read_direction<Direction::kInactive>, write_nothing},
    {"extmap", "a=extmap must be '<id>[/<direction>] <uri>' with an id from 1", read_extmap, write_extmap},
    {"extmap-allow-mixed", "", read_allow_mixed, write_allow_mixed},
}};

// RFC 5888 §5: a=group:<semantics> <mid> <mid> ...
bool read_group(Session& s, std::string_view value) {
  Group group;
  group.semantics = take(value, ' ');
  if (!is_word(group.semantics)) return false;
  while (!value.empty()) {
    const std::string_view text = take(value, ' ');
    if (text.empty()) continue;
    const auto mid = to_mid(text);
    if (!mid) return false;
    group.mids.push_back(*mid);
  }
  s.groups.push_back(std::move(group));
  return true;
}
void write_group(const Session& s, std::string& out) {
  for (const Group& group : s.groups) {
    std::string value = group.semantics;
    for (const Mid& mid : group.mids) value.append(" ").append(mid.view());
    write_line(out, "group", value);
  }
}

bool read_ice_lite(Session& s, std::string_view) { return s.ice_lite = true; }
void write_ice_lite(const Session& s, std::string& out) {
  if (s.ice_lite) write_flag(out, "ice-lite");
}

bool read_msid_semantic(Session& s, std::string_view value) {
  s.msid_semantic = value;
  return true;
}
void write_msid_semantic(const Session& s, std::string& out) {
  if (!s.msid_semantic.empty()) write_line(out, "msid-semantic", s.msid_semantic);
}

constexpr std::array<AttributeRule<Session>, 3> kSessionRules = {{
    {"group", "a=group must be '<semantics> <mid>...'", read_group, write_group},
    {"ice-lite", "", read_ice_lite, write_ice_lite},
    {"msid-semantic", "", read_msid_semantic, write_msid_semantic},
}};

}  // namespace

std::span<const AttributeRule<LevelAttributes>> level_rules() { return kLevelRules; }
std::span<const AttributeRule<Session>> session_rules() { return kSessionRules; }

std::string_view to_string(Direction direction) { return kDirections[static_cast<size_t>(direction)].name; }
std::string_view to_string(Setup setup) { return kSetups[static_cast<size_t>(setup)].name; }

// Longer names than 256 are what PJSIP's CVE-2026-25994 was about; the grammar's alphabet is not enforced beyond
// visible.
bool is_ice_ufrag(std::string_view text) { return text.size() >= 4 && text.size() <= 256 && is_word(text); }
bool is_ice_pwd(std::string_view text) { return text.size() >= 22 && text.size() <= 256 && is_word(text); }

std::optional<Mid> to_mid(std::string_view text) { return is_word(text) ? Mid::make(text) : std::nullopt; }

}  // namespace tutti::sdp
