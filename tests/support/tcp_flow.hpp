// TcpFlow: a sender of bulk data as TCP with SACK behaves, both ends in one: slow start, Reno's or CUBIC's congestion
// avoidance (RFC 5681, RFC 9438), loss by three later acknowledgements (RFC 6675) or by timeout (RFC 6298). Segments
// are counted, their contents do not exist: each transmission has a number of its own, and what is lost is sent again
// under a new one.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <optional>

#include "support/bottleneck.hpp"
#include "support/event_loop.hpp"

namespace tutti::test {

class TcpFlow final : public Actor {
 public:
  enum class Control : uint8_t { kReno, kCubic };
  static constexpr DataSize kSegment = DataSize::bytes(1500), kAck = DataSize::bytes(40);
  static constexpr int64_t kPayload = 1448;  // with timestamps
  static constexpr int64_t kEndless = std::numeric_limits<int64_t>::max();
  using OnDelivered = std::function<void(Timestamp, DataSize, TimeDelta waited)>;

  TcpFlow(NetworkPath& data, NetworkPath& acks, Control control, OnDelivered on_delivered)
      : data_(data), acks_(acks), control_(control), on_delivered_(std::move(on_delivered)) {}

  // A new connection, the last one being done: `segments` to deliver.
  void start(Timestamp now, int64_t segments) {
    unsent_ = segments;
    window_ = 10;  // RFC 6928
    threshold_ = 1e9;
    recovery_end_ = next_;
    epoch_.reset();
    pump(now);
  }
  static int64_t segments(DataSize size) { return (size.bytes() + kPayload - 1) / kPayload; }
  bool is_done() const { return unsent_ == 0 && in_flight_.empty(); }

  Timestamp next_deadline() const override {
    Timestamp next = in_flight_.empty() ? Timestamp::never() : timeout_at_;
    if (!arriving_.empty()) next = std::min(next, arriving_.front().at);
    if (!acknowledging_.empty()) next = std::min(next, acknowledging_.front().at);
    return next;
  }
  void handle_deadline(Timestamp now) override {
    while (!arriving_.empty() && arriving_.front().at <= now) {
      const InFlight segment = arriving_.front();
      arriving_.pop_front();
      if (on_delivered_) on_delivered_(now, kSegment, segment.waited);
      if (const auto ack = acks_.send(now, kAck)) acknowledging_.push_back({ack->at, {}, segment.number});
    }
    while (!acknowledging_.empty() && acknowledging_.front().at <= now) {
      const int64_t number = acknowledging_.front().number;
      acknowledging_.pop_front();
      on_ack(now, number);
    }
    if (!in_flight_.empty() && timeout_at_ <= now) on_timeout(now);
    pump(now);
  }

 private:
  struct InFlight {
    Timestamp at;
    TimeDelta waited;
    int64_t number;
  };
  struct Sent {
    int64_t number;
    Timestamp at;
  };
  struct Epoch {  // of CUBIC: since the last loss
    Timestamp begin;
    double most, seconds_to_most, reno;
  };

  void pump(Timestamp now) {
    while (unsent_ > 0 && static_cast<double>(in_flight_.size()) < window_) {
      if (unsent_ != kEndless) --unsent_;
      const int64_t number = next_++;
      if (in_flight_.empty()) timeout_at_ = now + timeout_;
      in_flight_.push_back({number, now});
      if (const auto arrival = data_.send(now, kSegment)) arriving_.push_back({arrival->at, arrival->waited, number});
    }
  }
  void on_ack(Timestamp now, int64_t number) {
    const auto it = std::lower_bound(in_flight_.begin(), in_flight_.end(), number,
                                     [](const Sent& s, int64_t n) { return s.number < n; });
    if (it == in_flight_.end() || it->number != number) return;
    const TimeDelta sample = now - it->at;
    in_flight_.erase(it);
    measure(sample);
    timeout_at_ = now + timeout_;
    grow(now);
    while (!in_flight_.empty() && in_flight_.front().number + 3 <= number) lose_first(now);
  }
  void grow(Timestamp now) {
    if (window_ < threshold_) {
      window_ += 1;
    } else if (control_ == Control::kReno) {
      window_ += 1 / window_;
    } else {
      window_ += std::clamp((cubic_target(now) - window_) / window_, 0.0, 0.5);
    }
  }
  // RFC 9438 §4.2 to 4.4, C = 0.4, beta = 0.7: no slower than Reno would be.
  double cubic_target(Timestamp now) {
    if (!epoch_) epoch_ = Epoch{now, window_, 0, window_};
    epoch_->reno += 3 * (1 - 0.7) / (1 + 0.7) / window_;
    const double t = (now + smoothed_ - epoch_->begin).seconds_f() - epoch_->seconds_to_most;
    return std::max(epoch_->reno, 0.4 * t * t * t + epoch_->most);
  }
  void lose_first(Timestamp now) {
    const int64_t number = in_flight_.front().number;
    in_flight_.pop_front();
    if (unsent_ != kEndless) ++unsent_;
    if (number >= recovery_end_) back_off(now);
  }
  // Once for each round trip.
  void back_off(Timestamp now) {
    recovery_end_ = next_;
    const double before = window_, share = control_ == Control::kReno ? 0.5 : 0.7;
    window_ = threshold_ = std::max(2.0, window_ * share);
    epoch_ = Epoch{now, before, std::cbrt(before * (1 - share) / 0.4), window_};
  }
  void on_timeout(Timestamp now) {
    while (!in_flight_.empty()) lose_first(now);
    window_ = 1;
    timeout_ = std::min(timeout_ * 2, TimeDelta::seconds(60));
  }
  void measure(TimeDelta sample) {
    if (smoothed_ == TimeDelta::zero()) {
      smoothed_ = sample;
      variation_ = sample / 2;
    } else {
      const TimeDelta off = sample > smoothed_ ? sample - smoothed_ : smoothed_ - sample;
      variation_ = (variation_ * 3 + off) / 4;
      smoothed_ = (smoothed_ * 7 + sample) / 8;
    }
    timeout_ = std::max(TimeDelta::millis(200), smoothed_ + variation_ * 4);  // the least that Linux waits
  }

  NetworkPath& data_;
  NetworkPath& acks_;
  Control control_;
  OnDelivered on_delivered_;
  std::deque<InFlight> arriving_, acknowledging_;  // paths do not reorder
  std::deque<Sent> in_flight_;                     // by number
  int64_t unsent_ = 0, next_ = 0, recovery_end_ = 0;
  double window_ = 10, threshold_ = 1e9;  // in segments
  std::optional<Epoch> epoch_;
  TimeDelta smoothed_, variation_, timeout_ = TimeDelta::seconds(1);
  Timestamp timeout_at_;
};

}  // namespace tutti::test
