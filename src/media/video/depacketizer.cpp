#include "media/video/depacketizer.hpp"

#include <array>

#include "tutti/base/byte_reader.hpp"
#include "tutti/wire/payload/av1.hpp"
#include "tutti/wire/payload/h264.hpp"
#include "tutti/wire/payload/vp8.hpp"
#include "tutti/wire/payload/vp9.hpp"

namespace tutti::video {
namespace {

using Payloads = std::span<const std::span<const uint8_t>>;

void append(std::vector<uint8_t>& out, std::span<const uint8_t> bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

bool depacketize_vp8(Payloads payloads, std::vector<uint8_t>& out) {
  for (const auto payload : payloads) {
    const auto d = payload::Vp8Descriptor::parse(payload);
    if (!d) return false;
    append(out, payload.subspan(d->size));
  }
  return !out.empty();
}

// Frames of several spatial layers become a superframe: VP9 bitstream specification, annex B. Its index says where each begins, so that
// the decoder need not guess, and whoever checks sizes sees every frame's header.
bool depacketize_vp9(Payloads payloads, std::vector<uint8_t>& out) {
  std::vector<size_t> sizes;
  for (const auto payload : payloads) {
    const auto d = payload::Vp9Descriptor::parse(payload);
    if (!d) return false;
    if (d->start_of_frame || sizes.empty()) sizes.push_back(0);
    const auto rest = payload.subspan(d->size);
    append(out, rest);
    sizes.back() += rest.size();
  }
  if (sizes.size() < 2) return !out.empty();
  if (sizes.size() > 8) return false;
  // Sizes of four bytes, little endian, between two markers.
  const auto marker = static_cast<uint8_t>(0xC0 | 3 << 3 | (sizes.size() - 1));
  out.push_back(marker);
  for (const size_t size : sizes) {
    for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<uint8_t>(size >> shift));
  }
  out.push_back(marker);
  return true;
}

void append_nal(std::vector<uint8_t>& out, std::span<const uint8_t> nal) {
  append(out, std::array<uint8_t, 4>{0, 0, 0, 1});
  append(out, nal);
}

bool depacketize_h264(Payloads payloads, std::vector<uint8_t>& out) {
  bool in_fragment = false;
  for (const auto payload : payloads) {
    const uint8_t type = payload[0] & 0x1F;
    if (type == payload::H264Payload::kFuA) {
      if (payload.size() < 3) return false;
      const bool start = payload[1] & 0x80, end = payload[1] & 0x40;
      if (start == in_fragment) return false;
      if (start) append_nal(out, std::array<uint8_t, 1>{static_cast<uint8_t>((payload[0] & 0xE0) | (payload[1] & 0x1F))});
      append(out, payload.subspan(2));
      in_fragment = !end;
      continue;
    }
    if (in_fragment) return false;
    if (type == payload::H264Payload::kStapA) {
      ByteReader r(payload.subspan(1));
      while (r.remaining() > 0) {
        const auto nal = r.bytes(r.u16());
        if (!r.ok() || nal.empty()) return false;
        append_nal(out, nal);
      }
    } else if (type >= 1 && type <= 23) {
      append_nal(out, payload);
    } else {
      return false;
    }
  }
  return !in_fragment && !out.empty();
}

void append_leb128(std::vector<uint8_t>& out, size_t value) {
  do {
    const uint8_t more = value > 0x7F ? 0x80 : 0;
    out.push_back(static_cast<uint8_t>((value & 0x7F) | more));
    value >>= 7;
  } while (value > 0);
}

// AV1 specification §5.3.1: obu_has_size_field is 0x02 of the header, the extension flag 0x04, the type bits 0x78.
constexpr uint8_t kObuHasSize = 0x02, kObuExtension = 0x04;
constexpr uint8_t kTemporalDelimiter = 2, kTileList = 8;

// One OBU as RTP carries it (mostly without its size) becomes one with it.
bool append_obu(std::vector<uint8_t>& out, std::span<const uint8_t> obu) {
  if (obu.empty()) return false;
  const uint8_t header = obu[0];
  const uint8_t type = (header >> 3) & 0x0F;
  const size_t header_size = header & kObuExtension ? 2 : 1;
  if (obu.size() < header_size) return false;
  // Neither belongs into RTP; receivers leave them out.
  if (type == kTemporalDelimiter || type == kTileList) return true;
  if (header & kObuHasSize) {
    append(out, obu);
    return true;
  }
  out.push_back(header | kObuHasSize);
  if (header_size == 2) out.push_back(obu[1]);
  append_leb128(out, obu.size() - header_size);
  append(out, obu.subspan(header_size));
  return true;
}

// "RTP Payload Format For AV1" §4.3, §4.4: elements with a length, the last one without if W says how many there are; Z and Y tell of fragments.
bool depacketize_av1(Payloads payloads, std::vector<uint8_t>& out) {
  append(out, std::array<uint8_t, 2>{kTemporalDelimiter << 3 | kObuHasSize, 0});
  std::vector<uint8_t> fragment;
  bool in_fragment = false;
  for (const auto payload : payloads) {
    const auto h = payload::Av1AggregationHeader::parse(payload);
    if (!h || h->continues_obu != in_fragment) return false;
    ByteReader r(payload.subspan(payload::Av1AggregationHeader::kSize));
    for (size_t element = 1; r.remaining() > 0; ++element) {
      size_t size = 0;
      if (h->obu_count != 0 && element == h->obu_count) {
        size = r.remaining();
      } else {
        for (int shift = 0;; shift += 7) {
          const uint8_t byte = r.u8();
          if (!r.ok() || shift > 28) return false;
          size |= static_cast<size_t>(byte & 0x7F) << shift;
          if ((byte & 0x80) == 0) break;
        }
      }
      const auto bytes = r.bytes(size);
      if (!r.ok()) return false;
      const bool last = r.remaining() == 0;
      append(fragment, bytes);
      in_fragment = last && h->last_obu_continues;
      if (in_fragment) break;
      if (!append_obu(out, fragment)) return false;
      fragment.clear();
    }
  }
  return !in_fragment && out.size() > 2;
}

}  // namespace

PayloadInfo inspect(Codec codec, std::span<const uint8_t> payload) {
  switch (codec) {
    case Codec::kVp8:
      if (const auto d = payload::Vp8Descriptor::parse(payload)) return {true, d->start_of_partition && d->partition_id == 0, d->keyframe};
      return {};
    case Codec::kVp9:
      if (const auto d = payload::Vp9Descriptor::parse(payload))
        return {true, d->start_of_frame && (d->spatial_id == 0 || !d->inter_layer_predicted), d->keyframe()};
      return {};
    case Codec::kH264:
      // An IDR slice alone does not begin one: the parameter sets before it may be late, and without them nothing is decoded.
      if (const auto d = payload::H264Payload::parse(payload)) return {true, true, d->has_sps};
      return {};
    case Codec::kAv1:
      if (const auto d = payload::Av1AggregationHeader::parse(payload)) return {true, !d->continues_obu, d->keyframe()};
      return {};
    case Codec::kOpus:
    case Codec::kPcmu:
    case Codec::kPcma:
    case Codec::kG722: return {};
  }
  return {};
}

bool depacketize(Codec codec, Payloads payloads, std::vector<uint8_t>& out) {
  out.clear();
  switch (codec) {
    case Codec::kVp8: return depacketize_vp8(payloads, out);
    case Codec::kVp9: return depacketize_vp9(payloads, out);
    case Codec::kH264: return depacketize_h264(payloads, out);
    case Codec::kAv1: return depacketize_av1(payloads, out);
    case Codec::kOpus:
    case Codec::kPcmu:
    case Codec::kPcma:
    case Codec::kG722: return false;
  }
  return false;
}

}  // namespace tutti::video
