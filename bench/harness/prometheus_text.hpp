// The text format of /metrics, as far as counters need it: sums of `..._total` over the workers, by name and reason.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tutti::bench {

// In the order of the text. A metric with a label `reason` gives a sum for each: "dropped_total{queue_full}". Names
// come without `prefix`; metrics that do not begin with it are left out, and what is no number, too.
std::vector<std::pair<std::string, double>> read_counters(std::string_view text, std::string_view prefix);

}  // namespace tutti::bench
