// KeyframeRequester: merges the wishes of all subscribers of one track layer for a keyframe into few requests to its
// publisher. Encoders pay for a keyframe with the bitrate of a second, so a storm of newcomers must not become a storm of
// keyframes. Owned by the ingress stream of a Peer.
#pragma once

#include <cstdint>

#include "tutti/base/units.hpp"

namespace tutti::rtpstream {

class KeyframeRequester {
 public:
  // At most one request in this time, and a repeat after it while no keyframe came.
  static constexpr TimeDelta kInterval = TimeDelta::millis(500);
  static constexpr int kMaxRepeats = 8;

  // Somebody needs a keyframe.
  void request(Timestamp now);
  // A keyframe began to arrive: it serves everybody who asked until now.
  void on_keyframe(Timestamp now);
  // True if a request must be sent now.
  bool poll(Timestamp now);
  Timestamp next_deadline() const;

  bool pending() const { return pending_; }
  uint64_t sent() const { return sent_; }
  // Wishes that another request already served.
  uint64_t merged() const { return merged_; }

 private:
  bool pending_ = false;
  int repeats_ = 0;
  Timestamp last_sent_ = Timestamp::long_ago();
  Timestamp send_at_ = Timestamp::never();
  uint64_t sent_ = 0, merged_ = 0;
};

}  // namespace tutti::rtpstream
