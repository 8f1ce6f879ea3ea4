// config/cost-model.json, compiled in.
#pragma once

#include <string_view>

namespace tutti::app {

std::string_view built_in_cost_model();

}  // namespace tutti::app
