#include "tutti/proto/cc/sent_packet_history.hpp"

#include <algorithm>
#include <utility>

namespace tutti::cc {
namespace {
// What a receiver of one camera tells of at once: 100 ms. It grows for who tells of more, but what a message beyond
// any usual one took is given back.
constexpr size_t kUsualResults = 32, kKeptResults = 512;

// A receiver may set its clock as far and as often as it likes: what is unwrapped of it stays within 40 bits, of which
// microseconds fit. Passing their end, after 97 days at the least, is one more clock that was set.
int64_t within_range(int64_t unwrapped) { return static_cast<int64_t>(static_cast<uint64_t>(unwrapped) << 24) >> 24; }
}  // namespace

SeqNum SentPacketHistory::on_sent(Timestamp now, DataSize size, uint8_t probe) {
  // The transport's feedback may have changed its kind.
  if (names_.capacity() > 0) names_.clear();
  return to_wire(ExtSeqNum(add(now, size, probe)));
}

SeqNum SentPacketHistory::on_sent(Timestamp now, DataSize size, uint8_t probe, Ssrc stream, SeqNum sequence) {
  const int64_t number = add(now, size, probe);
  if (names_.capacity() < ring_.size()) names_.resize(ring_.size(), number);
  names_.add(number, stream, sequence);
  return to_wire(ExtSeqNum(number));
}

int64_t SentPacketHistory::add(Timestamp now, DataSize size, uint8_t probe) {
  make_room(now);
  slot(next_) = {now, static_cast<uint32_t>(size.bytes()), Fate::kUnknown, probe};
  return next_++;
}

std::span<const PacketResult> SentPacketHistory::on_feedback(const rtcp::TransportFeedback& feedback) {
  begin_results();
  if (next_ == 0) return results_;
  const SeqNum newest = to_wire(ExtSeqNum(next_ - 1));
  int64_t sequence = next_ - 1 + wrap_distance(newest.value(), feedback.base_sequence.value());
  const int64_t first = oldest();
  Timestamp arrived = reference(feedback.reference_time);
  for (const auto& packet : feedback.packets) {
    if (packet.received) arrived = arrived + TimeDelta::micros(packet.delta_ticks * rtcp::TransportFeedback::kTickUs);
    const int64_t s = sequence++;
    if (s < first || s >= next_) continue;
    if (auto told = tell(s, packet.received ? std::optional(arrived) : std::nullopt)) results_.push_back(*told);
  }
  return results_;
}

std::span<const PacketResult> SentPacketHistory::on_feedback(const rtcp::CongestionFeedback& feedback) {
  begin_results();
  if (names_.capacity() == 0) return results_;
  if (!report_timestamp_) {
    report_timestamp_ = feedback.timestamp;
  } else {
    report_timestamp_ =
        within_range(*report_timestamp_ + wrap_distance(static_cast<uint32_t>(*report_timestamp_), feedback.timestamp));
  }
  const Timestamp reported = Timestamp::from_us(*report_timestamp_ * 15'625 / 1024);
  const int64_t first = oldest();
  auto packet = feedback.packets.begin();
  for (const auto& stream : feedback.streams) {
    for (int i = 0; i < stream.count; ++i, ++packet) {
      const auto number = names_.find(stream.source, stream.begin + i, first);
      if (!number) continue;
      if (packet->received && packet->offset >= rtcp::CongestionFeedback::kTooOld) {
        slot(*number).fate = Fate::kArrived;  // no time to tell
        continue;
      }
      PacketResult& result = results_.emplace_back();
      result.sequence = ExtSeqNum(*number);
      if (packet->received) result.arrived = reported - TimeDelta::micros(packet->offset * 15'625 / 16);
    }
  }
  // From the order of the streams into that of sending. A message may tell of a packet twice: that it arrived counts.
  std::sort(results_.begin(), results_.end(), [](const PacketResult& a, const PacketResult& b) {
    return a.sequence != b.sequence ? a.sequence < b.sequence : a.arrived.has_value() > b.arrived.has_value();
  });
  const auto same = [](const PacketResult& a, const PacketResult& b) { return a.sequence == b.sequence; };
  results_.erase(std::unique(results_.begin(), results_.end(), same), results_.end());
  size_t told = 0;
  for (const PacketResult& result : results_) {
    if (const auto news = tell(result.sequence.value(), result.arrived)) results_[told++] = *news;
  }
  results_.resize(told);
  return results_;
}

void SentPacketHistory::begin_results() {
  results_.clear();
  if (results_.capacity() <= kKeptResults) return;
  results_.shrink_to_fit();
  results_.reserve(kUsualResults);
}

std::optional<PacketResult> SentPacketHistory::tell(int64_t sequence, std::optional<Timestamp> arrived) {
  Sent& sent = slot(sequence);
  if (sent.fate == Fate::kArrived || (sent.fate == Fate::kLost && !arrived)) return std::nullopt;
  const bool was_lost = sent.fate == Fate::kLost;
  const PacketResult result{ExtSeqNum(sequence), sent.at, arrived, DataSize::bytes(sent.bytes), sent.probe, was_lost};
  if (arrived) {
    if (was_lost) --lost_;
    ++acknowledged_;
    count_rate(*arrived, result.size);
  } else {
    ++lost_;
  }
  sent.fate = arrived ? Fate::kArrived : Fate::kLost;
  return result;
}

// Doubles the ring if the packet that would be overwritten may still get its feedback.
void SentPacketHistory::make_room(Timestamp now) {
  if (ring_.empty()) {
    ring_.resize(kMinCapacity);
    results_.reserve(kUsualResults);
  }
  const auto size = static_cast<int64_t>(ring_.size());
  if (next_ < size || size >= kCapacity) return;
  const Sent& leaving = slot(next_);
  if (leaving.fate != Fate::kUnknown || now - leaving.at >= kKeep) return;
  std::vector<Sent> old(ring_.size() * 2);
  std::swap(ring_, old);
  for (int64_t s = next_ - size; s < next_; ++s) {
    slot(s) = old[static_cast<size_t>(s) & (old.size() - 1)];
  }
}

// The 24 bits on the wire wrap each 12 days.
Timestamp SentPacketHistory::reference(int32_t reference_time) {
  if (!reference_) {
    reference_ = reference_time;
  } else {
    const uint32_t step = static_cast<uint32_t>(reference_time) - static_cast<uint32_t>(*reference_);
    reference_ = within_range(*reference_ + (static_cast<int32_t>(step << 8) >> 8));
  }
  return Timestamp::from_us(*reference_ * rtcp::TransportFeedback::kReferenceUs);
}

void SentPacketHistory::count_rate(Timestamp arrived, DataSize size) {
  // The first packet opens the window and does not count: n packets have n - 1 spaces. A step back beyond what
  // reordering explains is a clock that was set; waiting for it to catch up would freeze the rate.
  if (!window_start_ || arrived < *window_start_ - kRateWindow) {
    window_start_ = arrived;
    window_size_ = {};
    return;
  }
  window_size_ += size;
  const TimeDelta elapsed = arrived - *window_start_;
  if (elapsed < kRateWindow) return;
  acknowledged_rate_ = window_size_ / elapsed;
  window_start_ = arrived;
  window_size_ = {};
}

}  // namespace tutti::cc
