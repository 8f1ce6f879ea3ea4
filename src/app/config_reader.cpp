#include "app/config_reader.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "app/value_text.hpp"
#include "tutti/base/ids.hpp"

namespace tutti::app {
namespace {

using Kind = YamlNode::Kind;

constexpr size_t kMaxItems = 256;

std::string describe(const YamlNode& node) {
  switch (node.kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kScalar:
      return quoted(node.text, 80);
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a section with keys of its own";
  }
  return {};
}

// Where each key of a map stood first: yaml-cpp lets a key come twice.
class SeenKeys {
 public:
  // The line of the key's first place, or 0 if this is it.
  size_t seen_before(const YamlNode& key) {
    const auto [it, first] = lines_.try_emplace(key.text, key.place.line);
    return first ? 0 : it->second;
  }

 private:
  std::map<std::string, size_t> lines_;
};

std::string duplicate_of(size_t line) {
  return "the key is there twice: remove it here or in line " + std::to_string(line);
}

// A key as part of a path: as it is, if it can be taken for nothing else on a terminal.
std::string path_part(const std::string& key) { return is_valid_id(key) ? key : quoted(key, 64); }

std::vector<std::string> comma_separated(const std::string& text) {
  std::vector<std::string> items;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const size_t first = std::min(text.find_first_not_of(' ', begin), end);
    const size_t last = end == first ? end : text.find_last_not_of(' ', end - 1) + 1;
    items.push_back(text.substr(first, last - first));
    begin = end + 1;
  }
  return items;
}

}  // namespace

void ConfigReader::read(const YamlTree& tree) {
  const YamlNode& root = tree.root();
  if (root.kind == Kind::kNull) return;
  std::vector<std::string> names;
  const std::vector<Section> sections = schema_sections();
  for (const Section& section : sections) names.push_back(section.name);
  if (root.kind != Kind::kMap)
    return add_error(root.place, "", "expected sections such as \"media:\", found " + describe(root));

  SeenKeys seen;
  for (const auto& [key_index, value_index] : root.entries) {
    const YamlNode& key = tree[key_index];
    if (key.kind != Kind::kScalar) {
      add_error(key.place, "", "expected the name of a section, found " + describe(key));
      continue;
    }
    const auto section =
        std::find_if(sections.begin(), sections.end(), [&](const Section& s) { return s.name == key.text; });
    if (section == sections.end()) {
      add_error(key.place, path_part(key.text), "unknown section" + hint(key.text, names));
    } else if (const size_t line = seen.seen_before(key)) {
      add_error(key.place, key.text, duplicate_of(line));
    } else {
      read_section(tree, *section, tree[value_index]);
    }
  }
}

void ConfigReader::read_section(const YamlTree& tree, const Section& section, const YamlNode& node) {
  if (node.kind == Kind::kNull) return;  // all of its keys commented out
  if (node.kind != Kind::kMap)
    return add_error(node.place, section.name, "expected keys and values, found " + describe(node));
  std::vector<std::string> names;
  for (const Option& option : options_) {
    if (option.section == section.name) names.push_back(option.key);
  }
  SeenKeys seen;
  for (const auto& [key_index, value_index] : node.entries) {
    const YamlNode& key = tree[key_index];
    if (key.kind != Kind::kScalar) {
      add_error(key.place, section.name, "expected a key, found " + describe(key));
      continue;
    }
    const auto option = std::find_if(options_.begin(), options_.end(),
                                     [&](const Option& o) { return o.section == section.name && o.key == key.text; });
    if (option == options_.end()) {
      add_error(key.place, section.name + "." + path_part(key.text), "unknown key" + hint(key.text, names));
    } else if (const size_t line = seen.seen_before(key)) {
      add_error(key.place, option->path(), duplicate_of(line));
    } else {
      YamlNode value = tree[value_index];
      if (value.kind == Kind::kNull) value.place = key.place;  // nothing stands where the next line begins
      read_option(tree, *option, value);
    }
  }
}

// What an unknown key was probably meant to be.
std::string ConfigReader::hint(const std::string& key, const std::vector<std::string>& names) const {
  if (key == "<<") return " (merge keys are not read: write the values out)";
  const auto elsewhere = std::find_if(options_.begin(), options_.end(), [&](const Option& o) { return o.key == key; });
  return elsewhere != options_.end() ? " (it belongs under " + elsewhere->section + ")" : did_you_mean(key, names);
}

void ConfigReader::read_option(const YamlTree& tree, const Option& option, const YamlNode& node) {
  origins_[option.path()] = origin(node);
  if (const auto* list = std::get_if<ListAccess>(&option.access)) return read_list(tree, option, *list, node);
  if (node.kind != Kind::kScalar) {
    return refuse(origin(node), option.path(), "expected a value, found " + describe(node) + ": " + option.allowed);
  }
  const auto& access = std::get<ScalarAccess>(option.access);
  if (auto problem = access.set(config_, {node.text, node.quoted})) refuse(origin(node), option.path(), *problem);
}

void ConfigReader::read_list(const YamlTree& tree, const Option& option, const ListAccess& access,
                             const YamlNode& node) {
  if (node.kind != Kind::kList) {
    // A scalar may be a secret written in the wrong place.
    const std::string found = node.kind == Kind::kScalar ? "one value" : describe(node);
    return refuse(origin(node), option.path(), "expected a list, found " + found + ": " + option.allowed);
  }
  if (node.items.size() > kMaxItems) {
    return refuse(origin(node), option.path(), "more than " + std::to_string(kMaxItems) + " entries");
  }
  access.clear(config_);
  for (const size_t index : node.items) {
    const YamlNode& item = tree[index];
    const auto text = item_text(tree, option, access, item);
    if (!text) continue;
    if (auto problem = access.append(config_, *text)) refuse(origin(item), option.path(), *problem);
  }
}

// A map's fields joined by the separator, or the text itself. What is wrong has been said when nullopt comes back.
std::optional<std::string> ConfigReader::item_text(const YamlTree& tree, const Option& option, const ListAccess& access,
                                                   const YamlNode& node) {
  if (node.kind == Kind::kScalar) return node.text;
  if (node.kind != Kind::kMap || access.fields.empty()) {
    refuse(origin(node), option.path(), "found " + describe(node) + " as an entry: " + option.allowed);
    return std::nullopt;
  }
  std::map<std::string, std::string> values;
  SeenKeys seen;
  bool good = true;
  const auto complain = [&](const YamlNode& where, std::string message) {
    refuse(origin(where), option.path(), std::move(message));
    good = false;
  };
  for (const auto& [key_index, value_index] : node.entries) {
    const YamlNode& key = tree[key_index];
    const YamlNode& value = tree[value_index];
    if (key.kind != Kind::kScalar ||
        std::find(access.fields.begin(), access.fields.end(), key.text) == access.fields.end()) {
      complain(key, "unknown field " + describe(key) + did_you_mean(key.text, access.fields) + ": " + option.allowed);
    } else if (const size_t line = seen.seen_before(key)) {
      complain(key, duplicate_of(line));
    } else if (value.kind != Kind::kScalar) {
      complain(value, "expected a value for " + key.text + ", found " + describe(value));
    } else if (key.text == access.fields[0] && value.text.find(access.separator) != std::string::npos) {
      complain(value, quoted(value.text, 80) + " has a '" + access.separator + "' in it: " + option.allowed);
    } else {
      values[key.text] = value.text;
    }
  }
  std::string joined;
  for (const std::string& field : access.fields) {
    if (good && !values.contains(field)) complain(node, "the field " + field + " is missing: " + option.allowed);
    joined += (&field == &access.fields[0] ? "" : std::string(1, access.separator)) + values[field];
  }
  return good ? std::optional(joined) : std::nullopt;
}

void ConfigReader::read(const EnvLookup& env) {
  for (const Option& option : options_) {
    const auto value = env(option.env());
    if (!value) continue;
    const Origin origin{option.env()};
    origins_[option.path()] = origin;
    refused_.erase(option.path());
    if (const auto* scalar = std::get_if<ScalarAccess>(&option.access)) {
      if (auto problem = scalar->set(config_, {*value})) refuse(origin, option.path(), *problem);
      continue;
    }
    const auto& list = std::get<ListAccess>(option.access);
    list.clear(config_);
    const std::vector<std::string> items = comma_separated(*value);
    if (items.size() > kMaxItems) refuse(origin, option.path(), "more than " + std::to_string(kMaxItems) + " entries");
    for (size_t i = 0; i < std::min(items.size(), kMaxItems); ++i) {
      if (auto problem = list.append(config_, items[i])) refuse(origin, option.path(), *problem);
    }
  }
}

void ConfigReader::add_error(YamlPlace place, std::string path, std::string message) {
  errors_.push_back({file_, place.line, place.column, std::move(path), std::move(message)});
}

void ConfigReader::add_error(const std::string& path, std::string message) {
  const auto it = origins_.find(path);
  refuse(it != origins_.end() ? it->second : Origin{"default"}, path, std::move(message));
}

void ConfigReader::refuse(const Origin& origin, const std::string& path, std::string message) {
  refused_.insert(path);
  errors_.push_back({origin.source, origin.place.line, origin.place.column, path, std::move(message)});
}

bool ConfigReader::sound(std::initializer_list<const char*> paths) const {
  return std::none_of(paths.begin(), paths.end(), [&](const char* path) { return refused_.contains(path); });
}

ConfigErrors ConfigReader::take_errors() {
  // Errors without a line (of the environment) come after the file's.
  std::stable_sort(errors_.begin(), errors_.end(), [](const ConfigError& a, const ConfigError& b) {
    return std::tuple(a.line == 0, a.line, a.column) < std::tuple(b.line == 0, b.line, b.column);
  });
  return std::move(errors_);
}

}  // namespace tutti::app
