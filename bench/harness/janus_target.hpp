// Janus as a target (bench/peers/README.md says why so): what is forwarded goes through the videoroom plugin, published
// over RTP (add_remote_publisher) and sent on by rtp_forward with a key for each destination; what is mixed goes
// through the audiobridge plugin, whose participants over RTP have no keys.
#pragma once

#include <optional>
#include <string>

#include "harness/scenario.hpp"
#include "harness/target.hpp"

namespace tutti::bench {

// What of a scenario it cannot do that way, as words for a report; nothing if it can.
std::optional<std::string> janus_lacks(const Scenario& scenario);

}  // namespace tutti::bench
