#include "tutti/wire/rtcp/remb.hpp"

#include <limits>

#include "tutti/base/byte_reader.hpp"
#include "wire/rtcp/packet_writer.hpp"

namespace tutti::rtcp {

// draft-alvestrand-rmcat-remb-03 §2.2, after both SSRCs (the media source is 0):
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |  Unique identifier 'R' 'E' 'M' 'B'                            |
// |  Num SSRC     | BR Exp    |  BR Mantissa                      |
// |   SSRC feedback                                               |
// |  ...                                                          |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
constexpr uint32_t kRembName = 0x52454D42;
constexpr int kMantissaBits = 18;

// Refuses what does not fit the type: 2^18 * 2^63 would.
static std::optional<DataRate> bitrate_of(uint64_t mantissa, uint32_t exponent) {
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  if (mantissa > kMax >> exponent) return std::nullopt;
  return DataRate::bps(static_cast<int64_t>(mantissa << exponent));
}

std::optional<Remb> Remb::parse(std::span<const uint8_t> body) {
  ByteReader r(body);
  Remb remb;
  remb.sender = Ssrc(r.u32());
  r.skip(4);
  const uint32_t name = r.u32();
  const size_t source_count = r.u8();
  const uint32_t rate = r.u24();
  ByteReader sources = r.sub(source_count * 4);
  if (!sources.ok() || name != kRembName) return std::nullopt;
  const auto bitrate = bitrate_of(rate & ((1u << kMantissaBits) - 1), rate >> kMantissaBits);
  if (!bitrate) return std::nullopt;
  remb.bitrate = *bitrate;
  remb.sources.reserve(source_count);
  while (!sources.at_end()) remb.sources.emplace_back(sources.u32());
  return remb;
}

size_t Remb::serialize(std::span<uint8_t> out) const {
  if (bitrate.bps() < 0 || sources.size() > kMaxSources) return 0;
  auto mantissa = static_cast<uint64_t>(bitrate.bps());
  uint32_t exponent = 0;
  for (; mantissa >> kMantissaBits != 0; mantissa >>= 1) ++exponent;
  ByteWriter w(out);
  begin_feedback(w, kTypePayloadFeedback, kFormatRemb, sender, Ssrc(0));
  w.u32(kRembName);
  w.u8(static_cast<uint8_t>(sources.size()));
  w.u24(exponent << kMantissaBits | static_cast<uint32_t>(mantissa));
  for (Ssrc source : sources) w.u32(source.value());
  return finish_packet(w);
}

}  // namespace tutti::rtcp
