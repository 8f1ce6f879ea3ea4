// Pacer: how much may leave towards one subscriber now, and when the next burst may. The estimate says what the path
// carries; frames come all at once, and sent so they would fill the bottleneck's queue, or overflow it, though the rate
// fits. What waits is its caller's affair (peer::PacedQueue). It counts time, not bytes: each packet takes what the
// path needs for it, and a burst begins when the one before it is over. Owned by a Peer; no memory beyond itself.
#pragma once

#include "tutti/base/units.hpp"
#include "tutti/proto/cc/estimate.hpp"

namespace tutti::cc {

class Pacer {
 public:
  // Of the target. A frame of average size leaves in half its interval, so that it neither waits for the next one nor
  // doubles what the bottleneck holds of it: at 1.5 a keyframe of six frames would take four intervals, and at 2.5,
  // libwebrtc's, three fifths of each frame would queue in the network, where nothing can overtake it. An SFU cannot
  // ask the encoder for smaller frames.
  static constexpr int64_t kFactorPercent = 200;
  // And at least, where the path is known to carry no more.
  static constexpr int64_t kLeastPercent = 125;
  // What leaves at once is what the rate carries in this time, or one packet. Also how often a queue wakes its worker.
  static constexpr TimeDelta kBurst = TimeDelta::millis(5);
  // Where the path has shown no queue yet: a frame of average size leaves as one run, which costs the kernel a third of
  // what three cost, and were the estimate all that there is, it would queue for less than a frame's interval.
  static constexpr TimeDelta kFreeBurst = TimeDelta::millis(15);
  // Where what waits would take longer, the rate is raised so that it does not, to kMaxRaisePercent at most.
  static constexpr TimeDelta kQueueTime = TimeDelta::millis(500);
  static constexpr int64_t kMaxRaisePercent = 200;
  // While a queue stands on the path nothing goes faster than the target: bursts would add delay or be lost, and it
  // would not drain.
  static constexpr TimeDelta kStandingQueue = TimeDelta::millis(60);
  // The capacity is measured where the queue began to grow.
  static constexpr double kOverCapacity = 1.1;
  // What is sent unasked (sound, probes) delays what follows it by no more than this.
  static constexpr TimeDelta kMaxDebt = TimeDelta::millis(500);

  // Before anything is asked. `waiting`: all that waits, `oldest`: how long its oldest packet has.
  void update(const Estimate& estimate, DataSize waiting, TimeDelta oldest);
  // Whether a packet fits into the burst that is going out, or begins one.
  bool may_send(Timestamp now, DataSize size) const {
    return busy_until_ <= now || busy_until_ + time_of(size) <= now + burst_;
  }
  // Whatever was sent, whether asked for or not.
  void on_sent(Timestamp now, DataSize size);
  // When all that was sent has been carried: a whole burst may leave then.
  Timestamp next_burst() const { return busy_until_; }
  DataRate rate() const { return rate_; }

 private:
  TimeDelta time_of(DataSize size) const { return TimeDelta::micros(size.bytes() * 8'000'000 / rate_.bps()); }

  DataRate rate_ = DataRate::kbps(300);
  TimeDelta burst_ = kBurst;
  Timestamp busy_until_ = Timestamp::long_ago();
};

}  // namespace tutti::cc
