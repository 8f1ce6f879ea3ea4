#include "peer/negotiation_extensions.hpp"

namespace tutti::peer {

using rtp::Extension;

std::vector<sdp::ExtMap> ExtensionAgreement::agree(const std::vector<sdp::ExtMap>& offered, sdp::Direction client,
                                                   bool mixed) {
  const bool two_bytes = mixed || !sdp::receives(client);
  std::vector<sdp::ExtMap> answered;
  rtp::ExtensionIds of_line;
  for (const sdp::ExtMap& map : offered) {
    const auto extension = rtp::extension_from_uri(map.uri);
    // 15 is not usable in the one-byte form; ids above 255 are placeholders of an offer that ran out of numbers.
    if (!extension || map.id == 15 || map.id > 255 || map.direction == sdp::Direction::kInactive) continue;
    if (map.id > rtp::kMaxOneByteId && !two_bytes) continue;
    if (of_line.has(*extension) || (*extension == Extension::kVideoLayersAllocation && !sdp::sends(client))) continue;
    const auto id = static_cast<uint8_t>(map.id);
    if (meaning_of_id_.emplace(map.id, *extension).first->second != *extension) continue;
    if (*extension == Extension::kMid || *extension == Extension::kRid || *extension == Extension::kRepairedRid) {
      if (bundle_.has(*extension) && bundle_.get(*extension) != id) continue;
      bundle_.set(*extension, id);
    }
    of_line.set(*extension, id);
    answered.push_back({map.id, std::nullopt, map.uri, {}});
    if (map.direction) answered.back().direction = sdp::reversed(*map.direction);
  }
  return answered;
}

rtp::ExtensionIds ids_of(const std::vector<sdp::ExtMap>& answered) {
  rtp::ExtensionIds ids;
  for (const sdp::ExtMap& map : answered) {
    if (const auto e = rtp::extension_from_uri(map.uri)) ids.set(*e, static_cast<uint8_t>(map.id));
  }
  return ids;
}

}  // namespace tutti::peer
