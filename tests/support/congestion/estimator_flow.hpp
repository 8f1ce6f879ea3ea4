// EstimatorFlow: the estimator alone. A source that encodes exactly at the target (frames of uneven size, thirty a
// second), a simple pacer, BandwidthEstimator and SentPacketHistory at one end, FeedbackGenerator at the other. No RTP,
// no keys, no room: what happens here is the estimator's doing.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <vector>

#include "support/bottleneck.hpp"
#include "support/congestion/flow.hpp"
#include "support/event_loop.hpp"
#include "tutti/base/random.hpp"
#include "tutti/proto/cc/bandwidth_estimator.hpp"
#include "tutti/proto/cc/estimator_log.hpp"
#include "tutti/proto/cc/feedback_generator.hpp"
#include "tutti/proto/cc/pacer.hpp"
#include "tutti/proto/cc/probe_run.hpp"
#include "tutti/proto/cc/sent_packet_history.hpp"

namespace tutti::test {

class EstimatorFlow final : public Flow, public Actor {
 public:
  struct Options {
    DataRate most = DataRate::kbps(6000);  // what the source can fill
    cc::EstimatorConfig estimator = {};
    uint64_t seed = 1;
    size_t log_records = 0;  // of an EstimatorLog; none
  };
  static constexpr TimeDelta kFrameInterval = TimeDelta::micros(33'333);
  static constexpr DataSize kPacket = DataSize::bytes(1200);

  EstimatorFlow(NetworkPath& media, NetworkPath& feedback, Timestamp begin, Options options)
      : media_(media), feedback_(feedback), options_(options), random_(options.seed), meter_(begin) {}

  void start(Timestamp now) override {
    estimator_.emplace(options_.estimator, now);
    if (options_.log_records > 0) {
      log_.emplace(options_.estimator, now, options_.log_records);
      estimator_->record_to(&*log_);
    }
    estimator_->set_needed(now, options_.most);
    next_frame_ = now;
  }
  void stop(Timestamp now) override { set_paused(now, true); }
  void set_paused(Timestamp now, bool paused) override {
    if (!estimator_) return;
    estimator_->set_needed(now, paused ? DataRate() : options_.most);
    next_frame_ = paused ? Timestamp::never() : now;
    if (paused) queue_.clear();
  }
  DataRate estimate() const override { return estimator_ ? estimator_->estimate().target : DataRate(); }
  const FlowMeter& meter() const override { return meter_; }
  const cc::BandwidthEstimator& estimator() const { return *estimator_; }
  // Null unless asked for in the options.
  const cc::EstimatorLog* log() const { return log_ ? &*log_ : nullptr; }

  Timestamp next_deadline() const override {
    if (!estimator_) return Timestamp::never();
    Timestamp next = std::min({next_frame_, generator_.next_deadline(), estimator_->next_deadline()});
    if (probe_) {
      next = std::min(next, probe_->due());
    } else if (!queue_.empty()) {
      next = std::min(next, pacer_.next_burst());
    }
    if (!arriving_.empty()) next = std::min(next, arriving_.front().at);
    if (!reporting_.empty()) next = std::min(next, reporting_.front().at);
    return next;
  }
  void handle_deadline(Timestamp now) override {
    receive(now);
    while (!reporting_.empty() && reporting_.front().at <= now) {
      read_report(now, reporting_.front());
      reporting_.pop_front();
    }
    if (estimator_->next_deadline() <= now) estimator_->handle_deadline(now);
    if (next_frame_ <= now) encode();
    if (!probe_) {
      if (const auto cluster = estimator_->take_probe(now)) probe_.emplace(*cluster, now);
    }
    send_due(now);
  }

 private:
  struct Packet {
    Timestamp at, sent;
    SeqNum sequence;
    DataSize size;
    TimeDelta waited;
    bool useful;
  };
  struct Report {
    Timestamp at;
    rtcp::TransportFeedback feedback;
    Timestamp newest_sent;  // for a round trip without the time that feedback was held back
    TimeDelta held;
  };

  // Frames differ by up to a fifth; the first is a keyframe, three times as large.
  void encode() {
    next_frame_ = next_frame_ + kFrameInterval;
    const double share = (0.8 + 0.4 * random_.unit()) * (frames_++ == 0 ? 3 : 1);
    const DataRate rate = std::min(estimate(), options_.most);
    auto left = static_cast<int64_t>(share * static_cast<double>((rate * kFrameInterval).bytes()));
    for (; left > 0; left -= kPacket.bytes())
      queue_.push_back(DataSize::bytes(std::clamp<int64_t>(left, 100, kPacket.bytes())));
  }
  DataSize waiting() const {
    DataSize sum;
    for (const DataSize size : queue_) sum += size;
    return sum;
  }
  // What waits goes into a probe first; padding is what media does not fill.
  void send_due(Timestamp now) {
    pacer_.update(estimator_->estimate(), waiting(), TimeDelta::zero());
    while (probe_ && probe_->may_send(now)) {
      send_next(now, probe_->id());
      if (probe_->done()) probe_.reset();
    }
    while (!probe_ && !queue_.empty() && pacer_.may_send(now, queue_.front())) send_next(now, 0);
  }
  void send_next(Timestamp now, uint8_t probe) {
    const bool useful = !queue_.empty();
    const DataSize size = useful ? queue_.front() : kPacket;
    if (useful) queue_.pop_front();
    pacer_.on_sent(now, size);
    if (probe_) probe_->on_sent(now, size);
    send(now, size, probe, useful);
  }
  void send(Timestamp now, DataSize size, uint8_t probe, bool useful) {
    estimator_->on_sent(now, size);
    const SeqNum sequence = history_.on_sent(now, size, probe);
    const auto arrival = media_.send(now, size + kIpUdpHeaders);
    if (!arrival) return meter_.on_lost(now);
    arriving_.push_back({arrival->at, now, sequence, size, arrival->waited, useful});
  }

  void receive(Timestamp now) {
    while (!arriving_.empty() && arriving_.front().at <= now) {
      const Packet& p = arriving_.front();
      meter_.on_delivered(now, p.size + kIpUdpHeaders, p.waited, p.useful);
      generator_.on_packet(now, p.sequence, Ssrc(1));
      newest_sent_ = p.sent;
      newest_arrived_ = now;
      arriving_.pop_front();
    }
    while (auto feedback = generator_.poll(now)) {
      // RTCP compound and SRTCP: a word for each seven packets and a byte for each delta, in about this much.
      const auto size = DataSize::bytes(60 + static_cast<int64_t>(feedback->packets.size()) * 10 / 7);
      if (const auto arrival = feedback_.send(now, size + kIpUdpHeaders))
        reporting_.push_back({arrival->at, std::move(*feedback), newest_sent_, now - newest_arrived_});
    }
  }
  void read_report(Timestamp now, const Report& report) {
    estimator_->on_round_trip(now, now - report.newest_sent - report.held);
    const auto results = history_.on_feedback(report.feedback);
    if (!results.empty()) estimator_->on_feedback(now, results);
  }

  NetworkPath& media_;
  NetworkPath& feedback_;
  Options options_;
  SeededRandom random_;
  FlowMeter meter_;
  std::optional<cc::EstimatorLog> log_;
  std::optional<cc::BandwidthEstimator> estimator_;
  cc::SentPacketHistory history_;
  cc::FeedbackGenerator generator_{Ssrc(1)};
  std::deque<DataSize> queue_;
  cc::Pacer pacer_;
  std::optional<cc::ProbeRun> probe_;
  Timestamp next_frame_ = Timestamp::never(), newest_sent_, newest_arrived_;
  uint64_t frames_ = 0;
  std::deque<Packet> arriving_;
  std::deque<Report> reporting_;
};

}  // namespace tutti::test
