// The figures of results as a table in Markdown, rounded so that they are the same whoever compiles the code. Pure.
#pragma once

#include <string>
#include <vector>

#include "support/congestion/congestion_result.hpp"

namespace tutti::bench {

std::string result_table(const std::vector<test::CongestionResult>& results);

}  // namespace tutti::bench
