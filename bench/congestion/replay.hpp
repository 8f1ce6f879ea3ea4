// Runs a recorded EstimatorLog through the estimator once more, and plots what it answered then and answers now.
#pragma once

#include <string>

namespace tutti::bench {

// `log`: a file of JSON lines. `html`: the page to write.
int replay_log(const std::string& log, const std::string& html);

}  // namespace tutti::bench
