#include "tutti/wire/rtcp/congestion_feedback.hpp"

#include "tutti/base/byte_reader.hpp"
#include "wire/rtcp/packet_writer.hpp"

namespace tutti::rtcp {
namespace {

// RFC 8888 §3.1, after the common header:
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                 SSRC of RTCP packet sender                    |
// |                   SSRC of 1st RTP Stream                      |
// |          begin_seq            |          num_reports          |
// |R|ECN|  Arrival time offset    | ...                           .
// .                                                               .
// |                   SSRC of nth RTP Stream                      |
// .                                                               .
// |                        Report Timestamp                       |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// An odd number of reports is followed by 16 bits of zero.
constexpr size_t kTimestampBytes = 4;
constexpr uint16_t kReceived = 0x8000;
constexpr uint16_t kOffsetMask = 0x1FFF;

}  // namespace

std::optional<CongestionFeedback> CongestionFeedback::parse(std::span<const uint8_t> body) {
  ByteReader r(body);
  CongestionFeedback feedback;
  feedback.sender = Ssrc(r.u32());
  while (r.ok() && r.remaining() > kTimestampBytes) {
    if (feedback.streams.size() == kMaxStreams) return std::nullopt;
    const Ssrc source(r.u32());
    const SeqNum begin(r.u16());
    const uint16_t count = r.u16();
    if (!r.ok() || count > kMaxReports || feedback.packets.size() + count > kMaxPackets) return std::nullopt;
    if (r.remaining() < size_t{count} * 2) return std::nullopt;
    feedback.streams.push_back({source, begin, count});
    for (size_t i = 0; i < count; ++i) {
      const uint16_t report = r.u16();
      // "If R is 0, the ECN and arrival time offset fields are to be ignored".
      if (report & kReceived) {
        feedback.packets.push_back(
            {true, static_cast<uint8_t>(report >> 13 & 3), static_cast<uint16_t>(report & kOffsetMask)});
      } else {
        feedback.packets.push_back({});
      }
    }
    if (count % 2 == 1) r.skip(2);
  }
  feedback.timestamp = r.u32();
  if (!r.ok() || !r.at_end()) return std::nullopt;
  return feedback;
}

size_t CongestionFeedback::serialize(std::span<uint8_t> out) const {
  if (streams.size() > kMaxStreams || packets.size() > kMaxPackets) return 0;
  ByteWriter w(out);
  begin_packet(w, kTypeRtpFeedback, kFormatCongestionFeedback);
  w.u32(sender.value());
  size_t next = 0;
  for (const Stream& stream : streams) {
    if (stream.count > kMaxReports || next + stream.count > packets.size()) return 0;
    w.u32(stream.source.value());
    w.u16(stream.begin.value());
    w.u16(stream.count);
    for (size_t i = 0; i < stream.count; ++i) {
      const Packet& packet = packets[next++];
      const uint32_t report = kReceived | (packet.ecn & 3u) << 13 | (packet.offset & kOffsetMask);
      w.u16(packet.received ? static_cast<uint16_t>(report) : 0);
    }
    if (stream.count % 2 == 1) w.u16(0);
  }
  if (next != packets.size()) return 0;
  w.u32(timestamp);
  return finish_packet(w);
}

}  // namespace tutti::rtcp
