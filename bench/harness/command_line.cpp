#include "harness/command_line.hpp"

#include <algorithm>
#include <charconv>
#include <functional>

#include "app/value_text.hpp"
#include "harness/table.hpp"

namespace tutti::bench {
namespace {

constexpr const char* kHelp =
    R"(tutti-bench: what a media server costs, and how much it holds, on this machine.

  tutti-bench list                   the scenarios, and what each stands for
  tutti-bench run SCENARIO           one load: its table
  tutti-bench knee SCENARIO          searches the highest load that holds (loss at most 0.1 %, p99 of added latency at
                                     most 20 ms, no late mixes), then measures at 25, 50, 75, 100 and 110 % of it
  tutti-bench compare SCENARIO --targets tuttid,janus
                                     the same load on each, in turn, and the ratios
  tutti-bench standard               what "make bench" runs: video, audio, relay, mix and an idle server, two minutes
  tutti-bench fit FILE...            the cost model that explains these results best, as JSON
  tutti-bench size --scenario SCENARIO --rooms N
                                     how many nodes that takes by the cost model

SCENARIO is a name that `list` shows, or a YAML file. The server is started by tutti-bench, on a processor of its own.

What is measured (run, knee, compare):
  --load N              instead of the scenario's; what it counts, the scenario says
  --seconds S           how long is measured; --warm-up S: how long before that
  --repeat N            so many runs, each with a fresh server; minimum and median are printed
  --suite NAME          SRTP suite of all keyed participants, such as AES_CM_128_HMAC_SHA1_80
  --seed N              of everything random
The server:
  --target NAME         tuttid (the default) or janus (bench/peers/install-janus)
  --binary PATH         instead of the tuttid beside tutti-bench
  --srtp BACKEND        of tuttid: libsrtp2 or ipsec-mb; of janus: a directory with another libsrtp2
  --workers N           threads for media, each on a processor of its own
Processors:
  --server-cpu N        the first one of the server (1); -1: any
  --generator-cpu N     the generator's (0); -1: any
  --real-time           both as real-time tasks, so that other work on the machine waits: needs root
What is written:
  --json FILE  --html FILE  --markdown FILE
The cost model (fit, size):
  --model FILE          that size reads, instead of config/cost-model.json as it was built in; fit writes to --json
  --limit SHARE         how full a node may be (0.8)
  --cores N  --gbit N  --memory GIB
                        what a node has (8, 10, 16)

For a look:             tutti-bench run fan-out-video --seconds 3
To believe it:          tutti-bench run fan-out-video --load 200 --repeat 5 --real-time
How much it holds:      tutti-bench knee fan-out-video --html knee.html

Exit status: 0 good, 1 failed, 2 wrong command line or scenario, 3 measured, but invalid: the generator was late, so
the figures say nothing about the server.
)";

struct Option {
  std::string name;
  bool has_value = true;
  // What is wrong with the value; empty: nothing.
  std::function<std::string(const std::string&)> set;
};

std::string set_integer(const std::string& text, int64_t least, int64_t most, const std::function<void(int64_t)>& set) {
  const auto value = app::parse_integer(text);
  if (!value || *value < least || *value > most) {
    return "needs a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  }
  set(*value);
  return {};
}

std::string set_number(const std::string& text, double least, double most, const std::function<void(double)>& set) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    return "needs a number from " + figure(least, least < 1 ? 2 : 0) + " to " + figure(most);
  }
  set(value);
  return {};
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    parts.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return parts;
}

std::string set_targets(const std::string& text, std::vector<std::string>& targets) {
  targets = split(text);
  for (const std::string& target : targets) {
    if (target != "tuttid" && target != "janus") return "knows tuttid and janus";
  }
  return {};
}

std::vector<Option> options_of(CommandLine& line) {
  const auto text = [](std::string& to) {
    return [&to](const std::string& value) {
      to = value;
      return value.empty() ? std::string("needs a value") : std::string();
    };
  };
  const auto count = [](auto& to, int64_t least, int64_t most) {
    return [&to, least, most](const std::string& value) {
      return set_integer(value, least, most, [&to](int64_t v) { to = static_cast<uint32_t>(v); });
    };
  };
  const auto cpu = [](int& to) {
    return [&to](const std::string& value) {
      return set_integer(value, -1, 1'023, [&to](int64_t v) { to = static_cast<int>(v); });
    };
  };
  const auto seconds = [](std::optional<TimeDelta>& to, double least) {
    return [&to, least](const std::string& value) {
      return set_number(value, least, 86'400, [&to](double v) { to = TimeDelta::seconds_f(v); });
    };
  };
  const auto number = [](double& to, double least, double most) {
    return [&to, least, most](const std::string& value) {
      return set_number(value, least, most, [&to](double v) { to = v; });
    };
  };
  return {
      {"--load", true, count(line.load, 1, 1'000'000)},
      {"--seconds", true, seconds(line.duration, 0.1)},
      {"--warm-up", true, seconds(line.warm_up, 0)},
      {"--repeat", true, count(line.repeat, 1, 1'000)},
      {"--suite", true,
       [&line](const std::string& value) {
         line.suite = srtp_suite_from_name(value);
         return line.suite ? std::string()
                           : "needs AEAD_AES_128_GCM, AEAD_AES_256_GCM, AES_CM_128_HMAC_SHA1_80 or "
                             "AES_CM_128_HMAC_SHA1_32";
       }},
      {"--seed", true,
       [&line](const std::string& value) {
         return set_integer(value, 0, INT64_MAX, [&line](int64_t v) { line.seed = static_cast<uint64_t>(v); });
       }},
      {"--target", true, [&line](const std::string& value) { return set_targets(value, line.targets); }},
      {"--targets", true, [&line](const std::string& value) { return set_targets(value, line.targets); }},
      {"--binary", true, text(line.binary)},
      {"--srtp", true, text(line.srtp)},
      {"--workers", true, count(line.workers, 1, 64)},
      {"--server-cpu", true, cpu(line.server_cpu)},
      {"--generator-cpu", true, cpu(line.generator_cpu)},
      {"--real-time", false,
       [&line](const std::string&) {
         line.real_time = true;
         return std::string();
       }},
      {"--json", true, text(line.json)},
      {"--html", true, text(line.html)},
      {"--markdown", true, text(line.markdown)},
      {"--model", true, text(line.model)},
      {"--scenario", true, text(line.scenario)},
      {"--rooms", true, count(line.rooms, 1, 1'000'000'000)},
      {"--limit", true, number(line.limit, 0.01, 1)},
      {"--cores", true, count(line.cores, 1, 1'024)},
      {"--gbit", true, number(line.gbit, 0.001, 10'000)},
      {"--memory", true, number(line.memory_gib, 0.001, 100'000)},
  };
}

std::string check_operands(const CommandLine& line) {
  const std::string& c = line.command;
  const size_t n = line.operands.size();
  if (c == "run" || c == "knee" || c == "compare") {
    if (n == 0) return c + " needs a scenario: tutti-bench list shows them";
    if (n > 1) return c + " takes one scenario, not " + std::to_string(n);
    if (c == "compare" && line.targets.size() < 2) return "compare needs --targets with two names: tuttid,janus";
    if (c != "compare" && line.targets.size() > 1) return c + " takes one target; compare takes several";
  }
  if (c == "standard" && line.targets.size() > 1) return c + " takes one target; compare takes several";
  if (c == "fit" && n == 0) return "fit needs results: files that run or knee wrote with --json";
  if (c == "size") {
    if (line.scenario.empty()) return "size needs --scenario: the shape of the rooms";
    if (!line.rooms) return "size needs --rooms: how many there are at once";
  }
  if ((c == "size" || c == "list" || c == "standard") && n > 0)
    return c + " takes no " + app::quoted(line.operands[0], 80);
  return {};
}

}  // namespace

const char* help_text() { return kHelp; }

Result<CommandLine> parse_command_line(const std::vector<std::string>& words) {
  static const std::vector<std::string> kCommands = {"run", "knee", "compare", "standard",
                                                     "fit", "size", "list",    "help"};
  CommandLine line;
  const std::vector<Option> options = options_of(line);
  std::vector<std::string> names = {"--help"};
  for (const Option& option : options) names.push_back(option.name);
  for (size_t i = 0; i < words.size(); ++i) {
    std::string word = words[i];
    if (word == "--help" || word == "-h") {
      line.command = "help";
      return line;
    }
    if (!word.starts_with("--")) {
      (line.command.empty() ? line.command : line.operands.emplace_back()) = word;
      continue;
    }
    std::optional<std::string> value;
    if (const size_t equals = word.find('='); equals != std::string::npos) {
      value = word.substr(equals + 1);
      word.resize(equals);
    }
    const auto option = std::find_if(options.begin(), options.end(), [&](const Option& o) { return o.name == word; });
    if (option == options.end()) return invalid("unknown option " + word + app::did_you_mean(word, names));
    if (!option->has_value && value) return invalid(word + " takes no value");
    if (option->has_value && !value) {
      if (i + 1 == words.size()) return invalid(word + " needs a value");
      value = words[++i];
    }
    if (const std::string wrong = option->set(value.value_or("")); !wrong.empty()) {
      return invalid(word + " " + wrong + (value ? ", not " + app::quoted(*value, 80) : ""));
    }
  }
  if (line.command.empty()) return invalid("a command is missing: list, run, knee, compare, standard, fit or size");
  if (std::find(kCommands.begin(), kCommands.end(), line.command) == kCommands.end()) {
    return invalid("unknown command " + app::quoted(line.command, 80) + app::did_you_mean(line.command, kCommands));
  }
  if (const std::string wrong = check_operands(line); !wrong.empty()) return invalid(wrong);
  return line;
}

}  // namespace tutti::bench
