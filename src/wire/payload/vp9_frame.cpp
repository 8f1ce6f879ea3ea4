#include "tutti/wire/payload/vp9_frame.hpp"

#include "wire/payload/bit_reader.hpp"

namespace tutti::payload {

// §6.2 frame_sync_code
constexpr uint32_t kSyncCode = 0x498342;
// §7.2.2 color_space
constexpr uint32_t kRgb = 7;

static Dimensions read_size(BitReader& r) noexcept {
  const uint32_t width = r.bits(16) + 1;
  return {width, r.bits(16) + 1};
}

// frame_size_with_refs: the first of three references that is named lends its size; else the size stands here.
static std::optional<Dimensions> read_size_with_refs(BitReader& r) noexcept {
  for (int i = 0; i < 3; ++i) {
    if (r.flag()) return std::nullopt;
  }
  return read_size(r);
}

std::optional<Vp9FrameHeader> Vp9FrameHeader::parse(std::span<const uint8_t> frame) noexcept {
  BitReader r(frame);
  Vp9FrameHeader header;
  if (r.bits(2) != 2) return std::nullopt;  // frame_marker
  const uint32_t profile_low = r.bits(1);
  header.profile = static_cast<uint8_t>(r.bits(1) << 1 | profile_low);
  if (!r.ok()) return std::nullopt;
  if (header.profile != 0) return header;
  header.show_existing = r.flag();
  if (header.show_existing) {
    r.skip(3);  // frame_to_show_map_idx
    return r.ok() ? std::optional(header) : std::nullopt;
  }
  header.keyframe = !r.flag();
  header.shown = r.flag();
  const bool error_resilient = r.flag();
  if (header.keyframe) {
    if (r.bits(24) != kSyncCode || r.bits(3) == kRgb) return std::nullopt;
    r.skip(1);  // color_range
    header.dimensions = read_size(r);
  } else {
    header.intra_only = !header.shown && r.flag();
    if (!error_resilient) r.skip(2);  // reset_frame_context
    if (header.intra_only) {
      if (r.bits(24) != kSyncCode) return std::nullopt;
      r.skip(8);  // refresh_frame_flags
      header.dimensions = read_size(r);
    } else {
      r.skip(8 + 3 * 4);  // refresh_frame_flags; ref_frame_idx and its sign bias, three times
      header.dimensions = read_size_with_refs(r);
    }
  }
  return r.ok() ? std::optional(header) : std::nullopt;
}

// Annex B: the last byte, and the first of the index, are 110 (3 bits), bytes of each size less 1 (2 bits), frames less
// 1 (3 bits); between them stand the sizes, little-endian.
std::optional<Vp9Superframe> Vp9Superframe::parse(std::span<const uint8_t> bytes) noexcept {
  Vp9Superframe superframe;
  if (bytes.empty()) return std::nullopt;
  const uint8_t marker = bytes.back();
  if ((marker & 0xE0) != 0xC0) {
    superframe.frames[0] = bytes;
    superframe.count = 1;
    return superframe;
  }
  const size_t count = (marker & 7u) + 1;
  const size_t size_bytes = (marker >> 3 & 3u) + 1;
  const size_t index_size = 2 + size_bytes * count;
  if (bytes.size() < index_size || bytes[bytes.size() - index_size] != marker) return std::nullopt;
  const auto sizes = bytes.last(index_size).subspan(1);
  auto rest = bytes.first(bytes.size() - index_size);
  for (size_t i = 0; i < count; ++i) {
    size_t size = 0;
    for (size_t byte = 0; byte < size_bytes; ++byte) size |= size_t{sizes[i * size_bytes + byte]} << 8 * byte;
    if (size == 0 || size > rest.size()) return std::nullopt;
    superframe.frames[i] = rest.first(size);
    rest = rest.subspan(size);
  }
  superframe.count = count;
  superframe.has_index = true;
  return superframe;
}

}  // namespace tutti::payload
