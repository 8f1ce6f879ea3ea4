// Reports as one HTML page that needs nothing else: curves over the load, the tables, the facts. Light or dark as the
// reader's system is.
#pragma once

#include <string>
#include <vector>

#include "harness/result.hpp"

namespace tutti::bench {

std::string as_page(const std::vector<Report>& reports);

}  // namespace tutti::bench
