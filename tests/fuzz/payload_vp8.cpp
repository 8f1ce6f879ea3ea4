// An RTP payload as VP8: what is patched or written again reads as what was asked for.
#include <vector>

#include "support/fuzz.hpp"
#include "tutti/wire/payload/vp8.hpp"

using tutti::payload::Vp8Descriptor;
using tutti::test::fuzz_require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto d = Vp8Descriptor::parse({data, size});
  if (!d) return 0;
  fuzz_require(d->size <= size && d->size <= Vp8Descriptor::kMaxSize);

  std::vector<uint8_t> patched(data, data + size);
  d->patch(std::span(patched).first(d->size), 0x5A5A, 0xA5);
  const auto after = Vp8Descriptor::parse(patched);
  fuzz_require(after && after->size == d->size && after->keyframe == d->keyframe);
  fuzz_require(after->temporal_id == d->temporal_id && after->key_index == d->key_index);
  fuzz_require(after->picture_id.has_value() == d->picture_id.has_value());
  if (d->picture_id) fuzz_require(after->picture_id == (d->long_picture_id ? 0x5A5A : 0x5A));
  if (d->tl0_pic_idx) fuzz_require(after->tl0_pic_idx == 0xA5);

  std::vector<uint8_t> written(Vp8Descriptor::kMaxSize);
  written.resize(d->write(written));
  const auto again = Vp8Descriptor::parse(written);
  fuzz_require(again && again->size == written.size());
  fuzz_require(again->picture_id == d->picture_id && again->tl0_pic_idx == d->tl0_pic_idx);
  fuzz_require(again->temporal_id == d->temporal_id && again->key_index == d->key_index);
  return 0;
}
