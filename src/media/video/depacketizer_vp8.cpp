// RFC 7741 §4.5: a frame is what stands behind the descriptors of its packets; it begins where partition 0 does.
#include "media/video/depacketizer.hpp"
#include "tutti/wire/payload/vp8.hpp"

namespace tutti::video {
namespace {

using payload::Vp8Descriptor;

class Vp8Depacketizer final : public Depacketizer {
 public:
  std::optional<PacketRole> inspect(std::span<const uint8_t> payload) const override {
    const auto d = Vp8Descriptor::parse(payload);
    if (!d || d->size == payload.size()) return std::nullopt;
    const bool begins = d->start_of_partition && d->partition_id == 0;
    return PacketRole{begins, begins, d->keyframe, d->keyframe};
  }

  bool assemble(std::span<const std::span<const uint8_t>> payloads, std::vector<uint8_t>& out) override {
    bool first = true;
    for (const auto payload : payloads) {
      const auto d = Vp8Descriptor::parse(payload);
      if (!d || (first && !(d->start_of_partition && d->partition_id == 0))) return false;
      first = false;
      out.insert(out.end(), payload.begin() + static_cast<std::ptrdiff_t>(d->size), payload.end());
    }
    return true;
  }
};

}  // namespace

std::unique_ptr<Depacketizer> make_vp8_depacketizer() { return std::make_unique<Vp8Depacketizer>(); }

}  // namespace tutti::video
