// RFC 9628: a picture is the frames of all its spatial layers, each between a B and an E bit, all with one timestamp.
// They leave as one superframe, VP9 bitstream specification annex B.
#include <array>

#include "media/video/depacketizer.hpp"
#include "tutti/wire/payload/vp9.hpp"
#include "tutti/wire/payload/vp9_frame.hpp"

namespace tutti::video {
namespace {

using payload::Vp9Descriptor;

// frames_in_superframe_minus_1 has three bits.
constexpr size_t kMaxFrames = 8;

// superframe_index: superframe_marker (3 bits, 0b110), frame_sizes_byte_minus_1 (2), frames_in_superframe_minus_1 (3);
// the sizes, here of four bytes each, little-endian; the first byte again.
void append_index(std::span<const size_t> sizes, std::vector<uint8_t>& out) {
  const auto marker = static_cast<uint8_t>(0xC0 | 3 << 3 | (sizes.size() - 1));
  out.push_back(marker);
  for (const size_t size : sizes)
    for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<uint8_t>(size >> shift));
  out.push_back(marker);
}

class Vp9Depacketizer final : public Depacketizer {
 public:
  std::optional<PacketRole> inspect(std::span<const uint8_t> payload) const override {
    const auto d = Vp9Descriptor::parse(payload);
    if (!d || d->size == payload.size()) return std::nullopt;
    const bool begins = d->start_of_frame && d->spatial_id == 0;
    return PacketRole{begins, begins, d->keyframe(), d->keyframe()};
  }

  bool assemble(std::span<const std::span<const uint8_t>> payloads, std::vector<uint8_t>& out) override {
    std::array<size_t, kMaxFrames> starts;
    size_t count = 0;
    for (const auto payload : payloads) {
      const auto d = Vp9Descriptor::parse(payload);
      if (!d || (count == 0 && !d->start_of_frame)) return false;
      if (d->start_of_frame) {
        if (count == kMaxFrames) return false;
        starts[count++] = out.size();
      }
      out.insert(out.end(), payload.begin() + static_cast<std::ptrdiff_t>(d->size), payload.end());
    }
    if (count < 2) return true;
    // An encoder of several layers may have put an index behind the last one already.
    const auto superframe = payload::Vp9Superframe::parse(out);
    if (superframe && superframe->has_index && superframe->count >= count) return true;
    std::array<size_t, kMaxFrames> sizes;
    for (size_t i = 0; i < count; ++i) sizes[i] = (i + 1 < count ? starts[i + 1] : out.size()) - starts[i];
    append_index({sizes.data(), count}, out);
    return true;
  }
};

}  // namespace

std::unique_ptr<Depacketizer> make_vp9_depacketizer() { return std::make_unique<Vp9Depacketizer>(); }

}  // namespace tutti::video
