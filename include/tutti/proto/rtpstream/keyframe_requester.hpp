// KeyframeRequester: the keyframe requests (RFC 4585 §6.3.1 PLI, RFC 5104 §4.3.1 FIR) of all subscribers to one track
// layer become as few as the publisher needs: the first at once, repeats at most one each interval until a keyframe
// comes. Owned by the track's layer; one worker's thread; time is given.
#pragma once

#include <cstdint>
#include <optional>

#include "tutti/base/units.hpp"

namespace tutti::rtpstream {

class KeyframeRequester {
 public:
  static constexpr TimeDelta kInterval = TimeDelta::millis(500);

  explicit KeyframeRequester(TimeDelta interval = kInterval) : interval_(interval) {}

  // Somebody needs a keyframe. True: send a request now. False: it is merged into the one under way, or kept until the
  // interval is over (next_deadline).
  bool request(Timestamp now);
  // A keyframe whose first packet came at `started`. It answers the requests made up to then; one made later, while the
  // keyframe was already coming in, missed its beginning and stays open.
  void on_keyframe(Timestamp started);
  // True: send a request now, because the last one was not answered or a kept one's time has come.
  bool poll(Timestamp now);
  // When to call poll next; never() if no request is open.
  Timestamp next_deadline() const;
  // Nobody needs it any more (the layer is muted, or without subscribers).
  void cancel() { open_since_.reset(); }

  bool is_open() const { return open_since_.has_value(); }
  uint64_t sent() const { return sent_; }
  // Requests that did not cause one of their own.
  uint64_t merged() const { return merged_; }

 private:
  bool send(Timestamp now);

  TimeDelta interval_;
  std::optional<Timestamp> open_since_;  // the latest request without an answer
  std::optional<Timestamp> last_sent_;
  uint64_t sent_ = 0, merged_ = 0;
};

}  // namespace tutti::rtpstream
