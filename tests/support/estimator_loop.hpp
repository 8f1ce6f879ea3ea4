// EstimatorLoop: bandwidth estimators in a closed loop, in virtual time, with no packets but their sizes: sources that
// send what the estimate allows, in frames, through a pacer with probes, over one bottleneck that they share. For tests
// of proto/cc; the whole egress over a network is tested in tests/sim.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "tutti/base/random.hpp"
#include "tutti/base/units.hpp"
#include "tutti/proto/cc/bandwidth_estimator.hpp"
#include "tutti/proto/cc/estimator_log.hpp"
#include "tutti/proto/cc/probe_run.hpp"

namespace tutti::test {

struct LoopPath {
  DataRate rate = DataRate::kbps(4000);
  TimeDelta queue = TimeDelta::millis(300);  // packets that would wait longer are dropped
  TimeDelta round_trip = TimeDelta::millis(50);
  TimeDelta feedback = TimeDelta::millis(100);  // between messages
  double loss = 0;                              // at random, beyond the queue
};

struct LoopSource {
  DataRate most = DataRate::kbps(10'000);  // it sends no more than this, whatever the estimate
  DataRate needed = DataRate::kbps(10'000);
  TimeDelta starts;
  cc::EstimatorConfig config = {};
};

class EstimatorLoop {
 public:
  static constexpr TimeDelta kStep = TimeDelta::micros(500);
  static constexpr TimeDelta kFrame = TimeDelta::micros(33'333);
  static constexpr int64_t kPacketBytes = 1200;
  // A sample of what was seen, each 100 ms.
  struct Sample {
    Timestamp at;
    double queue_ms = 0;
    std::vector<double> target_kbps, arrived_kbps;
  };

  EstimatorLoop(LoopPath path, std::vector<LoopSource> sources, uint64_t seed) : path_(path), random_(seed) {
    for (const LoopSource& source : sources) flows_.push_back(std::make_unique<Flow>(source, now_));
  }

  LoopPath& path() { return path_; }
  Timestamp now() const { return now_; }
  cc::BandwidthEstimator& estimator(size_t flow = 0) { return *flows_[flow]->estimator; }
  LoopSource& source(size_t flow = 0) { return flows_[flow]->source; }
  const std::vector<Sample>& samples() const { return samples_; }

  void run(TimeDelta time) {
    for (const Timestamp end = now_ + time; now_ < end; now_ = now_ + kStep) step();
  }

  // Of the last `time`.
  double mean_arrived_kbps(TimeDelta time, size_t flow = 0) const {
    double sum = 0;
    const auto [first, count] = last(time);
    for (size_t i = first; i < samples_.size(); ++i) sum += samples_[i].arrived_kbps[flow];
    return sum / static_cast<double>(count);
  }
  double mean_target_kbps(TimeDelta time, size_t flow = 0) const {
    double sum = 0;
    const auto [first, count] = last(time);
    for (size_t i = first; i < samples_.size(); ++i) sum += samples_[i].target_kbps[flow];
    return sum / static_cast<double>(count);
  }
  double queue_ms_p95(TimeDelta time) const {
    std::vector<double> queue;
    for (size_t i = last(time).first; i < samples_.size(); ++i) queue.push_back(samples_[i].queue_ms);
    std::sort(queue.begin(), queue.end());
    return queue[queue.size() * 95 / 100];
  }
  // How long from `from` until the target was at least (at most, if `below`) this, once; infinite() if never.
  TimeDelta time_to(Timestamp from, double kbps, bool below = false, size_t flow = 0) const {
    for (const Sample& s : samples_) {
      if (s.at >= from && (below ? s.target_kbps[flow] <= kbps : s.target_kbps[flow] >= kbps)) return s.at - from;
    }
    return TimeDelta::infinite();
  }

 private:
  struct Sent {
    Timestamp at;
    std::optional<Timestamp> arrives;  // on the receiver's clock
    int64_t bytes = 0;
    uint8_t probe = 0;
  };
  struct Flow {
    Flow(const LoopSource& s, Timestamp now)
        : source(s), starts(now + s.starts), estimator(std::make_unique<cc::BandwidthEstimator>(s.config, now)) {
      frame_at = feedback_at = starts;
    }
    LoopSource source;
    Timestamp starts, frame_at, feedback_at;
    std::unique_ptr<cc::BandwidthEstimator> estimator;
    int64_t queued_bytes = 0;  // at the pacer
    double credit_bytes = 0;
    std::optional<cc::ProbeRun> probe;
    std::deque<Sent> sent;
    int64_t first = 0;  // number of sent.front()
    struct Message {
      Timestamp at;
      std::vector<cc::PacketResult> packets;
    };
    std::deque<Message> messages;  // on their way back
    DataRate asked;
    int64_t arrived_bytes = 0;  // since the last sample
  };

  std::pair<size_t, size_t> last(TimeDelta time) const {
    const size_t count = std::min(static_cast<size_t>(time.us() / 100'000), samples_.size());
    return {samples_.size() - count, count};
  }

  void step() {
    for (auto& flow : flows_) {
      if (now_ >= flow->starts) run_flow(*flow);
    }
    if (now_ >= sample_at_) sample();
  }

  void run_flow(Flow& flow) {
    cc::BandwidthEstimator& estimator = *flow.estimator;
    if (flow.asked != flow.source.needed) estimator.set_needed(now_, flow.asked = flow.source.needed);
    while (!flow.messages.empty() && flow.messages.front().at <= now_) {
      estimator.on_feedback(now_, flow.messages.front().packets);
      flow.messages.pop_front();
    }
    if (now_ >= estimator.next_deadline()) estimator.handle_deadline(now_);
    const DataRate rate = std::min(estimator.estimate().target, flow.source.most);
    if (now_ >= flow.frame_at) {
      const double jitter = 0.8 + 0.4 * random_.unit();
      // An encoder that has got behind skips.
      const int64_t room = std::max<int64_t>(0, (rate * TimeDelta::millis(200)).bytes() - flow.queued_bytes);
      flow.queued_bytes += std::min((rate * jitter * kFrame).bytes(), room);
      flow.frame_at = flow.frame_at + kFrame;
    }
    pace(flow);
    if (now_ >= flow.feedback_at) give_feedback(flow);
  }

  void pace(Flow& flow) {
    if (!flow.probe) {
      if (const auto cluster = flow.estimator->take_probe(now_)) flow.probe.emplace(*cluster, now_);
    }
    while (flow.probe && flow.probe->may_send(now_)) {
      const int64_t bytes = send_next(flow, flow.probe->id());
      flow.probe->on_sent(now_, DataSize::bytes(bytes));
      if (flow.probe->done()) flow.probe.reset();
    }
    const DataRate rate = flow.estimator->estimate().target * 1.5;
    flow.credit_bytes = std::min(flow.credit_bytes + static_cast<double>(rate.bps()) * kStep.seconds_f() / 8,
                                 static_cast<double>(kPacketBytes));
    while (!flow.probe && flow.credit_bytes > 0 && flow.queued_bytes > 0) {
      flow.credit_bytes -= static_cast<double>(send_next(flow, 0));
    }
  }

  // What waits, or padding.
  int64_t send_next(Flow& flow, uint8_t probe) {
    const int64_t bytes = std::min(kPacketBytes, flow.queued_bytes > 0 ? flow.queued_bytes : 250);
    flow.queued_bytes = std::max<int64_t>(0, flow.queued_bytes - bytes);
    flow.estimator->on_sent(now_, DataSize::bytes(bytes));
    Sent sent{now_, std::nullopt, bytes, probe};
    idle_at_ = std::max(idle_at_, now_);
    if (idle_at_ - now_ <= path_.queue && random_.unit() >= path_.loss) {
      idle_at_ = idle_at_ + TimeDelta::micros(bytes * 8'000'000 / path_.rate.bps());
      sent.arrives = idle_at_ + path_.round_trip / 2;
    }
    flow.sent.push_back(sent);
    return bytes;
  }

  // Everything up to the newest that has arrived, what is missing as lost.
  void give_feedback(Flow& flow) {
    flow.feedback_at = flow.feedback_at + path_.feedback;
    size_t told = 0;
    for (size_t i = 0; i < flow.sent.size(); ++i) {
      if (flow.sent[i].arrives && *flow.sent[i].arrives <= now_) told = i + 1;
    }
    if (told == 0) return;
    typename Flow::Message message{now_ + path_.round_trip / 2, {}};
    for (size_t i = 0; i < told; ++i) {
      const Sent& sent = flow.sent[i];
      cc::PacketResult result;
      result.sequence = ExtSeqNum(flow.first + static_cast<int64_t>(i));
      result.sent = sent.at;
      result.size = DataSize::bytes(sent.bytes);
      result.probe = sent.probe;
      // In steps of 250 us, on a clock of its own.
      if (sent.arrives) {
        result.arrived = Timestamp::from_us(sent.arrives->us() / 250 * 250) + TimeDelta::seconds(1000);
        flow.arrived_bytes += sent.bytes;
      }
      message.packets.push_back(result);
    }
    flow.sent.erase(flow.sent.begin(), flow.sent.begin() + static_cast<std::ptrdiff_t>(told));
    flow.first += static_cast<int64_t>(told);
    flow.messages.push_back(std::move(message));
  }

  void sample() {
    Sample s;
    s.at = now_;
    s.queue_ms = std::max(0.0, (idle_at_ - now_).seconds_f() * 1e3);
    for (auto& flow : flows_) {
      s.target_kbps.push_back(static_cast<double>(flow->estimator->estimate().target.bps()) / 1e3);
      s.arrived_kbps.push_back(static_cast<double>(flow->arrived_bytes) * 8 / 100);
      flow->arrived_bytes = 0;
    }
    samples_.push_back(std::move(s));
    sample_at_ = sample_at_ + TimeDelta::millis(100);
  }

  LoopPath path_;
  SeededRandom random_;
  Timestamp now_ = Timestamp::from_ms(10'000);
  Timestamp sample_at_ = now_ + TimeDelta::millis(100);
  Timestamp idle_at_ = now_;  // when the link has sent all that waits
  std::vector<std::unique_ptr<Flow>> flows_;
  std::vector<Sample> samples_;
};

}  // namespace tutti::test
