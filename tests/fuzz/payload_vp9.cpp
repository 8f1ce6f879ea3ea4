// An RTP payload as VP9: what is read stays within the payload and the type's limits.
#include "support/fuzz.hpp"
#include "tutti/wire/payload/vp9.hpp"

using tutti::payload::Vp9Descriptor;
using tutti::payload::Vp9ScalabilityStructure;
using tutti::test::fuzz_require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto d = Vp9Descriptor::parse({data, size});
  if (!d) return 0;
  fuzz_require(d->size >= 1 && d->size <= size);
  fuzz_require(d->spatial_id < 8 && d->temporal_id < 8);
  fuzz_require(d->reference_count <= Vp9Descriptor::kMaxReferences);
  if (d->scalability) fuzz_require(d->scalability->spatial_layer_count <= Vp9ScalabilityStructure::kMaxSpatialLayers);
  if (d->keyframe()) fuzz_require(d->start_of_frame);
  (void)d->dimensions();
  return 0;
}
