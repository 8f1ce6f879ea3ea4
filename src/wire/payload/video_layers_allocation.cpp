#include "tutti/wire/payload/video_layers_allocation.hpp"

#include "tutti/base/byte_reader.hpp"
#include "tutti/wire/payload/leb128.hpp"

namespace tutti::payload {
namespace {

// Nobody sends more than 1 Tbit/s; what claims to, is no bitrate.
constexpr uint32_t kMaxKbps = 1'000'000'000;

using Layers = std::span<VideoLayersAllocation::Layer>;

// One bit for each spatial layer of each stream that is active. `shared`: the same for all streams, 0 if they follow,
// the first stream in the upper half of a byte.
void read_active(ByteReader& r, uint8_t shared, VideoLayersAllocation& v) noexcept {
  uint8_t pair = 0;
  for (uint8_t stream = 0; stream < v.stream_count; ++stream) {
    if (shared == 0 && stream % 2 == 0) pair = r.u8();
    const int own = stream % 2 == 0 ? pair >> 4 : pair & 0x0F;
    const int mask = shared != 0 ? shared : own;
    for (uint8_t spatial = 0; spatial < VideoLayersAllocation::kMaxSpatialLayers; ++spatial) {
      if ((mask >> spatial & 1) == 0) continue;
      VideoLayersAllocation::Layer& layer = v.storage[v.layer_count++];
      layer.stream = stream;
      layer.spatial_id = spatial;
    }
  }
}

// Two bits for each layer, four to a byte, the first in the uppermost.
void read_temporal_counts(ByteReader& r, Layers layers) noexcept {
  uint8_t four = 0;
  for (size_t i = 0; i < layers.size(); ++i) {
    if (i % 4 == 0) four = r.u8();
    layers[i].temporal_count = static_cast<uint8_t>((four >> (6 - 2 * (i % 4)) & 3) + 1);
  }
}

bool read_bitrates(ByteReader& r, Layers layers) noexcept {
  for (VideoLayersAllocation::Layer& layer : layers) {
    for (size_t temporal = 0; temporal < layer.temporal_count; ++temporal) {
      const auto kbps = read_leb128(r);
      if (!kbps || *kbps > kMaxKbps) return false;
      layer.bitrates[temporal] = DataRate::kbps(static_cast<int64_t>(*kbps));
    }
  }
  return true;
}

void read_sizes(ByteReader& r, Layers layers) noexcept {
  for (VideoLayersAllocation::Layer& layer : layers) {
    const uint32_t width = r.u16() + 1u;
    layer.dimensions = Dimensions{width, r.u16() + 1u};
    layer.max_fps = r.u8();
  }
}

}  // namespace

//                            +-+-+-+-+-+-+-+-+
//                            |RID| NS| sl_bm |
//                            +-+-+-+-+-+-+-+-+
// Spatial layer bitmask      |sl0_bm |sl1_bm |
//   up to 2 bytes            |---------------|
//   when sl_bm == 0          |sl2_bm |sl3_bm |
//                            +-+-+-+-+-+-+-+-+
// Number of temporal layers  |#tl|#tl|#tl|#tl|
// per spatial layer          |   |   |   |   |
//                            +-+-+-+-+-+-+-+-+
//  Target bitrate in kpbs    |               |
//   per temporal layer       :      ...      :
//    leb128 encoded          |               |
//                            +-+-+-+-+-+-+-+-+
// Resolution and framerate   | width-1, height-1 (16 bits each), max framerate
// 5 bytes per spatial layer  :      ...      :
//      (optional)            +-+-+-+-+-+-+-+-+
std::optional<VideoLayersAllocation> VideoLayersAllocation::parse(std::span<const uint8_t> extension) noexcept {
  std::optional<VideoLayersAllocation> result(std::in_place);
  VideoLayersAllocation& v = *result;
  ByteReader r(extension);
  const uint8_t first = r.u8();
  // "a single byte 0": no layer is active.
  if (extension.size() == 1 && first == 0) return result;
  v.stream = first >> 6;
  v.stream_count = static_cast<uint8_t>((first >> 4 & 3) + 1);
  read_active(r, first & 0x0F, v);
  const Layers layers = std::span(v.storage).first(v.layer_count);
  read_temporal_counts(r, layers);
  if (!read_bitrates(r, layers)) return std::nullopt;
  if (r.remaining() > 0) read_sizes(r, layers);
  if (!r.ok()) return std::nullopt;
  return result;
}

}  // namespace tutti::payload
