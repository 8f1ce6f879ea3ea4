// Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1): which packets
// of a transport arrived, and when, in steps of 250 us. Parse and serialise choose chunk kinds; users see packets.
// Value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/base/ids.hpp"
#include "tutti/base/seq_num.hpp"
#include "tutti/base/small_vector.hpp"

namespace tutti::rtcp {

struct TransportFeedback {
  // Far more than a feedback interval holds. The wire could say 65535 in six bytes; a parser refuses more than this.
  static constexpr size_t kMaxPackets = 4096;
  static constexpr int64_t kTickUs = 250;
  static constexpr int64_t kReferenceUs = 64'000;

  struct Packet {
    bool received = false;
    // Ticks of 250 us since the previous received packet (since the reference time for the first). Signed 16 bits on
    // the wire.
    int16_t delta_ticks = 0;
    bool operator==(const Packet&) const = default;
  };

  Ssrc sender;
  Ssrc media;
  SeqNum base_sequence;        // of packets[0]; packet i has base_sequence + i
  int32_t reference_time = 0;  // in 64 ms, 24 bits signed
  uint8_t feedback_count = 0;  // wraps; one for each feedback message
  SmallVector<Packet, 512> packets;

  // The body after the common RTCP header (from the sender's SSRC on). nullopt if the chunks give fewer statuses than
  // counted, or there are fewer deltas than packets received.
  static std::optional<TransportFeedback> parse(std::span<const uint8_t> body);
  // The whole RTCP packet with its header, filled up with zeros to a multiple of four. Returns the bytes written, 0 if
  // `out` is too small or packets is empty or larger than kMaxPackets.
  size_t serialize(std::span<uint8_t> out) const;
  bool operator==(const TransportFeedback&) const = default;
};

}  // namespace tutti::rtcp
