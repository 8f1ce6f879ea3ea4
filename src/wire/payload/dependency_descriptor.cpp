#include "tutti/wire/payload/dependency_descriptor.hpp"

#include "wire/payload/bit_reader.hpp"

namespace tutti::payload {

// Function names follow the syntax tables of appendix A.8; `f(n)` there is bits(n) here.
using Structure = FrameDependencyStructure;

// A.8.3 template_layers: each template says how the next one differs. False beyond a limit.
static bool read_template_layers(BitReader& r, Structure& s) noexcept {
  constexpr uint32_t kSameLayer = 0, kNextTemporal = 1, kNextSpatial = 2, kEnd = 3;
  Structure::Template layer;
  uint32_t next = kSameLayer;
  while (next != kEnd) {
    if (s.template_count == Structure::kMaxTemplates) return false;
    s.templates[s.template_count++] = layer;
    next = r.bits(2);
    if (!r.ok()) return false;
    if (next == kNextTemporal && ++layer.temporal_id == Structure::kMaxTemporalLayers) return false;
    if (next == kNextSpatial) {
      layer.temporal_id = 0;
      if (++layer.spatial_id == Structure::kMaxSpatialLayers) return false;
    }
  }
  s.spatial_layer_count = static_cast<uint8_t>(layer.spatial_id + 1);
  return true;
}

// A.8.3 template_fdiffs: for each template a list of 4-bit differences, a flag before each.
static void skip_template_fdiffs(BitReader& r, const Structure& s) noexcept {
  for (size_t i = 0; i < s.template_count; ++i) {
    while (r.flag()) r.skip(4);
  }
}

// A.8.3 template_chains.
static void read_template_chains(BitReader& r, Structure& s) noexcept {
  s.chain_count = static_cast<uint8_t>(r.non_symmetric(s.decode_target_count + 1u));
  if (s.chain_count == 0) return;
  for (size_t i = 0; i < s.decode_target_count; ++i) (void)r.non_symmetric(s.chain_count);
  r.skip(size_t{s.template_count} * s.chain_count * 4);
}

// A.8.3 template_dependency_structure.
static std::optional<Structure> read_structure(BitReader& r) noexcept {
  Structure s;
  s.template_id_offset = static_cast<uint8_t>(r.bits(6));
  s.decode_target_count = static_cast<uint8_t>(r.bits(5) + 1);
  if (!read_template_layers(r, s)) return std::nullopt;
  r.skip(size_t{2} * s.template_count * s.decode_target_count);  // template_dtis
  skip_template_fdiffs(r, s);
  read_template_chains(r, s);
  s.has_resolutions = r.flag();
  if (s.has_resolutions) {
    for (size_t i = 0; i < s.spatial_layer_count; ++i) {
      const uint32_t width = r.bits(16) + 1;
      s.resolutions[i] = Dimensions{width, r.bits(16) + 1};
    }
  }
  if (!r.ok()) return std::nullopt;
  return s;
}

// A.8.4 frame_fdiffs: two bits give the size of the difference in units of four bits, 0 ends the list.
static void skip_frame_fdiffs(BitReader& r) noexcept {
  while (const uint32_t size = r.bits(2)) r.skip(size_t{size} * 4);
}

const Structure::Template* FrameDependencyStructure::find(uint8_t template_id) const noexcept {
  const size_t index = (template_id + kMaxTemplates - template_id_offset) % kMaxTemplates;
  return index < template_count ? &templates[index] : nullptr;
}

std::optional<DependencyDescriptor> DependencyDescriptor::parse(std::span<const uint8_t> extension,
                                                                const FrameDependencyStructure* previous) noexcept {
  BitReader r(extension);
  DependencyDescriptor d;
  d.start_of_frame = r.flag();
  d.end_of_frame = r.flag();
  d.template_id = static_cast<uint8_t>(r.bits(6));
  d.frame_number = static_cast<uint16_t>(r.bits(16));

  // A.8.2 extended_descriptor_fields: there "if (sz > 3)".
  bool custom_dtis = false, custom_fdiffs = false, custom_chains = false;
  if (r.ok() && r.remaining() > 0) {
    const bool has_structure = r.flag();
    const bool has_active_targets = r.flag();
    custom_dtis = r.flag();
    custom_fdiffs = r.flag();
    custom_chains = r.flag();
    if (has_structure) {
      d.structure = read_structure(r);
      if (!d.structure) return std::nullopt;
    }
    const Structure* s = d.structure ? &*d.structure : previous;
    // How many bits the mask has stands in the structure.
    if (has_active_targets && s) d.active_decode_targets = r.bits(s->decode_target_count);
  }
  if (!r.ok()) return std::nullopt;

  const Structure* s = d.structure ? &*d.structure : previous;
  if (!s) return d;
  const auto* layer = s->find(d.template_id);
  if (!layer) return std::nullopt;
  d.layer = *layer;
  if (custom_dtis) r.skip(size_t{2} * s->decode_target_count);
  if (custom_fdiffs) skip_frame_fdiffs(r);
  if (custom_chains) r.skip(size_t{8} * s->chain_count);
  if (!r.ok()) return std::nullopt;
  return d;
}

}  // namespace tutti::payload
