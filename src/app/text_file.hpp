// A file that an operator names, whole.
#pragma once

#include <string>
#include <variant>

#include "tutti/app/config_loader.hpp"

namespace tutti::app {

// At most one byte more than kMaxConfigBytes, so that an endless file is seen as too large; or why it cannot be read.
std::variant<std::string, ConfigErrors> read_text_file(const std::string& file);

}  // namespace tutti::app
