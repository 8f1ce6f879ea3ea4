// Bottleneck: the one slow link that several flows share: a rate that changes on a schedule and a drop-tail queue of so
// many milliseconds. NetworkPath: one flow's way in one direction, through a bottleneck or none, with its own delay and
// jitter. All of it from a seed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "tutti/base/random.hpp"
#include "tutti/base/units.hpp"

namespace tutti::test {

// IPv4 and UDP: what a link carries of each datagram beyond what its sender counts.
inline constexpr DataSize kIpUdpHeaders = DataSize::bytes(28);

class RateSchedule {
 public:
  struct Step {
    Timestamp from;
    DataRate rate;
  };
  // By time; the first step holds before it too.
  explicit RateSchedule(std::vector<Step> steps) : steps_(std::move(steps)) {}

  DataRate at(Timestamp t) const { return steps_[index(t)].rate; }
  const std::vector<Step>& steps() const { return steps_; }
  // When the last bit of what begins to be sent at `start` is through, however often the rate changes meanwhile.
  Timestamp finish(Timestamp start, DataSize size) const {
    int64_t bits_us = size.bytes() * 8'000'000;  // bit/s times us
    for (size_t i = index(start);; ++i) {
      const int64_t rate = steps_[i].rate.bps();
      if (i + 1 == steps_.size()) return start + TimeDelta::micros((bits_us + rate - 1) / rate);
      const int64_t room = rate * (steps_[i + 1].from - start).us();
      if (bits_us <= room) return start + TimeDelta::micros((bits_us + rate - 1) / rate);
      bits_us -= room;
      start = steps_[i + 1].from;
    }
  }
  DataSize carried(Timestamp from, Timestamp to) const {
    DataSize sum;
    for (size_t i = index(from); from < to; ++i) {
      const Timestamp end = i + 1 == steps_.size() ? to : std::min(to, steps_[i + 1].from);
      sum += steps_[i].rate * (end - from);
      from = end;
    }
    return sum;
  }

 private:
  size_t index(Timestamp t) const {
    size_t i = 0;
    while (i + 1 < steps_.size() && steps_[i + 1].from <= t) ++i;
    return i;
  }
  std::vector<Step> steps_;
};

class Bottleneck {
 public:
  struct Passage {
    Timestamp leaves;
    TimeDelta waited;  // in the queue, without its own time on the link
  };

  Bottleneck(RateSchedule rate, TimeDelta max_queue) : rate_(std::move(rate)), max_queue_(max_queue) {}

  // Nothing if the queue is full. Calls come in order of time: the queue serves in their order.
  std::optional<Passage> send(Timestamp now, DataSize size) {
    const TimeDelta waits = queue(now);
    if (waits > max_queue_) return std::nullopt;
    free_at_ = rate_.finish(now + waits, size);
    return Passage{free_at_, waits};
  }
  // How long who came now would wait.
  TimeDelta queue(Timestamp now) const { return std::max(TimeDelta::zero(), free_at_ - now); }
  const RateSchedule& rate() const { return rate_; }

 private:
  RateSchedule rate_;
  TimeDelta max_queue_;
  Timestamp free_at_;
};

class NetworkPath {
 public:
  struct Conditions {
    TimeDelta delay = TimeDelta::millis(50);
    // Up to this much more, about half of it most of the time (a normal distribution, cut off at three sigma), and
    // never so that packets overtake each other: RFC 8868's jitter without reordering.
    TimeDelta max_jitter = TimeDelta::millis(30);
    double loss = 0;  // behind the bottleneck: what is lost here took its share of it
  };
  struct Arrival {
    Timestamp at;
    TimeDelta waited;
  };

  // `bottleneck` may be null.
  NetworkPath(Conditions conditions, Bottleneck* bottleneck, uint64_t seed)
      : conditions_(conditions), bottleneck_(bottleneck), random_(seed) {}

  // Nothing if it is lost. `size`: on the link, headers of IP included.
  std::optional<Arrival> send(Timestamp now, DataSize size) {
    Bottleneck::Passage passage{now, TimeDelta::zero()};
    if (bottleneck_) {
      const auto through = bottleneck_->send(now, size);
      if (!through) return std::nullopt;
      passage = *through;
    }
    const bool lost = random_.unit() < conditions_.loss;
    const Timestamp at = passage.leaves + conditions_.delay + jitter();
    if (lost) return std::nullopt;
    last_ = std::max(last_, at);
    return Arrival{last_, passage.waited};
  }
  const Conditions& conditions() const { return conditions_; }

 private:
  // Twelve uniform numbers make a normal one of variance 1, the same on every machine.
  TimeDelta jitter() {
    if (conditions_.max_jitter == TimeDelta::zero()) return {};
    double normal = -6;
    for (int i = 0; i < 12; ++i) normal += random_.unit();
    const double share = std::clamp(0.5 + normal / 6, 0.0, 1.0);
    return TimeDelta::micros(static_cast<int64_t>(share * static_cast<double>(conditions_.max_jitter.us())));
  }

  Conditions conditions_;
  Bottleneck* bottleneck_;
  SeededRandom random_;
  Timestamp last_;
};

}  // namespace tutti::test
