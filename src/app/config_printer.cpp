// print_config: the schema table as a commented YAML file that holds a configuration's values.
#include <sstream>

#include "app/schema.hpp"
#include "tutti/app/config_loader.hpp"

namespace tutti::app {
namespace {

constexpr size_t kWidth = 110;

// `text` in lines of comment behind `indent`.
std::string comment(const std::string& text, const std::string& indent) {
  std::istringstream words(text);
  std::string out, line, word;
  while (words >> word) {
    if (!line.empty() && indent.size() + 2 + line.size() + 1 + word.size() > kWidth) {
      out += indent + "# " + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return line.empty() ? out : out + indent + "# " + line + "\n";
}

std::string print_value(const Option& option, const Config& config) {
  if (const auto* scalar = std::get_if<ScalarAccess>(&option.access)) return " " + scalar->print(config);
  const std::vector<std::string> items = std::get<ListAccess>(option.access).print(config);
  std::string out;
  if (std::get<ListAccess>(option.access).fields.empty() || items.empty()) {
    for (const std::string& item : items) out += (out.empty() ? "" : ", ") + item;
    return " [" + out + "]";
  }
  for (const std::string& item : items) out += "\n    - " + item;
  return out;
}

}  // namespace

std::string print_config(const Config& config) {
  std::string out = comment(
      "The configuration of tuttid. Every key may be left out; its default then holds. Durations are written like "
      "500ms, 30s "
      "or 5m, sizes like 256KiB or 4MiB. A variable of the environment overrides what stands here; a list is written "
      "there "
      "with commas. Check a file with: tuttid --config FILE --check-config",
      "");
  const std::vector<Option> options = schema();
  for (const Section& section : schema_sections()) {
    out += "\n" + comment(section.meaning, "") + section.name + ":\n";
    bool first = true;
    for (const Option& option : options) {
      if (option.section != section.name) continue;
      if (!first) out += "\n";
      first = false;
      out += comment(option.meaning, "  ");
      out += comment("Allowed: " + option.allowed + ". Environment: " + option.env(), "  ");
      out += "  " + option.key + ":" + print_value(option, config) + "\n";
    }
  }
  return out;
}

}  // namespace tutti::app
