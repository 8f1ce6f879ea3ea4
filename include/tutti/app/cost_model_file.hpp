// The cost model as a file: JSON of schema 1, written by `tutti-bench fit`, read by the daemon (admission.cost_model)
// and by `tutti-bench size`. Strict, as the configuration is: what is not known is an error with its place. A
// coefficient that is not there is 0.
//   {"schema": 1, "machine": "...", "commit": "...", "date": "...", "suite": "...",
//    "cpu_cores": {"packets_in_per_s": 1.5e-6, ..., "constant": 0.004}, "memory_bytes": {"participants": 12000, ...},
//    "residual": {"cpu_cores": 0.01}}
// The names are those of io::kCpuTerms and io::kMemoryTerms.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "tutti/app/config_loader.hpp"
#include "tutti/io/cost_model.hpp"

namespace tutti::app {

// `file` is the name for the errors. Never throws on any text.
std::variant<io::CostModel, ConfigErrors> parse_cost_model(std::string_view json, const std::string& file);
// Of a file; an empty name stands for the model that is compiled in, which is config/cost-model.json.
std::variant<io::CostModel, ConfigErrors> load_cost_model(const std::string& file);
// What parse_cost_model reads back to the same model.
std::string print_cost_model(const io::CostModel& model);

}  // namespace tutti::app
