// From the configuration to what each module wants to know of it.
#pragma once

#include "tutti/api/server.hpp"
#include "tutti/app/config.hpp"
#include "tutti/io/engine.hpp"

namespace tutti::app {

api::ServerConfig to_server_config(const Config& config);
// `cores`: what workers: 0 means. `cost_model`: what admission.cost_model names.
io::EngineConfig to_engine_config(const Config& config, unsigned cores, io::CostModel cost_model);

}  // namespace tutti::app
