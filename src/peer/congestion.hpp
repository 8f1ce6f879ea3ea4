// Congestion: what a Peer has beside its streams if its receiver tells how the path to it fares: the estimator, the
// pacer and what waits for it, the probe that is being sent, and the share that repair has. None of it exists for a
// receiver that tells nothing. One worker's thread.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "peer/paced_queue.hpp"
#include "tutti/peer/stats.hpp"
#include "tutti/proto/cc/bandwidth_estimator.hpp"
#include "tutti/proto/cc/estimator_log.hpp"
#include "tutti/proto/cc/pacer.hpp"
#include "tutti/proto/cc/probe_run.hpp"

namespace tutti::peer {

class Congestion {
 public:
  // Video that has waited longer is given up. The pacer works for half of that, so it is for when too much is sent for
  // a while.
  static constexpr TimeDelta kMaxWait = TimeDelta::seconds(1);
  // Repair has at most this share of the target, over about a second: beyond it, media would starve on its own repair.
  static constexpr int64_t kRepairPercent = 50;
  // Where the path's queue is full, more of it makes it lose more.
  static constexpr int64_t kRepairPercentInQueue = 30;
  // What is this old is no use to repeat in a probe.
  static constexpr TimeDelta kRecent = TimeDelta::seconds(1);
  // While more is needed and nothing is sent, because all of it is paused, a packet of padding leaves so often: without
  // feedback there are no probes, and without probes nothing comes back.
  static constexpr TimeDelta kSignOfLife = TimeDelta::seconds(1);

  Congestion(FeedbackKind kind, const cc::EstimatorConfig& config, Timestamp now)
      : kind_(kind), estimator_(config, now), repair_at_(now) {}

  FeedbackKind kind() const { return kind_; }
  cc::BandwidthEstimator& estimator() { return estimator_; }
  const cc::BandwidthEstimator& estimator() const { return estimator_; }
  PacedQueue& waiting() { return waiting_; }
  std::optional<cc::ProbeRun>& probe() { return probe_; }
  uint8_t probe_id() const { return probe_ ? probe_->id() : 0; }

  // At the beginning of each round: what the pacer may do.
  void begin_round(Timestamp now) { pacer_.update(estimator_.estimate(), waiting_.size(), waiting_.oldest(now)); }
  bool is_path_full() const { return estimator_.estimate().queue > cc::Pacer::kStandingQueue; }
  // The next probe, if there is none now and the estimator wants one. True if one begins.
  bool begin_probe(Timestamp now);
  bool may_send(Timestamp now, DataSize size) const { return pacer_.may_send(now, size); }
  void set_needed(Timestamp now, DataRate needed);
  // Whether something has to leave, though there is nothing to send: once true, not again until the next is due.
  bool take_sign_of_life() { return std::exchange(life_due_, false); }
  // Whether repair of this size is within its share.
  bool take_repair(Timestamp now, DataSize size);
  // `covered`: by the feedback.
  void on_sent(Timestamp now, DataSize size, bool covered);
  // A packet of the queue leaves, or is given up.
  void on_waited(TimeDelta waited) { total_wait_ += waited; }
  // Media that a probe may repeat.
  void remember(Timestamp now, const Outgoing& item) {
    recent_[next_recent_++ % recent_.size()] = {item, now};
    forget_at_ = now + kRecent;
  }
  // The next packet to repeat; null if none is recent.
  const Outgoing* repeat(Timestamp now);
  void on_padding(DataSize size) { padding_bytes_ += static_cast<uint64_t>(size.bytes()); }
  void on_held_back() { ++held_back_; }
  void on_expired(size_t packets) { expired_ += packets; }
  Timestamp next_deadline() const;
  void handle_deadline(Timestamp now);

  // Slots of which something was given up.
  std::vector<uint16_t> keyframes_wanted;

  CongestionStats stats(Timestamp now) const;
  // The newest `capacity` of what the estimator is told and answers from now on; 0 ends it.
  void record(const cc::EstimatorConfig& config, Timestamp now, size_t capacity);
  const cc::EstimatorLog* log() const { return log_.get(); }

 private:
  struct Recent {
    Outgoing item;
    Timestamp at;
  };

  FeedbackKind kind_;
  std::unique_ptr<cc::EstimatorLog> log_;  // outlives the estimator, which writes into it
  cc::BandwidthEstimator estimator_;
  cc::Pacer pacer_;
  PacedQueue waiting_;
  std::optional<cc::ProbeRun> probe_;
  std::array<Recent, 8> recent_;
  size_t next_recent_ = 0;
  Timestamp life_at_ = Timestamp::never();
  bool life_due_ = false;
  Timestamp forget_at_ = Timestamp::never();  // all of it
  Timestamp repair_at_;
  int64_t repair_left_ = kLeastRepair;  // bytes
  TimeDelta total_wait_;
  uint64_t probes_ = 0, probe_bytes_ = 0, padding_bytes_ = 0, held_back_ = 0, expired_ = 0;
  static constexpr int64_t kLeastRepair = 10'000;
};

}  // namespace tutti::peer
