// --health: asks the daemon of this configuration for /healthz, for the probe of a container without curl.
#pragma once

#include <iosfwd>

#include "tutti/app/config.hpp"

namespace tutti::app {

// True if it answers 200 within three seconds; else says why not on `err`. Over HTTPS the certificate is not verified:
// it names the public host, and the question goes to this machine.
bool check_health(const Config& config, std::ostream& err);

}  // namespace tutti::app
