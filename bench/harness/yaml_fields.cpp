#include "harness/yaml_fields.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "app/value_text.hpp"

namespace tutti::bench {
namespace {

using Kind = app::YamlNode::Kind;

std::string describe(const app::YamlNode& node) {
  switch (node.kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kScalar:
      return app::quoted(node.text, 80);
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a section with keys of its own";
  }
  return {};
}

std::string plain(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string join_path(const std::string& path, const std::string& key) { return path.empty() ? key : path + "." + key; }

}  // namespace

void YamlErrors::add(app::YamlPlace place, const std::string& message) { errors_.push_back({place, message}); }

std::string YamlErrors::str() const {
  std::vector<Entry> sorted = errors_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Entry& a, const Entry& b) {
    return std::tuple(a.place.line, a.place.column) < std::tuple(b.place.line, b.place.column);
  });
  std::string out;
  for (const Entry& e : sorted) {
    if (!out.empty()) out += "\n";
    out += file_ + ":" + std::to_string(e.place.line) + ":" + std::to_string(e.place.column) + ": " + e.message;
  }
  return out;
}

std::optional<std::string> YamlValue::text() const {
  if (node_->kind == Kind::kScalar) return node_->text;
  fail("expected a value, found " + describe(*node_));
  return std::nullopt;
}

std::optional<bool> YamlValue::boolean() const {
  if (node_->kind == Kind::kScalar && !node_->quoted) {
    if (node_->text == "true") return true;
    if (node_->text == "false") return false;
  }
  fail("expected true or false, found " + describe(*node_));
  return std::nullopt;
}

std::optional<uint64_t> YamlValue::integer(uint64_t least, uint64_t most) const {
  const auto value = node_->kind == Kind::kScalar ? app::parse_integer(node_->text) : std::nullopt;
  if (value && *value >= 0 && static_cast<uint64_t>(*value) >= least && static_cast<uint64_t>(*value) <= most) {
    return static_cast<uint64_t>(*value);
  }
  fail("expected a whole number from " + std::to_string(least) + " to " + std::to_string(most) + ", found " +
       describe(*node_));
  return std::nullopt;
}

std::optional<double> YamlValue::number(double least, double most) const {
  if (node_->kind == Kind::kScalar) {
    double value = 0;
    const char* const end = node_->text.data() + node_->text.size();
    const auto [read, error] = std::from_chars(node_->text.data(), end, value);
    if (error == std::errc() && read == end && value >= least && value <= most) return value;
  }
  fail("expected a number from " + plain(least) + " to " + plain(most) + ", found " + describe(*node_));
  return std::nullopt;
}

std::optional<TimeDelta> YamlValue::duration(TimeDelta least, TimeDelta most) const {
  const auto value = node_->kind == Kind::kScalar ? app::parse_duration(node_->text) : std::nullopt;
  if (value && *value >= least && *value <= most) return value;
  fail("expected a duration from " + app::format_duration(least) + " to " + app::format_duration(most) +
       ", such as 500ms or 2s, found " + describe(*node_));
  return std::nullopt;
}

std::optional<DataRate> YamlValue::rate() const {
  const auto value = node_->kind == Kind::kScalar ? app::parse_rate(node_->text) : std::nullopt;
  if (value && value->bps() > 0) return value;
  fail("expected a rate such as 32kbps or 2Mbps, found " + describe(*node_));
  return std::nullopt;
}

std::vector<YamlValue> YamlValue::items() const {
  std::vector<YamlValue> items;
  if (node_->kind != Kind::kList) {
    fail("expected a list, found " + describe(*node_));
    return items;
  }
  for (const size_t index : node_->items) {
    items.emplace_back(*tree_, (*tree_)[index], name_ + "[" + std::to_string(items.size()) + "]", *errors_);
  }
  return items;
}

std::optional<YamlMap> YamlValue::map() const {
  // "viewer:" with nothing behind it is a map of defaults.
  if (node_->kind == Kind::kMap || node_->kind == Kind::kNull) return YamlMap(*tree_, *node_, name_, *errors_);
  fail("expected keys and values, found " + describe(*node_));
  return std::nullopt;
}

YamlMap::YamlMap(const app::YamlTree& tree, const app::YamlNode& node, std::string name, YamlErrors& errors)
    : name_(std::move(name)), errors_(&errors) {
  for (const auto& [key_index, value_index] : node.entries) {
    const app::YamlNode& key = tree[key_index];
    if (key.kind != Kind::kScalar) {
      errors.add(key.place, "expected a key, found " + describe(key));
      continue;
    }
    const bool twice = std::any_of(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.key == key.text; });
    if (twice) {
      errors.add(key.place, join_path(name_, key.text) + ": the key is there twice: remove one");
      continue;
    }
    // Nothing stands where the next line begins.
    const app::YamlNode& value = tree[value_index];
    const app::YamlPlace place = value.kind == Kind::kNull ? key.place : value.place;
    entries_.push_back({key.text, key.place, {tree, value, place, join_path(name_, key.text), errors}});
  }
}

std::optional<YamlValue> YamlMap::optional(const std::string& key) {
  known_.push_back(key);
  const auto it = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.key == key; });
  if (it == entries_.end()) return std::nullopt;
  it->taken = true;
  return it->value;
}

std::vector<std::pair<std::string, YamlValue>> YamlMap::entries() {
  std::vector<std::pair<std::string, YamlValue>> all;
  for (Entry& e : entries_) {
    e.taken = true;
    all.emplace_back(e.key, e.value);
  }
  return all;
}

void YamlMap::finish() const {
  for (const Entry& e : entries_) {
    if (e.taken) continue;
    std::string keys;
    for (const std::string& known : known_) keys += (keys.empty() ? "" : ", ") + known;
    const std::string hint = app::did_you_mean(e.key, known_);
    errors_->add(e.place, join_path(name_, e.key) + ": unknown key" + (hint.empty() ? ": " + keys : hint));
  }
}

}  // namespace tutti::bench
