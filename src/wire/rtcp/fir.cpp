#include "tutti/wire/rtcp/fir.hpp"

#include "tutti/base/byte_reader.hpp"
#include "wire/rtcp/packet_writer.hpp"

namespace tutti::rtcp {

// RFC 5104 §4.3.1.1, repeated after both SSRCs:
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                              SSRC                             |
// | Seq nr.       |    Reserved                                   |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// "the 'SSRC of media source' is not used and SHALL be set to 0."
std::optional<Fir> Fir::parse(std::span<const uint8_t> body) {
  ByteReader r(body);
  Fir fir;
  fir.sender = Ssrc(r.u32());
  r.skip(4);
  if (!r.ok() || r.at_end() || r.remaining() > kMaxEntries * 8) return std::nullopt;
  while (!r.at_end()) {
    Entry entry;
    entry.source = Ssrc(r.u32());
    entry.sequence = r.u8();
    r.skip(3);
    if (!r.ok()) return std::nullopt;
    fir.entries.push_back(entry);
  }
  return fir;
}

size_t Fir::serialize(std::span<uint8_t> out) const {
  if (entries.empty() || entries.size() > kMaxEntries) return 0;
  ByteWriter w(out);
  begin_feedback(w, kTypePayloadFeedback, kFormatFir, sender, Ssrc(0));
  for (const Entry& entry : entries) {
    w.u32(entry.source.value());
    w.u8(entry.sequence);
    w.u24(0);
  }
  return finish_packet(w);
}

}  // namespace tutti::rtcp
