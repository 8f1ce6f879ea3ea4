#include "tutti/proto/cc/estimator_log.hpp"

namespace tutti::cc {
namespace {

// Hands each input to the estimator, feedback once its last packet has come.
struct Feed {
  BandwidthEstimator& estimator;
  std::vector<PacketResult>& packets;
  Timestamp at;
  void operator()(const SentRecord& r) const { estimator.on_sent(at, r.size); }
  void operator()(const FeedbackRecord& r) const {
    packets.push_back(r.packet);
    if (!r.last) return;
    estimator.on_feedback(at, packets);
    packets.clear();
  }
  void operator()(const RoundTripRecord& r) const { estimator.on_round_trip(at, r.sample); }
  void operator()(const ReceiverReportRecord& r) const { estimator.on_receiver_report(at, r.fraction_lost); }
  void operator()(const RembRecord& r) const { estimator.on_remb(at, r.rate); }
  void operator()(const NeededRecord& r) const { estimator.set_needed(at, r.needed); }
  void operator()(const DeadlineRecord&) const { estimator.handle_deadline(at); }
  void operator()(const EstimateRecord&) const {}
  void operator()(const ProbeRecord&) const { estimator.take_probe(at); }
};

}  // namespace

std::vector<TimedEstimate> replay(const EstimatorLog& log) {
  BandwidthEstimator estimator(log.config(), log.start());
  std::vector<PacketResult> packets;
  std::vector<TimedEstimate> estimates;
  for (size_t i = 0; i < log.size(); ++i) {
    const Timestamp at = log[i].at;
    std::visit(Feed{estimator, packets, at}, log[i].what);
    const Estimate& now = estimator.estimate();
    if (estimates.empty() || estimates.back().estimate != now) estimates.push_back({at, now});
  }
  return estimates;
}

}  // namespace tutti::cc
