#include "media/video/depacketizer.hpp"

namespace tutti::video {

std::unique_ptr<Depacketizer> make_depacketizer(Codec codec) {
  switch (codec) {
    case Codec::kVp8:
      return make_vp8_depacketizer();
    case Codec::kVp9:
      return make_vp9_depacketizer();
    case Codec::kH264:
      return make_h264_depacketizer();
    case Codec::kAv1:
      return make_av1_depacketizer();
    case Codec::kOpus:
    case Codec::kPcmu:
    case Codec::kPcma:
    case Codec::kG722:
      return nullptr;
  }
  return nullptr;
}

}  // namespace tutti::video
