#include "tutti/wire/rtcp/pli.hpp"

#include "tutti/base/byte_reader.hpp"
#include "wire/rtcp/packet_writer.hpp"

namespace tutti::rtcp {

// RFC 4585 §6.3.1.2: "the length field MUST be 2, and there MUST NOT be any Feedback Control Information".
std::optional<Pli> Pli::parse(std::span<const uint8_t> body) noexcept {
  ByteReader r(body);
  Pli pli;
  pli.sender = Ssrc(r.u32());
  pli.media = Ssrc(r.u32());
  if (!r.ok() || !r.at_end()) return std::nullopt;
  return pli;
}

size_t Pli::serialize(std::span<uint8_t> out) const noexcept {
  ByteWriter w(out);
  begin_feedback(w, kTypePayloadFeedback, kFormatPli, sender, media);
  return finish_packet(w);
}

}  // namespace tutti::rtcp
