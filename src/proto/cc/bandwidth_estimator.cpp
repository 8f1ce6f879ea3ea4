#include "tutti/proto/cc/bandwidth_estimator.hpp"

#include <algorithm>
#include <cmath>

#include "proto/cc/acknowledged_rate.hpp"
#include "proto/cc/alr_detector.hpp"
#include "proto/cc/delay_based_estimator.hpp"
#include "proto/cc/feedback_watch.hpp"
#include "proto/cc/loss_based_estimator.hpp"
#include "proto/cc/probe_controller.hpp"
#include "proto/cc/probe_rate_estimator.hpp"
#include "proto/cc/report_based_estimator.hpp"
#include "proto/cc/robust_throughput.hpp"
#include "tutti/proto/cc/estimator_log.hpp"

namespace tutti::cc {
namespace {

// A probe's result is not believed further below what went through than this: five packets may have met a spike.
constexpr double kProbeOfThroughput = 0.85;
// A queue that stands already would be measured with the probe, and the probe would make it longer.
constexpr TimeDelta kQueueAtProbe = TimeDelta::millis(15);
constexpr double kSudden = 0.75;
// A probe that lifts the rate so far changes what is sent, too.
constexpr double kLift = 1.2;
// Of Estimate::loss.
constexpr double kLossSeconds = 1;

}  // namespace

struct BandwidthEstimator::Impl {
  explicit Impl(const EstimatorConfig& c)
      : config(c), delay(c), loss(c), probes(c), reports(c), window_start(Timestamp::long_ago()) {
    estimate.target = estimate.delay_based = estimate.loss_based = std::clamp(c.start, c.min, c.max);
    alr.set_estimate(estimate.target);
  }

  void on_sent(Timestamp now, DataSize size);
  void on_feedback(Timestamp now, std::span<const PacketResult> packets);
  void handle_deadline(Timestamp now);
  std::optional<DataRate> throughput() const;
  std::optional<DataRate> believed(std::optional<ProbeResult> probed, std::optional<DataRate> through) const;
  void count_loss(Timestamp now, std::span<const PacketResult> packets);
  ProbeRoom room() const;
  void update(Timestamp now);
  void record(Timestamp now, const auto& what) {
    if (log) log->add(now, what);
  }
  void record_estimate(Timestamp now) {
    if (!log || estimate == recorded) return;
    recorded = estimate;
    log->add(now, EstimateRecord{estimate});
  }

  EstimatorConfig config;
  Estimate estimate;
  DelayBasedEstimator delay;
  LossBasedEstimator loss;
  AcknowledgedRate acknowledged;
  RobustThroughput robust;
  AlrDetector alr;
  ProbeController probes;
  ProbeRateEstimator probe_rates;
  ReportBasedEstimator reports;
  FeedbackWatch watch;
  bool started = false, reported = false;
  double lost_packets = 0, told_packets = 0;  // fading
  Timestamp window_start;
  EstimatorLog* log = nullptr;
  Estimate recorded;
};

void BandwidthEstimator::Impl::on_sent(Timestamp now, DataSize size) {
  const bool was_limited = alr.limited();
  alr.on_sent(now, size);
  if (alr.limited() != was_limited) {
    estimate.application_limited = alr.limited();
    probes.set_limited(now, alr.limited());
    // What comes now is another rate, not a change of the path.
    if (was_limited) acknowledged.expect_change();
  }
  watch.on_sent(now);
  reports.on_sent(size);
  if (!started) {
    started = true;
    probes.on_started(now);
  }
}

void BandwidthEstimator::Impl::on_feedback(Timestamp now, std::span<const PacketResult> packets) {
  if (packets.empty()) return;
  watch.on_feedback(now, packets);
  count_loss(now, packets);
  std::optional<ProbeResult> probed;
  for (const PacketResult& packet : packets) {
    if (!packet.arrived) continue;
    acknowledged.on_packet(*packet.arrived, packet.size);
    robust.on_packet(packet.sent, *packet.arrived, packet.size);
    if (packet.probe == 0) continue;
    if (const auto result = probe_rates.on_packet(packet)) probed = result;
  }
  const auto through_lately = robust.rates();
  estimate.acknowledged = through_lately ? std::optional(through_lately->lesser()) : acknowledged.rate();
  delay.set_sent(through_lately ? std::optional(through_lately->sent) : std::nullopt);
  if (const auto round_trip = watch.round_trip()) delay.set_round_trip(*round_trip);
  const auto through = throughput();
  const DataRate before = delay.rate();
  delay.on_feedback(now, packets, through, believed(probed, through), estimate.loss);
  if (delay.rate() > before * kLift) acknowledged.expect_change();
  loss.on_feedback(packets, through, delay.rate(), alr.limited());
  update(now);
  probes.on_estimate(now, estimate.target, estimate.link_capacity, probed, room());
  if (delay.recovered()) probes.on_recovered(now);
}

// The lesser of the two while the path is overused: the one over a second still holds what the path carried before it
// shrank.
std::optional<DataRate> BandwidthEstimator::Impl::throughput() const {
  const auto slow = estimate.acknowledged;
  const auto fast = acknowledged.rate();
  if (slow && fast && delay.use() == PathUse::kOver && *fast < *slow * kSudden) return fast;
  return slow;
}

std::optional<DataRate> BandwidthEstimator::Impl::believed(std::optional<ProbeResult> probed,
                                                           std::optional<DataRate> through) const {
  const auto rate = probed ? probes.believed(*probed) : std::nullopt;
  if (!rate || !through) return rate;
  return std::max(*rate, std::min(delay.rate(), *through * kProbeOfThroughput));
}

void BandwidthEstimator::Impl::count_loss(Timestamp now, std::span<const PacketResult> packets) {
  const double fade = std::exp(-(now - window_start).seconds_f() / kLossSeconds);
  window_start = now;
  lost_packets *= fade;
  told_packets *= fade;
  for (const PacketResult& packet : packets) {
    if (packet.was_lost) {
      lost_packets = std::max(0.0, lost_packets - 1);
    } else {
      told_packets += 1;
      if (!packet.arrived) lost_packets += 1;
    }
  }
  estimate.loss = told_packets > 0 ? std::min(1.0, lost_packets / told_packets) : 0;
}

ProbeRoom BandwidthEstimator::Impl::room() const {
  if (delay.use() != PathUse::kNormal || delay.queue() > kQueueAtProbe) return ProbeRoom::kNone;
  switch (loss.state()) {
    case LossState::kDelayBased:
      return ProbeRoom::kFree;
    case LossState::kIncreasing:
      return ProbeRoom::kLossRising;
    case LossState::kDecreasing:
      return ProbeRoom::kNone;
  }
  return ProbeRoom::kFree;
}

void BandwidthEstimator::Impl::handle_deadline(Timestamp now) {
  if (watch.take_decrease(now)) {
    delay.lower(now, estimate.target * FeedbackWatch::kFactor);
    update(now);
  }
  probes.handle_deadline(now);
}

void BandwidthEstimator::Impl::update(Timestamp now) {
  estimate.link_capacity = delay.link_capacity();
  estimate.round_trip = watch.round_trip().value_or(TimeDelta::zero());
  estimate.queue = delay.queue();
  estimate.use = delay.use();

  const bool by_reports = reported && !watch.is_alive(now);
  estimate.delay_based = by_reports ? reports.rate() : delay.rate();
  estimate.loss_based = by_reports ? reports.rate() : std::min(loss.rate().value_or(delay.rate()), config.max);
  estimate.target = std::min(estimate.delay_based, estimate.loss_based);
  estimate.limited_by = estimate.loss_based < estimate.delay_based || by_reports ? LimitedBy::kLoss : LimitedBy::kDelay;
  if (!watch.ever() && !reported) estimate.limited_by = LimitedBy::kStart;
  if (const auto remb = reports.receiver_limit(); remb && *remb < estimate.target) {
    estimate.target = *remb;
    estimate.limited_by = LimitedBy::kReceiver;
  }
  if (estimate.target >= config.max) estimate.limited_by = LimitedBy::kMaximum;
  estimate.target = std::clamp(estimate.target, config.min, config.max);
  alr.set_estimate(estimate.target);
  record_estimate(now);
}

BandwidthEstimator::BandwidthEstimator(const EstimatorConfig& config, Timestamp)
    : impl_(std::make_unique<Impl>(config)) {}
BandwidthEstimator::~BandwidthEstimator() = default;

void BandwidthEstimator::on_sent(Timestamp now, DataSize size) {
  impl_->record(now, SentRecord{size});
  impl_->on_sent(now, size);
}

void BandwidthEstimator::on_feedback(Timestamp now, std::span<const PacketResult> packets) {
  if (impl_->log) {
    for (const PacketResult& packet : packets) impl_->record(now, FeedbackRecord{packet, &packet == &packets.back()});
  }
  impl_->on_feedback(now, packets);
}

void BandwidthEstimator::on_round_trip(Timestamp now, TimeDelta sample) {
  impl_->record(now, RoundTripRecord{sample});
  impl_->watch.on_round_trip(now, sample);
}

void BandwidthEstimator::on_receiver_report(Timestamp now, double fraction_lost) {
  impl_->record(now, ReceiverReportRecord{fraction_lost});
  if (impl_->watch.is_alive(now)) return;
  impl_->reported = true;
  impl_->estimate.loss = fraction_lost;
  impl_->reports.on_report(now, fraction_lost, impl_->watch.round_trip().value_or(TimeDelta::zero()));
  impl_->update(now);
}

void BandwidthEstimator::on_remb(Timestamp now, DataRate rate) {
  impl_->record(now, RembRecord{rate});
  impl_->reported = true;
  impl_->reports.on_remb(now, rate);
  impl_->update(now);
}

void BandwidthEstimator::set_needed(Timestamp now, DataRate needed) {
  impl_->record(now, NeededRecord{needed});
  impl_->reports.set_needed(needed);
  impl_->probes.set_needed(now, needed);
}

std::optional<ProbeCluster> BandwidthEstimator::take_probe(Timestamp now) {
  const auto cluster = impl_->probes.take(now);
  if (cluster) {
    impl_->record(now, ProbeRecord{*cluster});
    impl_->probe_rates.on_cluster(*cluster);
  }
  return cluster;
}

Timestamp BandwidthEstimator::next_deadline() const {
  return std::min(impl_->probes.next_deadline(), impl_->watch.next_deadline());
}

void BandwidthEstimator::handle_deadline(Timestamp now) {
  impl_->record(now, DeadlineRecord{});
  impl_->handle_deadline(now);
}

const Estimate& BandwidthEstimator::estimate() const { return impl_->estimate; }

void BandwidthEstimator::record_to(EstimatorLog* log) {
  impl_->log = log;
  impl_->recorded = {};
}

}  // namespace tutti::cc
