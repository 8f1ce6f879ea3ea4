// The command line of tuttid: everything that it does apart from serving. Called once, by main.
#pragma once

#include <iosfwd>
#include <variant>

#include "tutti/app/config.hpp"
#include "tutti/app/config_loader.hpp"

namespace tutti::app {

// Either the configuration to serve with, or the exit status of a process that is done: 0 after --help, --version,
// --print-config, a good --check-config or --health; 1 if --health found no healthy daemon; 2 for a wrong command line
// or configuration. `argv` as main has it.
std::variant<Config, int> load(int argc, const char* const* argv, const EnvLookup& env, std::ostream& out,
                               std::ostream& err);

}  // namespace tutti::app
