// The checks that no single value can be given alone: which settings belong together, and what the machine must have.
#pragma once

#include "app/config_reader.hpp"

namespace tutti::app {

// Adds an error to `reader` for each combination of values that cannot be served. Reads no file.
void check_combinations(ConfigReader& reader);
// Opens the TLS files as the server will, and adds an error if they cannot be used.
void check_tls_files(ConfigReader& reader);
// Reads the cost model, if one is named.
void check_cost_model(ConfigReader& reader);

}  // namespace tutti::app
