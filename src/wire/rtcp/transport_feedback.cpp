#include "tutti/wire/rtcp/transport_feedback.hpp"

#include <algorithm>
#include <array>

#include "tutti/base/byte_reader.hpp"
#include "wire/rtcp/packet_writer.hpp"

namespace tutti::rtcp {

// draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1, after both SSRCs:
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |      base sequence number     |      packet status count      |
// |                 reference time                | fb pkt. count |
// |          packet chunk         |         packet chunk          |
// .                                                               .
// |         packet chunk          |  recv delta   |  recv delta   |
// .                                                               .
// |           recv delta          |  recv delta   | zero padding  |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// A status is how many bytes of delta a packet has: 0 (not received), 1 (0 to 63.75 ms) or 2 (signed); 3 is reserved.
using Status = uint8_t;
constexpr Status kNotReceived = 0;
constexpr Status kSmallDelta = 1;
constexpr Status kLargeDelta = 2;
constexpr Status kReserved = 3;

// The three kinds of chunk (§3.1.3, §3.1.4):
//   |0| S |       run length        |   S: status of all
//   |1|0|       symbol list         |   14 symbols of one bit: not received, small delta
//   |1|1|       symbol list         |   7 statuses of two bits
constexpr size_t kOneBitSymbols = 14;
constexpr size_t kTwoBitSymbols = 7;
constexpr size_t kMaxRunLength = 0x1FFF;

// Fills `statuses` from chunks. What the last chunk has beyond it is cut off. False if the chunks end before.
static bool read_statuses(ByteReader& r, std::span<Status> statuses) {
  size_t n = 0;
  while (n < statuses.size()) {
    const uint16_t chunk = r.u16();
    if (!r.ok()) return false;
    const size_t left = statuses.size() - n;
    if (chunk >> 15 == 0) {
      const size_t run = std::min<size_t>(chunk & kMaxRunLength, left);
      std::fill_n(statuses.begin() + static_cast<std::ptrdiff_t>(n), run, static_cast<Status>(chunk >> 13 & 3));
      n += run;
    } else if (chunk >> 14 == 2) {
      const size_t count = std::min(kOneBitSymbols, left);
      for (size_t i = 0; i < count; ++i) statuses[n++] = static_cast<Status>(chunk >> (13 - i) & 1);
    } else {
      const size_t count = std::min(kTwoBitSymbols, left);
      for (size_t i = 0; i < count; ++i) statuses[n++] = static_cast<Status>(chunk >> (12 - 2 * i) & 3);
    }
  }
  return true;
}

std::optional<TransportFeedback> TransportFeedback::parse(std::span<const uint8_t> body) {
  ByteReader r(body);
  TransportFeedback feedback;
  feedback.sender = Ssrc(r.u32());
  feedback.media = Ssrc(r.u32());
  feedback.base_sequence = SeqNum(r.u16());
  const size_t count = r.u16();
  const uint32_t reference = r.u24();
  feedback.reference_time = static_cast<int32_t>(reference & 0x800000 ? reference | 0xFF000000u : reference);
  feedback.feedback_count = r.u8();
  if (!r.ok() || count == 0 || count > kMaxPackets) return std::nullopt;

  std::array<Status, kMaxPackets> storage;
  const std::span<Status> statuses(storage.data(), count);
  if (!read_statuses(r, statuses)) return std::nullopt;
  size_t delta_bytes = 0;
  for (Status status : statuses) {
    if (status == kReserved) return std::nullopt;
    delta_bytes += status;
  }
  if (delta_bytes > r.remaining()) return std::nullopt;

  feedback.packets.resize(count);
  for (size_t i = 0; i < count; ++i) {
    Packet& packet = feedback.packets[i];
    packet.received = statuses[i] != kNotReceived;
    if (statuses[i] == kSmallDelta) packet.delta_ticks = r.u8();
    if (statuses[i] == kLargeDelta) packet.delta_ticks = static_cast<int16_t>(r.u16());
  }
  return feedback;
}

static Status status_of(const TransportFeedback::Packet& packet) {
  if (!packet.received) return kNotReceived;
  return packet.delta_ticks >= 0 && packet.delta_ticks <= 255 ? kSmallDelta : kLargeDelta;
}

// Writes one chunk for the packets at the front and returns how many it covers. A run is taken where it is longer than
// the vector that would hold it, or ends the list.
static size_t write_chunk(ByteWriter& w, std::span<const TransportFeedback::Packet> packets) {
  const Status first = status_of(packets[0]);
  const size_t longest = std::min(packets.size(), kMaxRunLength);
  size_t run = 1;
  while (run < longest && status_of(packets[run]) == first) ++run;

  const size_t one_bit = std::min(kOneBitSymbols, packets.size());
  const bool fits_one_bit = std::all_of(packets.begin(), packets.begin() + static_cast<std::ptrdiff_t>(one_bit),
                                        [](const auto& p) { return status_of(p) != kLargeDelta; });
  const size_t covered = fits_one_bit ? one_bit : std::min(kTwoBitSymbols, packets.size());
  if (run >= covered) {
    w.u16(static_cast<uint16_t>(first << 13 | run));
    return run;
  }
  uint32_t chunk = fits_one_bit ? 2u << 14 : 3u << 14;
  for (size_t i = 0; i < covered; ++i) {
    chunk |= uint32_t{status_of(packets[i])} << (fits_one_bit ? 13 - i : 12 - 2 * i);
  }
  w.u16(static_cast<uint16_t>(chunk));
  return covered;
}

size_t TransportFeedback::serialize(std::span<uint8_t> out) const {
  if (packets.empty() || packets.size() > kMaxPackets) return 0;
  ByteWriter w(out);
  begin_feedback(w, kTypeRtpFeedback, kFormatTransportCc, sender, media);
  w.u16(base_sequence.value());
  w.u16(static_cast<uint16_t>(packets.size()));
  w.u24(static_cast<uint32_t>(reference_time) & 0xFFFFFF);
  w.u8(feedback_count);
  for (std::span<const Packet> rest = packets; !rest.empty();) rest = rest.subspan(write_chunk(w, rest));
  for (const Packet& packet : packets) {
    const Status status = status_of(packet);
    if (status == kSmallDelta) w.u8(static_cast<uint8_t>(packet.delta_ticks));
    if (status == kLargeDelta) w.u16(static_cast<uint16_t>(packet.delta_ticks));
  }
  w.zeros((4 - w.size() % 4) % 4);
  return finish_packet(w);
}

}  // namespace tutti::rtcp
