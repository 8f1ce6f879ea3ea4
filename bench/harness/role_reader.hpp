// A role of a scenario's YAML: what it publishes, receives and goes through. What needs the other roles to be judged is
// left to the reader of the scenario.
#pragma once

#include <optional>
#include <string>

#include "harness/scenario.hpp"
#include "harness/yaml_fields.hpp"

namespace tutti::bench {

struct RoleText {
  Role role;
  std::optional<YamlValue> hears, watches;  // where its slots stand
};

RoleText read_role(const std::string& name, const YamlValue& value);

}  // namespace tutti::bench
