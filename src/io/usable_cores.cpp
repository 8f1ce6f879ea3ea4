#include "tutti/io/usable_cores.hpp"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

namespace tutti::io {
namespace {

std::string read_file(const std::string& name) {
  std::ifstream in(name);
  return {std::istreambuf_iterator<char>(in), {}};
}

double cores_of_affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  // Fails on machines with more cores than a cpu_set_t has bits.
  if (sched_getaffinity(0, sizeof set, &set) != 0) return std::max(1u, std::thread::hardware_concurrency());
  return std::max(1, CPU_COUNT(&set));
}

}  // namespace

std::optional<double> parse_cpu_max(std::string_view text) {
  std::istringstream in{std::string(text)};
  double quota = 0, period = 0;
  if (!(in >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

std::string own_cgroup(std::string_view proc_self_cgroup) {
  std::istringstream in{std::string(proc_self_cgroup)};
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("0::/")) return line.substr(3);
  }
  return {};
}

double usable_cores() {
  double cores = cores_of_affinity();
  // A quota of any group above holds too.
  std::string group = own_cgroup(read_file("/proc/self/cgroup"));
  for (;;) {
    if (const auto quota = parse_cpu_max(read_file("/sys/fs/cgroup" + group + "/cpu.max")))
      cores = std::min(cores, *quota);
    if (group.empty()) break;
    group.resize(group.rfind('/'));
  }
  return std::max(cores, 0.01);
}

}  // namespace tutti::io
