// Numbers for new slots that nobody else in the session has: SSRCs and pair numbers. Private to peer.
#pragma once

#include <cstdint>
#include <set>

#include "tutti/base/ids.hpp"
#include "tutti/base/random.hpp"
#include "tutti/peer/negotiation.hpp"
#include "tutti/wire/sdp/session.hpp"

namespace tutti::peer {

class SlotNumbers {
 public:
  // Our SSRCs stay clear of those that the offer declares and those of the slots there are: they share one RTP session
  // (RFC 3550 §8.2).
  SlotNumbers(const sdp::Session& offer, const Session* previous, Random& random);

  Ssrc fresh_ssrc();
  // The lowest number that no slot of this kind has, so that a stopped m-line moves no other's msid.
  uint32_t fresh_pair(MediaKind kind);

 private:
  std::set<uint32_t>& pairs(MediaKind kind) { return kind == MediaKind::kAudio ? audio_pairs_ : video_pairs_; }

  Random& random_;
  std::set<Ssrc> ssrcs_;
  std::set<uint32_t> audio_pairs_;
  std::set<uint32_t> video_pairs_;
};

}  // namespace tutti::peer
