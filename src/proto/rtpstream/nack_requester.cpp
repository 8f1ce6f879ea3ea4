#include "tutti/proto/rtpstream/nack_requester.hpp"

#include <utility>

namespace tutti::rtpstream {

std::optional<TimeDelta> NackRequester::on_packet(Timestamp now, ExtSeqNum sequence) {
  if (!highest_) {
    highest_ = sequence;
    return std::nullopt;
  }
  if (sequence > *highest_) {
    advance_to(now, sequence);
    ask_for_reordered(now);
    return std::nullopt;
  }
  const auto it = std::lower_bound(missing_.begin(), missing_.end(), sequence,
                                   [](const Missing& m, ExtSeqNum s) { return m.sequence < s; });
  if (it == missing_.end() || it->sequence != sequence) return std::nullopt;
  if (it->tries > 0) ++recovered_;
  const auto answered_in = it->tries == 1 ? std::optional(now - it->asked_at) : std::nullopt;
  missing_.erase(it);
  if (missing_.empty()) deadline_ = Timestamp::never();
  return answered_in;
}

void NackRequester::set_round_trip_time(TimeDelta rtt) { retry_ = std::clamp(rtt * 5 / 4, kMinRetry, kMaxRetry); }

void NackRequester::forget_before(ExtSeqNum sequence) {
  const auto end =
      std::find_if(missing_.begin(), missing_.end(), [sequence](const Missing& m) { return m.sequence >= sequence; });
  given_up_ += static_cast<uint64_t>(end - missing_.begin());
  missing_.erase(missing_.begin(), end);
  if (missing_.empty()) deadline_ = Timestamp::never();
}

size_t NackRequester::poll(Timestamp now, std::span<SeqNum> out) {
  if (now < deadline_) return 0;
  size_t asked = 0;
  deadline_ = Timestamp::never();
  auto keep = missing_.begin();
  for (Missing& m : missing_) {
    if (m.hopeless(now)) {
      ++given_up_;
      gave_up_ = true;
      continue;
    }
    if (now >= m.ask_at && asked < out.size()) {
      out[asked++] = to_wire(m.sequence);
      ++m.tries;
      m.asked_at = now;
      m.ask_at = now + retry_;
    }
    deadline_ = std::min(deadline_, m.due());
    *keep++ = m;
  }
  missing_.erase(keep, missing_.end());
  asked_ += asked;
  return asked;
}

bool NackRequester::take_given_up() { return std::exchange(gave_up_, false); }

void NackRequester::advance_to(Timestamp now, ExtSeqNum sequence) {
  const ExtSeqNum first = *highest_ + 1;
  const auto gap = static_cast<uint64_t>(sequence - first);
  highest_ = sequence;
  ++advances_;
  if (gap > kMaxMissing) {
    give_up_front(missing_.size());
    given_up_ += gap;
    gave_up_ = true;
    return;
  }
  if (missing_.size() + gap > kMaxMissing) give_up_front(missing_.size() + gap - kMaxMissing);
  for (ExtSeqNum s = first; s < sequence; s = s + 1) missing_.push_back({s, now, now + kReorderDelay, now, advances_, 0});
  if (gap > 0) deadline_ = std::min(deadline_, missing_.back().due());
}

// Holes are noticed in ascending order, so those not asked for yet are the last ones.
void NackRequester::ask_for_reordered(Timestamp now) {
  for (auto m = missing_.rbegin(); m != missing_.rend() && m->tries == 0; ++m) {
    // The packet that showed the hole is the first newer one.
    if (advances_ - m->advances + 1 < kReorderPackets) continue;
    m->ask_at = std::min(m->ask_at, now);
    deadline_ = std::min(deadline_, m->ask_at);
  }
}

void NackRequester::give_up_front(size_t count) {
  if (count == 0) return;
  missing_.erase(missing_.begin(), missing_.begin() + static_cast<std::ptrdiff_t>(count));
  given_up_ += count;
  gave_up_ = true;
  if (missing_.empty()) deadline_ = Timestamp::never();
}

}  // namespace tutti::rtpstream
