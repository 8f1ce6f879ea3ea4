#include "tutti/proto/rtpstream/receive_statistics.hpp"

#include <cstdlib>

namespace tutti::rtpstream {
namespace {

constexpr TimeDelta kRateWindow = TimeDelta::seconds(1);
// A step of the transit time beyond this is a source that jumped in time, not jitter.
constexpr int64_t kMaxTransitStepSeconds = 5;
// RFC 3550 A.3: "Since this signed number is carried in 24 bits, it should be clamped".
constexpr int64_t kMaxCumulativeLost = 0x7FFFFF;
constexpr int64_t kMinCumulativeLost = -0x800000;

}  // namespace

void ReceiveStatistics::on_packet(Timestamp now, ExtSeqNum sequence, RtpTimestamp timestamp, size_t payload_bytes,
                                  bool recovered) {
  ++packets_;
  bytes_ += payload_bytes;
  last_packet_ = now;
  count_rate(now, payload_bytes);
  if (recovered) {
    ++recovered_;
    return;
  }
  if (!first_) {
    first_ = sequence;
    highest_ = sequence;
  }
  // Reordered packets before the first one count as expected too, or they would seem to make up for lost ones.
  first_ = std::min(*first_, sequence);
  highest_ = std::max(highest_, sequence);
  update_jitter(now, timestamp);
}

void ReceiveStatistics::on_sender_report(Timestamp now, NtpTime ntp, RtpTimestamp rtp) {
  sender_clock_ = {now, ntp, rtp};
}

// RFC 3550 A.3, and §6.4.1 for LSR and DLSR.
std::optional<rtcp::ReportBlock> ReceiveStatistics::make_report_block(Timestamp now) {
  if (!first_) return std::nullopt;
  rtcp::ReportBlock block;
  block.source = source_;
  block.cumulative_lost =
      static_cast<int32_t>(std::clamp(expected() - received(), kMinCumulativeLost, kMaxCumulativeLost));
  const int64_t expected_interval = expected() - expected_at_report_;
  const int64_t lost_interval = expected_interval - (received() - received_at_report_);
  expected_at_report_ = expected();
  received_at_report_ = received();
  if (expected_interval > 0 && lost_interval > 0) {
    block.fraction_lost = static_cast<uint8_t>(std::min<int64_t>(lost_interval * 256 / expected_interval, 255));
  }
  block.highest_sequence = static_cast<uint32_t>(highest_.value());
  block.jitter = static_cast<uint32_t>(jitter_times_16_ >> 4);
  if (sender_clock_) {
    block.last_sr = sender_clock_->ntp.compact();
    block.delay_since_last_sr = to_compact_ntp(now - sender_clock_->arrival);
  }
  return block;
}

uint64_t ReceiveStatistics::lost() const {
  return static_cast<uint64_t>(std::max<int64_t>(expected() - received(), 0));
}

TimeDelta ReceiveStatistics::jitter() const {
  if (clock_rate_hz_ == 0) return TimeDelta::zero();
  return TimeDelta::micros(jitter_times_16_ * 1'000'000 / 16 / clock_rate_hz_);
}

// A window that slides: what runs, and the part of the one before that is still within a second. That part is reckoned
// as if its bytes had come evenly, which is wrong once they ended: after a second of silence nothing is left of them.
DataRate ReceiveStatistics::bitrate(Timestamp now) const {
  if (now - last_packet_ > kRateWindow) return {};
  const TimeDelta into = now - window_start_;
  const bool over = into >= kRateWindow;
  const int64_t current = over ? 0 : window_bytes_;
  const int64_t before = over ? window_bytes_ : previous_window_bytes_;
  const TimeDelta share = kRateWindow * (over ? 2 : 1) - into;
  return DataSize::bytes(current + before * share.us() / kRateWindow.us()) / kRateWindow;
}

// RFC 3550 A.8, the integer form: D is the difference of relative transit times of two packets in order of arrival.
void ReceiveStatistics::update_jitter(Timestamp now, RtpTimestamp timestamp) {
  if (last_arrival_ && clock_rate_hz_ > 0) {
    const int64_t arrival_step = ((now - *last_arrival_).us() * clock_rate_hz_ + 500'000) / 1'000'000;
    const int64_t timestamp_step = wrap_distance(last_timestamp_.value(), timestamp.value());
    const int64_t d = std::abs(arrival_step - timestamp_step);
    if (d < kMaxTransitStepSeconds * clock_rate_hz_) jitter_times_16_ += d - ((jitter_times_16_ + 8) >> 4);
  }
  last_arrival_ = now;
  last_timestamp_ = timestamp;
}

void ReceiveStatistics::count_rate(Timestamp now, size_t payload_bytes) {
  const TimeDelta into = now - window_start_;
  if (into >= kRateWindow) {
    const bool adjacent = into < kRateWindow * 2;
    previous_window_bytes_ = adjacent ? window_bytes_ : 0;
    window_start_ = adjacent ? window_start_ + kRateWindow : now;
    window_bytes_ = 0;
  }
  window_bytes_ += static_cast<int64_t>(payload_bytes);
}

}  // namespace tutti::rtpstream
