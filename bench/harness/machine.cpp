#include "harness/machine.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "app/version.hpp"

namespace tutti::bench {
namespace {

namespace fs = std::filesystem;

std::string first_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

// The value of a "name\t: value" of /proc/cpuinfo, of the first processor.
std::string cpuinfo(const std::string& name) {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos || !line.starts_with(name)) continue;
    return line.substr(std::min(line.find_first_not_of(" \t", colon + 1), line.size()));
  }
  return "unknown";
}

bool is_virtual() {
  const std::string flags = " " + cpuinfo("flags") + " ";
  return flags.find(" hypervisor ") != std::string::npos;
}

// Which mitigations are switched on: their files say "Mitigation: ...", "Vulnerable" or "Not affected".
std::string mitigations() {
  std::vector<std::string> on, vulnerable;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/sys/devices/system/cpu/vulnerabilities", none)) {
    const std::string state = first_line(entry.path());
    const std::string name = entry.path().filename().string();
    if (state.starts_with("Mitigation")) on.push_back(name);
    if (state.starts_with("Vulnerable")) vulnerable.push_back(name);
  }
  if (none) return "unknown";
  const auto joined = [](std::vector<std::string>& names) {
    std::sort(names.begin(), names.end());
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
    return text.empty() ? "none" : text;
  };
  return "on: " + joined(on) + "; off: " + joined(vulnerable);
}

std::string date() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

// Of "name:   value" in the version's lines.
std::string version_field(const std::string& name) {
  const std::string text = app::version_text();
  const size_t at = text.find("\n" + name + ":");
  if (at == std::string::npos) return "unknown";
  const size_t from = text.find_first_not_of(' ', at + name.size() + 2);
  return text.substr(from, text.find('\n', from) - from);
}

}  // namespace

Facts facts_of_this_machine(const std::vector<std::string>& command) {
  Facts facts;
  facts.date = date();
  for (const std::string& word : command) facts.command += (facts.command.empty() ? "" : " ") + word;
  facts.cores = static_cast<uint32_t>(sysconf(_SC_NPROCESSORS_ONLN));
  facts.cpu = cpuinfo("model name");
  facts.machine = facts.cpu + ", " + std::to_string(facts.cores) + (is_virtual() ? " virtual" : "") + " processors";
  utsname system{};
  uname(&system);
  facts.kernel = std::string(system.sysname) + " " + system.release;
  facts.compiler = version_field("compiler");
  facts.commit = version_field("commit");
  facts.mitigations = mitigations();
  const std::string governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  facts.governor = governor.empty() ? "unknown" : governor;
  return facts;
}

}  // namespace tutti::bench
