// The body of a keyed participant's join, as tuttid's REST interface takes it (docs/openapi.yaml, JoinKeyed).
#pragma once

#include <string>

#include "harness/target.hpp"

namespace tutti::bench {

std::string keyed_body(const KeyedJoin& join);
std::string webrtc_body(const WebrtcJoin& join);

}  // namespace tutti::bench
