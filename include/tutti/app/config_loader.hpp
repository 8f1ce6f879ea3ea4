// Loading the configuration: defaults, then the YAML file, then the environment (TUTTI_SECTION_KEY). All that is wrong
// is reported at once, each error with its place; a Config comes out only if there is none. Runs in main before any
// thread. The environment is a function, so that tests never read the real one. It cannot be listed, so a variable with
// a misspelt name is not noticed (an orchestrator sets TUTTI_* names of its own for a service called tutti).
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tutti/app/config.hpp"

namespace tutti::app {

// The value of an environment variable, or nullopt if it is not set.
using EnvLookup = std::function<std::optional<std::string>(const std::string& name)>;

struct ConfigError {
  std::string source;       // the file, or the name of the environment variable
  size_t line = 0;          // from 1; 0 if the source has no lines
  size_t column = 0;        // from 1
  std::string path;         // "media.port_base"; empty if the text as a whole is meant
  std::string message;      // what is wrong, and what is allowed
  std::string str() const;  // "tutti.yaml:3:3: media.port_base: 70000 is out of range: 1 to 65472"
};
using ConfigErrors = std::vector<ConfigError>;

constexpr size_t kMaxConfigBytes = 1 << 20;

// `yaml` is the file's text (empty: no settings), `file` its name for the errors. Never throws on any text.
std::variant<Config, ConfigErrors> load_config(std::string_view yaml, const std::string& file, const EnvLookup& env);
// The same with the file read from disk; an empty name means that there is none.
std::variant<Config, ConfigErrors> load_config_file(const std::string& file, const EnvLookup& env);

// The configuration as commented YAML that load_config reads back to the same values; secrets are replaced.
std::string print_config(const Config& config);

}  // namespace tutti::app
