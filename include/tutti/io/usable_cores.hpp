// How many cores this process may use: those of its affinity mask, and no more than the quotas of its cgroups
// (container limits) give. Read at start, from /proc and /sys; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tutti::io {

// At least 0.01.
double usable_cores();

// The cores of cgroup v2's cpu.max, "200000 100000" is 2. Nullopt for "max ..." and for what is none.
std::optional<double> parse_cpu_max(std::string_view text);
// The process's own path in cgroup v2, of /proc/self/cgroup: the line "0::/path". Empty if there is none.
std::string own_cgroup(std::string_view proc_self_cgroup);

}  // namespace tutti::io
