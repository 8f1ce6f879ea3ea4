#include <unistd.h>
#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "tutti/app/options.hpp"

namespace tutti::app {
namespace {

struct Outcome {
  std::variant<Config, int> result;
  std::string out, err;
  int status() const { return std::holds_alternative<int>(result) ? std::get<int>(result) : -1; }
};

Outcome run(std::vector<const char*> arguments, const std::string& config_file = {}) {
  arguments.insert(arguments.begin(), "tuttid");
  std::ostringstream out, err;
  const EnvLookup env = [&](const std::string& name) {
    return name == "TUTTI_CONFIG" && !config_file.empty() ? std::optional(config_file) : std::nullopt;
  };
  auto result = load(static_cast<int>(arguments.size()), arguments.data(), env, out, err);
  return {std::move(result), out.str(), err.str()};
}

// A file with `text` that lives as long as this.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    const int fd = mkstemp(name_.data());
    REQUIRE(fd >= 0);
    close(fd);
    std::ofstream(name_, std::ios::binary) << text;
  }
  ~TemporaryFile() { std::remove(name_.c_str()); }
  const std::string& name() const { return name_; }

 private:
  std::string name_ = "/tmp/tutti_config_XXXXXX";
};

TEST_CASE("no argument gives the defaults to serve with", "[app][options]") {
  const Outcome o = run({});
  REQUIRE(std::holds_alternative<Config>(o.result));
  CHECK(std::get<Config>(o.result) == Config{});
  CHECK(o.out.empty());
  CHECK(o.err.empty());
}

TEST_CASE("the file of --config comes before that of TUTTI_CONFIG", "[app][options]") {
  const TemporaryFile a("media: {port_base: 41000}\n"), b("media: {port_base: 42000}\n");
  CHECK(std::get<Config>(run({}, b.name()).result).media.port_base == 42000);
  CHECK(std::get<Config>(run({"--config", a.name().c_str()}, b.name()).result).media.port_base == 41000);
  CHECK(std::get<Config>(run({("--config=" + a.name()).c_str()}).result).media.port_base == 41000);
}

TEST_CASE("a bad configuration ends with status 2 and every error", "[app][options]") {
  const TemporaryFile file("media:\n  port_bass: 1\n  workers: 65\n");
  for (const char* mode : {"--check-config", "--print-config", "--health"}) {
    const Outcome o = run({"--config", file.name().c_str(), mode});
    CHECK(o.status() == 2);
    CHECK(o.out.empty());
    CHECK(o.err == file.name() + ":2:3: media.port_bass: unknown key (did you mean port_base?)\n" + file.name() +
                       ":3:12: media.workers: 65 is out of range: 0 to 64\n");
  }
  CHECK(run({"--config", file.name().c_str()}).status() == 2);
}

TEST_CASE("a file that cannot be read ends with status 2", "[app][options]") {
  const Outcome missing = run({"--config", "/nowhere/tutti.yaml"});
  CHECK(missing.status() == 2);
  CHECK(missing.err == "/nowhere/tutti.yaml: cannot be read: No such file or directory\n");
  CHECK(run({"--config", "/tmp"}).status() == 2);
  CHECK(run({"--config", "/dev/zero"}).err == "/dev/zero: larger than 1 MiB: no configuration\n");
}

TEST_CASE("TLS files that cannot be used are an error at their place", "[app][options]") {
  const TemporaryFile nothing("no certificate");
  const TemporaryFile file("http:\n  tls_certificate: " + nothing.name() + "\n  tls_key: " + nothing.name() + "\n");
  const Outcome o = run({"--config", file.name().c_str(), "--check-config"});
  CHECK(o.status() == 2);
  CHECK(o.err.starts_with(file.name() + ":2:20: http.tls_certificate: no certificate can be read from \"" +
                          nothing.name() + "\" ("));
}

TEST_CASE("a cost model that cannot be read is an error where it is named, with the place in it", "[app][options]") {
  const TemporaryFile model("{\"schema\": 1,\n \"cpu_cores\": {\"participant\": 1}}");
  const TemporaryFile file("admission:\n  cost_model: " + model.name() + "\n");
  const Outcome o = run({"--config", file.name().c_str(), "--check-config"});
  CHECK(o.status() == 2);
  CHECK(o.err == file.name() + ":2:15: admission.cost_model: no cost model can be read from it: " + model.name() +
                     ":2:16: cpu_cores: unknown key \"participant\" (did you mean participants?)\n");
}

TEST_CASE("a good configuration is checked and printed", "[app][options]") {
  const TemporaryFile file("media: {port_base: 41000}\n");
  const Outcome checked = run({"--check-config", "--config", file.name().c_str()});
  CHECK(checked.status() == 0);
  CHECK(checked.out == file.name() + ": good\n");
  const Outcome printed = run({"--print-config", "--config", file.name().c_str()});
  CHECK(printed.status() == 0);
  CHECK(printed.out.find("\n  port_base: 41000\n") != std::string::npos);
}

TEST_CASE("--version and --help answer without a configuration", "[app][options]") {
  const Outcome version = run({"--version"}, "/nowhere");
  CHECK(version.status() == 0);
  for (const char* part : {"tuttid 0.", "commit:", "compiler:", "openssl:", "libsrtp:", "boost:", "yaml-cpp:"}) {
    CHECK(version.out.find(part) != std::string::npos);
  }
  const Outcome help = run({"--help"}, "/nowhere");
  CHECK(help.status() == 0);
  CHECK(help.out.starts_with("usage: tuttid"));
}

TEST_CASE("a wrong command line ends with status 2 and the help", "[app][options]") {
  const std::vector<std::pair<std::vector<const char*>, std::string>> cases = {
      {{"--chek-config"}, "tuttid: unknown argument \"--chek-config\" (did you mean --check-config?)\n"},
      {{"tutti.yaml"}, "tuttid: unknown argument \"tutti.yaml\"\n"},
      {{"--config"}, "tuttid: --config needs the name of a file\n"},
      {{"--config", ""}, "tuttid: --config needs the name of a file\n"},
      {{"--config", "a", "--config", "b"}, "tuttid: --config is there twice\n"},
      {{"--health", "--version"}, "tuttid: --health and --version cannot be used together\n"}};
  for (const auto& [arguments, message] : cases) {
    const Outcome o = run(arguments);
    CHECK(o.status() == 2);
    CHECK(o.err.starts_with(message + "\nusage: tuttid"));
  }
}

}  // namespace
}  // namespace tutti::app
