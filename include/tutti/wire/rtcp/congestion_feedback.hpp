// Congestion control feedback (RFC 8888): which packets of which streams arrived, when, and with what ECN mark. Packets
// are named by SSRC and sequence number, so that no header extension is needed. Value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/base/ids.hpp"
#include "tutti/base/seq_num.hpp"
#include "tutti/base/small_vector.hpp"

namespace tutti::rtcp {

struct CongestionFeedback {
  // Of all streams together, far more than a feedback interval holds. A parser refuses more.
  static constexpr size_t kMaxPackets = 4096;
  static constexpr size_t kMaxStreams = 256;
  // §3.1: "MUST NOT" be more for one stream.
  static constexpr size_t kMaxReports = 16384;
  // Offsets of packets that arrived longer ago than can be told, and of those whose time is not known.
  static constexpr uint16_t kTooOld = 0x1FFE;
  static constexpr uint16_t kUnknownTime = 0x1FFF;

  struct Packet {
    bool received = false;
    uint8_t ecn = 0;      // RFC 3168 §5: 0 not-ECT, 1 ECT(1), 2 ECT(0), 3 CE
    uint16_t offset = 0;  // before the timestamp, in 1/1024 s; up to 13 bits
    bool operator==(const Packet&) const = default;
  };
  struct Stream {
    Ssrc source;
    SeqNum begin;        // of its first packet
    uint16_t count = 0;  // of `packets`, after those of the streams before
    bool operator==(const Stream&) const = default;
  };

  Ssrc sender;
  uint32_t timestamp = 0;  // of the report: the middle 32 bits of an NTP timestamp, on the receiver's clock
  SmallVector<Stream, 8> streams;
  SmallVector<Packet, 512> packets;

  // The body after the common RTCP header. nullopt if it is cut short or has more than the limits above.
  static std::optional<CongestionFeedback> parse(std::span<const uint8_t> body);
  // The whole RTCP packet with its header. Returns the bytes written, 0 if `out` is too small, a limit is passed, or
  // the streams do not add up to the packets.
  size_t serialize(std::span<uint8_t> out) const;
  bool operator==(const CongestionFeedback&) const = default;
};

}  // namespace tutti::rtcp
