#include "tutti/app/config_loader.hpp"

#include "app/config_checks.hpp"
#include "app/config_reader.hpp"
#include "app/text_file.hpp"
#include "app/yaml_tree.hpp"

namespace tutti::app {
namespace {

std::variant<Config, ConfigErrors> load(std::string_view yaml, const std::string& file, const EnvLookup& env,
                                        bool with_files) {
  if (yaml.size() > kMaxConfigBytes) {
    return ConfigErrors{
        {file, 0, 0, "", "larger than " + std::to_string(kMaxConfigBytes >> 20) + " MiB: no configuration"}};
  }
  ConfigReader reader(file);
  const auto parsed = parse_yaml(yaml);
  if (const auto* error = std::get_if<YamlError>(&parsed)) {
    reader.add_error(error->place, "", error->message);
  } else {
    reader.read(std::get<YamlTree>(parsed));
  }
  reader.read(env);
  check_combinations(reader);
  if (with_files) {
    check_tls_files(reader);
    check_cost_model(reader);
  }
  ConfigErrors errors = reader.take_errors();
  if (!errors.empty()) return errors;
  return reader.config();
}

}  // namespace

std::string ConfigError::str() const {
  std::string out = source;
  if (line > 0) out += ":" + std::to_string(line) + ":" + std::to_string(column);
  if (!path.empty()) out += ": " + path;
  return out + ": " + message;
}

std::variant<Config, ConfigErrors> load_config(std::string_view yaml, const std::string& file, const EnvLookup& env) {
  return load(yaml, file, env, false);
}

std::variant<Config, ConfigErrors> load_config_file(const std::string& file, const EnvLookup& env) {
  if (file.empty()) return load("", "defaults", env, true);
  auto text = read_text_file(file);
  if (auto* errors = std::get_if<ConfigErrors>(&text)) return std::move(*errors);
  return load(std::get<std::string>(text), file, env, true);
}

}  // namespace tutti::app
