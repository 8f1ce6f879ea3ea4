#include "tutti/proto/cc/bandwidth_estimator.hpp"

namespace tutti::cc {

struct BandwidthEstimator::Impl {
  Estimate estimate;
};

BandwidthEstimator::BandwidthEstimator(const EstimatorConfig& config, Timestamp) : impl_(std::make_unique<Impl>()) {
  impl_->estimate.target = impl_->estimate.delay_based = impl_->estimate.loss_based = config.start;
}
BandwidthEstimator::~BandwidthEstimator() = default;
void BandwidthEstimator::on_sent(Timestamp, DataSize) {}
void BandwidthEstimator::on_feedback(Timestamp, std::span<const PacketResult>) {}
void BandwidthEstimator::on_round_trip(Timestamp, TimeDelta) {}
void BandwidthEstimator::on_receiver_report(Timestamp, double) {}
void BandwidthEstimator::on_remb(Timestamp, DataRate) {}
void BandwidthEstimator::set_needed(Timestamp, DataRate) {}
std::optional<ProbeCluster> BandwidthEstimator::take_probe(Timestamp) { return std::nullopt; }
Timestamp BandwidthEstimator::next_deadline() const { return Timestamp::never(); }
void BandwidthEstimator::handle_deadline(Timestamp) {}
void BandwidthEstimator::record_to(EstimatorLog*) {}
const Estimate& BandwidthEstimator::estimate() const { return impl_->estimate; }

}  // namespace tutti::cc
