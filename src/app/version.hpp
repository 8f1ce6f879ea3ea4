// What --version prints: this build, and the libraries it runs with.
#pragma once

#include <string>

namespace tutti::app {

std::string version_text();

}  // namespace tutti::app
