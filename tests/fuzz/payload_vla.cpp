// The video-layers-allocation header extension.
#include <cstdint>
#include <span>

#include "support/fuzz.hpp"
#include "tutti/wire/payload/video_layers_allocation.hpp"

using tutti::payload::VideoLayersAllocation;
using tutti::test::fuzz_require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto v = VideoLayersAllocation::parse({data, size});
  if (!v) return 0;
  fuzz_require(v->stream_count <= VideoLayersAllocation::kMaxStreams);
  fuzz_require(v->layer_count <= v->stream_count * VideoLayersAllocation::kMaxSpatialLayers);
  for (const auto& layer : v->layers()) {
    fuzz_require(layer.stream < v->stream_count && layer.spatial_id < VideoLayersAllocation::kMaxSpatialLayers);
    fuzz_require(layer.temporal_count >= 1 && layer.temporal_count <= VideoLayersAllocation::kMaxTemporalLayers);
  }
  return 0;
}
