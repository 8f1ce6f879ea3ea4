#include "proto/cc/delay_based_estimator.hpp"

namespace tutti::cc {

void DelayBasedEstimator::on_feedback(Timestamp now, std::span<const PacketResult> packets,
                                      std::optional<DataRate> throughput, std::optional<DataRate> probed, double loss) {
  recovered_ = false;
  bool any = false;
  for (const PacketResult& packet : packets) {
    if (!packet.arrived) continue;
    if (!any && now - last_feedback_ > kSilence) {
      groups_ = {};
      trendline_ = {};
    }
    any = true;
    queue_.on_packet(packet.sent, *packet.arrived);
    if (packet.probe != 0) {
      groups_ = {};
      continue;
    }
    const PathUse before = trendline_.use();
    if (const auto deltas = groups_.on_packet(now, packet.sent, *packet.arrived)) {
      trendline_.on_group(*deltas, *packet.arrived);
      if (before == PathUse::kUnder && trendline_.use() == PathUse::kNormal) recovered_ = true;
    }
  }
  if (!any) return;
  last_feedback_ = now;
  queue_.end_feedback(now);
  judge(throughput, loss);
  rate_control_.set_queue(queue_.standing());

  if (use_ != PathUse::kOver) {
    if (probed) {
      rate_control_.set_rate(now, *probed);
    } else {
      rate_control_.update(now, use_, throughput);
    }
  } else if (throughput) {
    if (rate_control_.may_fall(now, *throughput)) rate_control_.update(now, PathUse::kOver, throughput);
  } else if (rate_control_.may_fall(now, rate_control_.rate())) {
    // Overused before anything is known of the path: the start was far too high.
    rate_control_.set_rate(now, rate_control_.rate() * 0.5);
  }
}

void DelayBasedEstimator::judge(std::optional<DataRate> throughput, double loss) {
  use_ = trendline_.use();
  if (use_ == PathUse::kOver && queue_.standing() < kLeastQueue) use_ = PathUse::kNormal;
  const bool full = loss > kFullLoss && queue_.standing() > kFullQueue;
  if (full && throughput && rate_control_.rate() > *throughput) use_ = PathUse::kOver;
}

}  // namespace tutti::cc
