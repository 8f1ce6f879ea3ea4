#include "peer/congestion.hpp"

#include <algorithm>

namespace tutti::peer {

std::string_view to_string(FeedbackKind kind) {
  switch (kind) {
    case FeedbackKind::kNone:
      return "none";
    case FeedbackKind::kTransportWide:
      return "transport-wide";
    case FeedbackKind::kStreams:
      return "rfc8888";
    case FeedbackKind::kReceiverEstimate:
      return "receiver-estimate";
  }
  return "";
}

bool Congestion::begin_probe(Timestamp now) {
  // An answer to a probe is what only feedback on each packet gives.
  if (probe_ || kind_ == FeedbackKind::kReceiverEstimate) return false;
  const auto cluster = estimator_.take_probe(now);
  if (!cluster) return false;
  probe_.emplace(*cluster, now);
  ++probes_;
  return true;
}

void Congestion::set_needed(Timestamp now, DataRate needed) {
  estimator_.set_needed(now, needed);
  if (needed == DataRate()) {
    life_at_ = Timestamp::never();
    life_due_ = false;
  } else if (life_at_ == Timestamp::never()) {
    life_at_ = now;
  }
}

bool Congestion::take_repair(Timestamp now, DataSize size) {
  const int64_t percent = is_path_full() ? kRepairPercentInQueue : kRepairPercent;
  const DataRate share = DataRate::bps(estimator_.estimate().target.bps() * percent / 100);
  const int64_t most = std::max((share * TimeDelta::seconds(1)).bytes(), kLeastRepair);
  const TimeDelta since = std::min(now - repair_at_, TimeDelta::seconds(1));
  // Asked for many times a millisecond, the time that is too short for a byte is kept.
  const int64_t grown = (share * since).bytes();
  if (grown > 0 || repair_left_ >= most) repair_at_ = now;
  repair_left_ = std::min(repair_left_ + grown, most);
  if (repair_left_ < size.bytes()) return false;
  repair_left_ -= size.bytes();
  return true;
}

void Congestion::on_sent(Timestamp now, DataSize size, bool covered) {
  pacer_.on_sent(now, size);
  life_due_ = false;
  if (life_at_ != Timestamp::never()) life_at_ = now + kSignOfLife;
  if (covered) estimator_.on_sent(now, size);
  if (!probe_) return;
  probe_->on_sent(now, size);
  probe_bytes_ += static_cast<uint64_t>(size.bytes());
}

const Outgoing* Congestion::repeat(Timestamp now) {
  for (size_t i = 0; i < recent_.size(); ++i) {
    Recent& recent = recent_[next_recent_++ % recent_.size()];
    if (!recent.item.packet) continue;
    if (now - recent.at <= kRecent) return &recent.item;
    recent.item.packet.reset();
  }
  return nullptr;
}

Timestamp Congestion::next_deadline() const {
  Timestamp next = std::min({estimator_.next_deadline(), forget_at_, life_at_});
  if (probe_) return std::min(next, probe_->due());
  return waiting_.empty() ? next : std::min(next, pacer_.next_burst());
}

void Congestion::handle_deadline(Timestamp now) {
  if (estimator_.next_deadline() <= now) estimator_.handle_deadline(now);
  if (life_at_ <= now) {
    life_due_ = true;
    life_at_ = now + kSignOfLife;
  }
  if (forget_at_ > now) return;
  recent_.fill({});
  forget_at_ = Timestamp::never();
}

CongestionStats Congestion::stats(Timestamp now) const {
  CongestionStats s;
  s.feedback = kind_;
  s.estimate = estimator_.estimate();
  s.pacing_rate = pacer_.rate();
  s.queue_time = waiting_.oldest(now);
  s.queued_packets = waiting_.packets();
  s.queued_bytes = static_cast<uint64_t>(waiting_.size().bytes());
  s.total_wait = total_wait_;
  s.probes = probes_;
  s.probe_bytes = probe_bytes_;
  s.padding_bytes = padding_bytes_;
  s.retransmissions_held_back = held_back_;
  s.packets_expired = expired_;
  return s;
}

void Congestion::record(const cc::EstimatorConfig& config, Timestamp now, size_t capacity) {
  auto log = capacity > 0 ? std::make_unique<cc::EstimatorLog>(config, now, capacity) : nullptr;
  estimator_.record_to(log.get());
  log_ = std::move(log);
}

}  // namespace tutti::peer
