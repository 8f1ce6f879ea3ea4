// Any text as a configuration file: an error or a configuration, and what is printed loads again.
#include <cstdlib>
#include <string_view>
#include <utility>

#include "tutti/app/config_loader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tutti::app;
  const EnvLookup no_environment = [](const std::string&) { return std::nullopt; };
  const auto loaded = load_config({reinterpret_cast<const char*>(data), size}, "fuzz.yaml", no_environment);
  if (const auto* errors = std::get_if<ConfigErrors>(&loaded)) {
    if (errors->empty()) std::abort();
    for (const ConfigError& error : *errors) (void)error.str();
    return 0;
  }
  Config config = std::get<Config>(loaded);
  const auto keys = std::exchange(config.http.api_keys, {});
  if (!keys.empty() && !config.http.listen.ip.is_loopback()) return 0;  // cannot do without its keys
  const auto again = load_config(print_config(config), "printed.yaml", no_environment);
  if (!std::holds_alternative<Config>(again) || std::get<Config>(again) != config) std::abort();
  return 0;
}
