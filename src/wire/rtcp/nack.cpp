#include "tutti/wire/rtcp/nack.hpp"

#include "tutti/base/byte_reader.hpp"
#include "wire/rtcp/packet_writer.hpp"

namespace tutti::rtcp {

// RFC 4585 §6.2.1, repeated after both SSRCs:
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |            PID                |             BLP               |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// BLP: "bit i of the bit mask is set to 1 if the receiver has not received RTP packet number (PID+i) modulo 2^16", the
// least significant bit being bit 1.
std::optional<Nack> Nack::parse(std::span<const uint8_t> body) {
  ByteReader r(body);
  Nack nack;
  nack.sender = Ssrc(r.u32());
  nack.media = Ssrc(r.u32());
  // "The FCI field MUST contain at least one and MAY contain more than one Generic NACK."
  if (!r.ok() || r.at_end()) return std::nullopt;
  while (!r.at_end()) {
    const SeqNum pid(r.u16());
    const uint16_t blp = r.u16();
    if (!r.ok()) return std::nullopt;
    nack.lost.push_back(pid);
    for (int bit = 0; bit < 16; ++bit) {
      if (blp >> bit & 1) nack.lost.push_back(pid + (bit + 1));
    }
    if (nack.lost.size() > kMaxLost) return std::nullopt;
  }
  return nack;
}

size_t Nack::serialize(std::span<uint8_t> out) const {
  if (lost.empty() || lost.size() > kMaxLost) return 0;
  ByteWriter w(out);
  begin_feedback(w, kTypeRtpFeedback, kFormatNack, sender, media);
  size_t i = 0;
  while (i < lost.size()) {
    const SeqNum pid = lost[i++];
    uint16_t blp = 0;
    // Only numbers above those already in the mask join it, so the order survives a round trip even if it was no order.
    for (uint16_t above = 0; i < lost.size(); ++i) {
      const auto distance = static_cast<uint16_t>(lost[i].value() - pid.value());
      if (distance <= above || distance > 16) break;
      blp = static_cast<uint16_t>(blp | 1 << (distance - 1));
      above = distance;
    }
    w.u16(pid.value());
    w.u16(blp);
  }
  return finish_packet(w);
}

}  // namespace tutti::rtcp
