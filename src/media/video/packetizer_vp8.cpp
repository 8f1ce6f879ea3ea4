// RFC 7741 §4.2, §4.4: the frame is cut where it must be, whatever its partitions; all packets name partition 0.
#include <algorithm>
#include <array>

#include "tutti/media/video/packetizer.hpp"
#include "tutti/wire/payload/vp8.hpp"

namespace tutti::video {

void Packetizer::packetize_vp8(const EncodedFrame& frame) {
  payload::Vp8Descriptor descriptor;
  descriptor.picture_id = picture_id_;
  descriptor.tl0_pic_idx = tl0_pic_idx_;
  // TL0PICIDX means nothing without the layer that it counts.
  descriptor.temporal_id = uint8_t{0};

  std::array<uint8_t, payload::Vp8Descriptor::kMaxSize> header;
  const size_t header_size = descriptor.write(header);
  const size_t size = fair_size(frame.bytes.size(), header_size, header_size);
  std::span<const uint8_t> rest(frame.bytes);
  descriptor.start_of_partition = true;
  while (!rest.empty()) {
    (void)descriptor.write(header);
    descriptor.start_of_partition = false;
    std::vector<uint8_t>& out = next_payload();
    const auto part = rest.first(std::min(size - header_size, rest.size()));
    out.insert(out.end(), header.begin(), header.begin() + static_cast<std::ptrdiff_t>(header_size));
    out.insert(out.end(), part.begin(), part.end());
    rest = rest.subspan(part.size());
  }
}

}  // namespace tutti::video
