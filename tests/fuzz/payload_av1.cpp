// AV1's aggregation header, and dependency descriptors in a row: the first byte of each says how long it is, and the
// structure of one serves those after it.
#include <algorithm>
#include <optional>
#include <span>

#include "support/fuzz.hpp"
#include "tutti/wire/payload/av1.hpp"
#include "tutti/wire/payload/dependency_descriptor.hpp"

using namespace tutti::payload;
using tutti::test::fuzz_require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::span<const uint8_t> rest(data, size);
  (void)Av1AggregationHeader::parse(rest);

  std::optional<FrameDependencyStructure> structure;
  while (!rest.empty()) {
    const size_t length = std::min<size_t>(rest[0], rest.size() - 1);
    const auto d = DependencyDescriptor::parse(rest.subspan(1, length), structure ? &*structure : nullptr);
    rest = rest.subspan(1 + length);
    if (!d) continue;
    fuzz_require(d->template_id < 64);
    fuzz_require(d->layer.has_value() == (d->structure || structure));
    if (d->layer) fuzz_require(d->layer->spatial_id < 4 && d->layer->temporal_id < 8);
    if (!d->structure) continue;
    fuzz_require(d->structure->template_count >= 1 && d->structure->template_count <= 64);
    fuzz_require(d->structure->decode_target_count <= 32 && d->structure->spatial_layer_count <= 4);
    structure = d->structure;
  }
  return 0;
}
