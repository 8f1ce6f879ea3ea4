// The cost model (tutti/io/cost_model.hpp) that explains measured steps best: least squares, no coefficient negative.
// What no step varied has a cost of 0: it takes runs of several scenarios to tell their terms apart.
#pragma once

#include <vector>

#include "harness/result.hpp"
#include "tutti/base/result.hpp"
#include "tutti/io/cost_model.hpp"

namespace tutti::bench {

// What the server had to do in a step.
io::Workload workload_of(const Step& step);

// Over the valid steps of the reports, but for those that measured joins. An error says that there are none.
[[nodiscard]] Result<io::CostModel> fit_cost_model(const std::vector<Report>& reports);

}  // namespace tutti::bench
