// KeyframeRequester: merges the wishes of all subscribers of one track layer for a keyframe into few requests to its
// publisher. Encoders pay for a keyframe with the bitrate of a second, so a storm of newcomers must not become a storm
// of keyframes. Owned by the ingress stream of a Peer.
#pragma once

#include <cstdint>

#include "tutti/base/units.hpp"

namespace tutti::rtpstream {

class KeyframeRequester {
 public:
  // At most one request in this time, and a repeat after it while no keyframe came.
  static constexpr TimeDelta kInterval = TimeDelta::millis(500);
  // After so many repeats in vain the publisher is not sending this layer: then only each kSlowInterval, until somebody
  // asks again.
  static constexpr int kMaxRepeats = 8;
  static constexpr TimeDelta kSlowInterval = TimeDelta::seconds(5);

  // Somebody needs a keyframe. The first time poll is due at once.
  void request(Timestamp now);
  // A keyframe began to arrive: it serves everybody who asked until now. Who asks while the rest of it comes in missed
  // its beginning and is not served.
  void on_keyframe(Timestamp now);
  // True if a request must be sent now.
  bool poll(Timestamp now);
  // never() while nobody waits.
  Timestamp next_deadline() const { return send_at_; }
  // Nobody waits any more: the layer is muted or has no subscribers.
  void cancel();

  bool pending() const { return pending_; }
  uint64_t sent() const { return sent_; }
  // Wishes that another request already served.
  uint64_t merged() const { return merged_; }

 private:
  bool pending_ = false;
  int sends_ = 0;  // for what is pending, since somebody last asked
  bool sent_for_pending_ = false;
  Timestamp last_sent_ = Timestamp::long_ago();
  Timestamp send_at_ = Timestamp::never();
  uint64_t sent_ = 0, merged_ = 0;
};

}  // namespace tutti::rtpstream
