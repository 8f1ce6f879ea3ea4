#include "tutti/proto/cc/feedback_generator.hpp"

#include <algorithm>
#include <limits>

namespace tutti::cc {
namespace {

// Common header, two SSRCs, the feedback's own header, and at most three bytes of padding.
constexpr size_t kFixedBytes = 4 + 8 + 8 + 3;
// A status vector chunk of two-bit symbols (§3.1.4) is the dearest way to encode: two bytes for seven packets.
constexpr size_t chunk_bytes(size_t packets) { return (packets + 6) / 7 * 2; }
// A small delta (§3.1.5) is one byte, any other two.
constexpr size_t delta_bytes(int64_t ticks) { return ticks >= 0 && ticks <= 255 ? 1 : 2; }

constexpr int64_t kTicksPerReference = rtcp::TransportFeedback::kReferenceUs / rtcp::TransportFeedback::kTickUs;

// The low 24 bits, with the sign.
constexpr int32_t wrap_reference(int64_t reference) {
  return static_cast<int32_t>(static_cast<uint32_t>(reference) << 8) >> 8;
}

}  // namespace

void FeedbackGenerator::on_packet(Timestamp now, SeqNum sequence, Ssrc media) {
  ++packets_;
  media_ = media;
  if (!unwrapper_.highest()) restart(sequence);
  int64_t s = unwrapper_.peek(sequence).value();
  if (s >= end_ + kWindow || s < end_ - kWindow) {
    restart(sequence);
    s = end_;
  }
  unwrapper_.unwrap(sequence);
  if (s >= end_) {
    for (int64_t skipped = end_; skipped <= s; ++skipped) arrival(skipped) = Timestamp::never();
    end_ = s + 1;
    begin_ = std::max(begin_, end_ - kWindow);
  } else if (arrival(s).is_finite()) {
    return;  // a duplicate says nothing new
  }
  arrival(s) = now;
  begin_ = std::min(begin_, s);
  due_ = std::min(due_, now + kInterval);
}

std::optional<rtcp::TransportFeedback> FeedbackGenerator::poll(Timestamp now) {
  if (now < due_) return std::nullopt;
  auto message = make_message();
  if (begin_ == end_) due_ = Timestamp::never();
  ++messages_;
  return message;
}

void FeedbackGenerator::restart(SeqNum sequence) {
  arrivals_.assign(kWindow, Timestamp::never());
  unwrapper_ = {};
  begin_ = end_ = unwrapper_.peek(sequence).value();
}

// From begin_ to the last received packet that fits. The packet before end_ was received, and lost ones alone never
// fill a message, so that at least one received packet is in it, which the reference time needs.
rtcp::TransportFeedback FeedbackGenerator::make_message() {
  static_assert(kFixedBytes + chunk_bytes(kWindow) + 2 <= kMaxMessageBytes);
  rtcp::TransportFeedback message;
  message.sender = sender_;
  message.media = media_;
  message.base_sequence = to_wire(ExtSeqNum(begin_));
  message.feedback_count = feedback_count_++;
  message.packets.reserve(static_cast<size_t>(end_ - begin_));

  size_t all_delta_bytes = 0, up_to_received = 0;
  int64_t previous_ticks = 0;
  for (int64_t s = begin_; s < end_; ++s) {
    const Timestamp at = arrival(s);
    int64_t delta = 0;
    if (at.is_finite()) {
      const int64_t ticks = at.us() / rtcp::TransportFeedback::kTickUs;
      if (up_to_received == 0) {
        message.reference_time = wrap_reference(ticks / kTicksPerReference);
        previous_ticks = ticks / kTicksPerReference * kTicksPerReference;
      }
      delta = ticks - previous_ticks;
      if (delta < std::numeric_limits<int16_t>::min() || delta > std::numeric_limits<int16_t>::max()) break;
      all_delta_bytes += delta_bytes(delta);
      previous_ticks = ticks;
    }
    if (kFixedBytes + chunk_bytes(message.packets.size() + 1) + all_delta_bytes > kMaxMessageBytes) break;
    message.packets.push_back({at.is_finite(), static_cast<int16_t>(delta)});
    if (at.is_finite()) up_to_received = message.packets.size();
  }
  message.packets.resize(up_to_received);
  begin_ += static_cast<int64_t>(up_to_received);
  return message;
}

}  // namespace tutti::cc
