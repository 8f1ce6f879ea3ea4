// What a figure depends on beside the program: processor, kernel, its mitigations, governor, build and command line, as
// the machine tells them. What cannot be read says so.
#pragma once

#include <string>
#include <vector>

#include "harness/result.hpp"

namespace tutti::bench {

// All but `server` and `pinning`.
Facts facts_of_this_machine(const std::vector<std::string>& command);

}  // namespace tutti::bench
