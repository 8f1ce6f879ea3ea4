#include "tutti/app/options.hpp"

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "app/health.hpp"
#include "app/value_text.hpp"
#include "app/version.hpp"

namespace tutti::app {
namespace {

constexpr int kExitUsage = 2;
constexpr size_t kMaxErrorsShown = 50;

constexpr std::string_view kHelp =
    "usage: tuttid [--config FILE] [--check-config | --print-config | --health | --version | --help]\n"
    "\n"
    "  --config FILE    read the configuration from FILE (YAML); without it, from the file that the\n"
    "                   environment's TUTTI_CONFIG names, or else the built-in defaults hold\n"
    "  --check-config   say what is wrong with the configuration, and start nothing\n"
    "  --print-config   print the configuration as it would be used, with comments and without secrets\n"
    "  --health         ask the running daemon of this configuration for its health: exit status 0 or 1\n"
    "  --version        print the version and the libraries in use\n"
    "  --help           print this\n"
    "\n"
    "Each key can be overridden by the environment: media.port_base by TUTTI_MEDIA_PORT_BASE.\n"
    "Exit status: 0 ended as asked, 1 failed, 2 wrong command line or configuration.\n";

struct CommandLine {
  std::string mode;  // "--check-config" and so on; empty: serve
  std::string config_file;
  std::string error;
};

CommandLine parse(int argc, const char* const* argv) {
  static const std::vector<std::string> kModes = {"--check-config", "--print-config", "--health", "--version",
                                                  "--help"};
  CommandLine line;
  bool config_seen = false;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const bool joined = argument.starts_with("--config=");
    if (joined || argument == "--config") {
      if (config_seen) return {{}, {}, "--config is there twice"};
      config_seen = true;
      if (!joined && i + 1 == argc) return {{}, {}, "--config needs the name of a file"};
      line.config_file = joined ? argument.substr(std::string_view("--config=").size()) : argv[++i];
      if (line.config_file.empty()) return {{}, {}, "--config needs the name of a file"};
      continue;
    }
    const std::string mode = argument == "-h" ? "--help" : argument;
    if (std::find(kModes.begin(), kModes.end(), mode) == kModes.end()) {
      std::vector<std::string> known = kModes;
      known.push_back("--config");
      return {{}, {}, "unknown argument " + quoted(argument, 80) + did_you_mean(argument, known)};
    }
    if (!line.mode.empty() && line.mode != mode)
      return {{}, {}, line.mode + " and " + mode + " cannot be used together"};
    line.mode = mode;
  }
  return line;
}

void print_errors(const ConfigErrors& errors, std::ostream& err) {
  for (size_t i = 0; i < std::min(errors.size(), kMaxErrorsShown); ++i) err << errors[i].str() << "\n";
  if (errors.size() > kMaxErrorsShown) err << "and " << errors.size() - kMaxErrorsShown << " more\n";
}

}  // namespace

std::variant<Config, int> load(int argc, const char* const* argv, const EnvLookup& env, std::ostream& out,
                               std::ostream& err) {
  const CommandLine line = parse(argc, argv);
  if (!line.error.empty()) {
    err << "tuttid: " << line.error << "\n\n" << kHelp;
    return kExitUsage;
  }
  if (line.mode == "--help") return out << kHelp, 0;
  if (line.mode == "--version") return out << version_text(), 0;

  const std::string file = line.config_file.empty() ? env("TUTTI_CONFIG").value_or("") : line.config_file;
  auto loaded = load_config_file(file, env);
  if (const auto* errors = std::get_if<ConfigErrors>(&loaded)) {
    print_errors(*errors, err);
    return kExitUsage;
  }
  const Config& config = std::get<Config>(loaded);
  if (line.mode == "--check-config") return out << (file.empty() ? "the defaults" : file) << ": good\n", 0;
  if (line.mode == "--print-config") return out << print_config(config), 0;
  if (line.mode == "--health") return check_health(config, err) ? 0 : 1;
  return config;
}

}  // namespace tutti::app
