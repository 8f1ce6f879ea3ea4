#include "tutti/proto/rtpstream/keyframe_requester.hpp"

#include <algorithm>

namespace tutti::rtpstream {

void KeyframeRequester::request(Timestamp now) {
  sends_ = 0;
  if (pending_) {
    ++merged_;
    // A repeat may have slowed down; somebody asks again, so it is worth the effort.
    send_at_ = std::min(send_at_, std::max(now, last_sent_ + kInterval));
    return;
  }
  pending_ = true;
  sent_for_pending_ = false;
  send_at_ = std::max(now, last_sent_ + kInterval);
}

void KeyframeRequester::on_keyframe(Timestamp) {
  if (pending_ && !sent_for_pending_) ++merged_;
  cancel();
}

bool KeyframeRequester::poll(Timestamp now) {
  if (now < send_at_) return false;
  last_sent_ = now;
  sent_for_pending_ = true;
  ++sent_;
  ++sends_;
  send_at_ = now + (sends_ > kMaxRepeats ? kSlowInterval : kInterval);
  return true;
}

void KeyframeRequester::cancel() {
  pending_ = false;
  send_at_ = Timestamp::never();
}

}  // namespace tutti::rtpstream
