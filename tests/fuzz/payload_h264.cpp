// An RTP payload as H.264, parameter sets included: a size comes only with a parameter set, and is never zero or
// absurd.
#include "support/fuzz.hpp"
#include "tutti/wire/payload/h264.hpp"

using tutti::payload::H264Payload;
using tutti::test::fuzz_require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto p = H264Payload::parse({data, size});
  if (!p || !p->dimensions) return 0;
  fuzz_require(p->has_sps && p->keyframe());
  fuzz_require(p->dimensions->width > 0 && p->dimensions->width < 20'000);
  fuzz_require(p->dimensions->height > 0 && p->dimensions->height < 20'000);
  return 0;
}
