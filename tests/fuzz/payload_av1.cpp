// AV1's aggregation header, and dependency descriptors in a row: the first byte of each says how long it is, and the
// structure of one serves those after it.
#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "support/fuzz.hpp"
#include "tutti/wire/payload/av1.hpp"
#include "tutti/wire/payload/dependency_descriptor.hpp"

using namespace tutti::payload;
using tutti::test::fuzz_require;

// What is written anew for a receiver reads as it did, but for what was to change.
static void check_frame(const DependencyDescriptor& d, const FrameDependencyStructure& of,
                        std::span<const uint8_t> extension) {
  fuzz_require(d.frame->layer.spatial_id < 4 && d.frame->layer.temporal_id < 8);
  fuzz_require(d.frame->reference_count <= FrameDependencyStructure::kMaxReferences);
  const LayerFrame layers = d.layer_frame(of, UINT32_MAX);
  fuzz_require(layers.described == of.is_describable());
  if (layers.described) (void)of.layers();

  std::array<uint8_t, 300> out;
  const uint32_t mask = of.decode_target_count == 32 ? UINT32_MAX : (1u << of.decode_target_count) - 1;
  const size_t size = rewrite_dependency_descriptor(extension, 77, mask, of.decode_target_count, out);
  fuzz_require(size >= extension.size() && size <= extension.size() + 6);
  const auto again = DependencyDescriptor::parse(std::span(out).first(size), &of);
  fuzz_require(again && again->frame_number == 77 && again->active_decode_targets == mask);
  fuzz_require(again->frame == d.frame && again->template_id == d.template_id);
  fuzz_require(again->structure.has_value() == d.structure.has_value());
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::span<const uint8_t> rest(data, size);
  (void)Av1AggregationHeader::parse(rest);

  std::optional<FrameDependencyStructure> structure;
  while (!rest.empty()) {
    const size_t length = std::min<size_t>(rest[0], rest.size() - 1);
    const auto extension = rest.subspan(1, length);
    const auto d = DependencyDescriptor::parse(extension, structure ? &*structure : nullptr);
    rest = rest.subspan(1 + length);
    if (!d) continue;
    fuzz_require(d->template_id < 64);
    fuzz_require(d->frame.has_value() == (d->structure || structure));
    if (d->frame) check_frame(*d, d->structure ? *d->structure : *structure, extension);
    if (!d->structure) continue;
    fuzz_require(d->structure->template_count >= 1 && d->structure->template_count <= 64);
    fuzz_require(d->structure->decode_target_count <= 32 && d->structure->spatial_layer_count <= 4);
    structure = d->structure;
  }
  return 0;
}
