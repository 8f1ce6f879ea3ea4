// The schema table: one Option for each key of the configuration, with its meaning, what it may be, and how it goes
// into and comes out of a Config. Loading, --print-config, config/default.yaml and the environment's names all come
// from it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tutti/app/config.hpp"

namespace tutti::app {

// What is wrong with a value and what is allowed, or nullopt if it was taken.
using Problem = std::optional<std::string>;

// A scalar as written; `quoted` tells text from a number in YAML (never set for the environment).
struct Scalar {
  std::string text;
  bool quoted = false;
};

struct ScalarAccess {
  std::function<Problem(Config&, const Scalar&)> set;
  std::function<std::string(const Config&)> print;  // as YAML
};

// A list. An item is one text, or, with `fields` not empty, also a map of these fields, which stand for the text
// "field<separator>field"; the items of a required map are always in both parts.
struct ListAccess {
  std::vector<std::string> fields;
  char separator = ',';
  std::function<void(Config&)> clear;
  std::function<Problem(Config&, const std::string& item)> append;
  std::function<std::vector<std::string>(const Config&)> print;  // each item as YAML, secrets replaced
};

struct Option {
  std::string section;
  std::string key;
  std::string meaning;  // for the operator, in whole sentences
  std::string allowed;  // "1 to 64"; also the end of a Problem
  std::variant<ScalarAccess, ListAccess> access;

  std::string path() const { return section + "." + key; }
  std::string env() const;  // TUTTI_SECTION_KEY
};

struct Section {
  std::string name;
  std::string meaning;
};

// In the order of the printed file.
std::vector<Section> schema_sections();
std::vector<Option> schema();

}  // namespace tutti::app
