// Frames for a video decoder. The first byte chooses the codec (its two lowest bits: VP8, VP9, H.264, AV1); then come
// frames, each behind its length in 16 bits. A picture comes with no error, and within the limits.
#include "support/fuzz.hpp"
#include "tutti/base/byte_reader.hpp"
#include "tutti/media/video/decoder.hpp"

using namespace tutti;
using namespace tutti::video;
using tutti::test::fuzz_require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr Codec kCodecs[] = {Codec::kVp8, Codec::kVp9, Codec::kH264, Codec::kAv1};
  constexpr PictureLimits kLimits{.max_width = 512, .max_height = 512, .max_pixels = 512 * 512};
  ByteReader r({data, size});
  const auto decoder = make_video_decoder(kCodecs[r.u8() & 3], kLimits);
  while (r.remaining() > 0) {
    const size_t length = r.u16();
    const auto frame = length <= r.remaining() ? r.bytes(length) : r.rest();
    const auto result = decoder->decode(frame, {}, Rotation::k0);
    if (!result.picture) continue;
    fuzz_require(result.error == DecodeError::kNone);
    fuzz_require(kLimits.allows(result.picture->width(), result.picture->height()));
  }
  return 0;
}
