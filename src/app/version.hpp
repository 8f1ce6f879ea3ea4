// What --version prints: this build, and the libraries it runs with.
#pragma once

#include <string>

namespace tutti::app {

std::string version_text();
// The version alone, as /metrics and the log show it.
std::string version();

}  // namespace tutti::app
