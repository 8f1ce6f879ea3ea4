#include "tutti/wire/payload/dependency_descriptor.hpp"

#include <algorithm>

#include "wire/payload/bit_reader.hpp"
#include "wire/payload/bit_writer.hpp"

namespace tutti::payload {

// Function names follow the syntax tables of appendix A.8; `f(n)` there is bits(n) here.
using Structure = FrameDependencyStructure;

static void read_indications(BitReader& r, const Structure& s, Structure::Frame& frame) noexcept {
  for (size_t i = 0; i < s.decode_target_count; ++i) frame.indications[i] = static_cast<TargetIndication>(r.bits(2));
}

// A.8.3 template_layers: each template says how the next one differs. False beyond a limit.
static bool read_template_layers(BitReader& r, Structure& s) noexcept {
  constexpr uint32_t kSameLayer = 0, kNextTemporal = 1, kNextSpatial = 2, kEnd = 3;
  Structure::Layer layer;
  uint32_t next = kSameLayer;
  while (next != kEnd) {
    if (s.template_count == Structure::kMaxTemplates) return false;
    s.templates[s.template_count++].layer = layer;
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

// False if the frame has more references than AV1 knows, or refers to itself.
static bool add_reference(Structure::Frame& frame, uint32_t difference) noexcept {
  if (frame.reference_count == Structure::kMaxReferences) return false;
  frame.references[frame.reference_count++] = static_cast<uint16_t>(difference);
  return true;
}

// A.8.3 template_fdiffs: for each template a list of 4-bit differences less one, a flag before each.
static bool read_template_fdiffs(BitReader& r, Structure& s) noexcept {
  for (size_t i = 0; i < s.template_count; ++i) {
    while (r.flag()) {
      if (!add_reference(s.templates[i], r.bits(4) + 1)) return false;
    }
  }
  return true;
}

// A.8.3 template_chains.
static void read_template_chains(BitReader& r, Structure& s) noexcept {
  s.chain_count = static_cast<uint8_t>(r.non_symmetric(s.decode_target_count + 1u));
  if (s.chain_count == 0) return;
  for (size_t i = 0; i < s.decode_target_count; ++i)
    s.protected_by[i] = static_cast<uint8_t>(r.non_symmetric(s.chain_count));
  for (size_t i = 0; i < s.template_count; ++i) {
    for (size_t chain = 0; chain < s.chain_count; ++chain)
      s.templates[i].chain_diffs[chain] = static_cast<uint8_t>(r.bits(4));
  }
}

// A.8.3 template_dependency_structure.
static bool read_structure(BitReader& r, Structure& s) noexcept {
  s.template_id_offset = static_cast<uint8_t>(r.bits(6));
  s.decode_target_count = static_cast<uint8_t>(r.bits(5) + 1);
  if (!read_template_layers(r, s)) return false;
  for (size_t i = 0; i < s.template_count; ++i) read_indications(r, s, s.templates[i]);
  if (!read_template_fdiffs(r, s)) return false;
  read_template_chains(r, s);
  s.has_resolutions = r.flag();
  if (s.has_resolutions) {
    for (size_t i = 0; i < s.spatial_layer_count; ++i) {
      const uint32_t width = r.bits(16) + 1;
      s.resolutions[i] = Dimensions{width, r.bits(16) + 1};
    }
  }
  return r.ok();
}

// A.8.4 frame_fdiffs: two bits give the size of the difference less one in units of four bits, 0 ends the list.
static bool read_frame_fdiffs(BitReader& r, Structure::Frame& frame) noexcept {
  frame.reference_count = 0;
  frame.references = {};
  while (const uint32_t size = r.bits(2)) {
    if (!add_reference(frame, r.bits(size_t{size} * 4) + 1)) return false;
  }
  return true;
}

const Structure::Frame* FrameDependencyStructure::find(uint8_t template_id) const noexcept {
  const size_t index = (template_id + kMaxTemplates - template_id_offset) % kMaxTemplates;
  return index < template_count ? &templates[index] : nullptr;
}

bool FrameDependencyStructure::is_describable() const {
  return decode_target_count <= kMaxLayerTargets && chain_count <= kMaxLayerChains;
}

LayerStructure FrameDependencyStructure::layers() const {
  LayerStructure result;
  result.target_count = decode_target_count;
  for (size_t target = 0; target < decode_target_count; ++target) {
    LayerStructure::Target& t = result.targets[target];
    if (chain_count > 0) t.chain = protected_by[target];
    result.contained[target] = static_cast<TargetMask>((1u << decode_target_count) - 1);
    for (const Frame& frame : std::span(templates).first(template_count)) {
      if (frame.indications[target] != TargetIndication::kNotPresent) {
        t.spatial_id = std::max(t.spatial_id, frame.layer.spatial_id);
        t.temporal_id = std::max(t.temporal_id, frame.layer.temporal_id);
        continue;
      }
      for (size_t other = 0; other < decode_target_count; ++other) {
        if (frame.indications[other] != TargetIndication::kNotPresent)
          result.contained[target] = static_cast<TargetMask>(result.contained[target] & ~(1u << other));
      }
    }
  }
  return result;
}

SpatialSizes FrameDependencyStructure::sizes() const {
  SpatialSizes result;
  if (!has_resolutions) return result;
  result.count = spatial_layer_count;
  const auto limited = [](uint32_t pixels) { return static_cast<uint16_t>(std::min<uint32_t>(pixels, UINT16_MAX)); };
  for (size_t i = 0; i < spatial_layer_count; ++i)
    result.sizes[i] = {limited(resolutions[i].width), limited(resolutions[i].height)};
  return result;
}

static bool read_descriptor(BitReader& r, const Structure* previous, DependencyDescriptor& d) noexcept {
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
    if (has_structure && !read_structure(r, d.structure.emplace())) return false;
    const Structure* s = d.structure ? &*d.structure : previous;
    // How many bits the mask has stands in the structure.
    if (has_active_targets && s) d.active_decode_targets = r.bits(s->decode_target_count);
  }
  if (!r.ok()) return false;

  const Structure* s = d.structure ? &*d.structure : previous;
  if (!s) return true;
  const auto* by_template = s->find(d.template_id);
  if (!by_template) return false;
  d.frame = *by_template;
  if (custom_dtis) read_indications(r, *s, *d.frame);
  if (custom_fdiffs && !read_frame_fdiffs(r, *d.frame)) return false;
  if (custom_chains) {
    for (size_t chain = 0; chain < s->chain_count; ++chain)
      d.frame->chain_diffs[chain] = static_cast<uint8_t>(r.bits(8));
  }
  return r.ok();
}

std::optional<DependencyDescriptor> DependencyDescriptor::parse(std::span<const uint8_t> extension,
                                                                const FrameDependencyStructure* previous) noexcept {
  BitReader r(extension);
  // In its place: a structure is large, and most packets have none.
  std::optional<DependencyDescriptor> result(std::in_place);
  if (!read_descriptor(r, previous, *result)) result.reset();
  return result;
}

LayerFrame DependencyDescriptor::layer_frame(const FrameDependencyStructure& of, uint32_t active) const {
  LayerFrame result;
  if (!frame || !of.is_describable()) return result;
  result.described = true;
  result.start_of_frame = start_of_frame;
  result.end_of_frame = end_of_frame;
  result.has_structure = structure.has_value();
  result.has_active = active_decode_targets.has_value();
  result.spatial_id = frame->layer.spatial_id;
  result.temporal_id = frame->layer.temporal_id;
  result.target_count = of.decode_target_count;
  result.number = frame_number;
  result.active = static_cast<TargetMask>(active);
  for (size_t target = 0; target < of.decode_target_count; ++target) {
    const TargetIndication indication = frame->indications[target];
    if (indication != TargetIndication::kNotPresent)
      result.present = static_cast<TargetMask>(result.present | 1u << target);
    if (indication == TargetIndication::kSwitch)
      result.switches = static_cast<TargetMask>(result.switches | 1u << target);
  }
  result.reference_count = frame->reference_count;
  result.references = frame->references;
  result.chain_count = of.chain_count;
  std::copy_n(frame->chain_diffs.begin(), kMaxLayerChains, result.chain_diffs.begin());
  return result;
}

size_t rewrite_dependency_descriptor(std::span<const uint8_t> extension, uint16_t frame_number, uint32_t active_targets,
                                     uint8_t target_count, std::span<uint8_t> out) noexcept {
  constexpr size_t kMandatory = 3, kFlags = 5;
  if (extension.size() < kMandatory || out.size() < extension.size()) return 0;
  std::copy(extension.begin(), extension.end(), out.begin());
  out[1] = static_cast<uint8_t>(frame_number >> 8);
  out[2] = static_cast<uint8_t>(frame_number);
  if (active_targets == 0) return extension.size();

  // The mask stands behind the structure and before the custom fields, at no byte's beginning: from there on all moves.
  BitReader r(extension.subspan(kMandatory));
  BitWriter w(out.subspan(kMandatory));
  const bool extended = r.remaining() > 0;
  const bool has_structure = extended && r.flag();
  const bool has_active_targets = extended && r.flag();
  const uint32_t custom = extended ? r.bits(3) : 0;
  w.put(1, has_structure);
  w.put(1, 1);
  w.put(3, custom);
  if (has_structure) {
    BitReader copied(extension.subspan(kMandatory));
    copied.skip(kFlags);
    if (Structure s; !read_structure(r, s)) return 0;
    for (size_t left = copied.remaining() - r.remaining(); left > 0; --left) w.put(1, copied.bits(1));
  }
  if (has_active_targets) r.skip(target_count);
  w.put(target_count, active_targets);
  // What pads the last byte is carried along: a few bits of zeros more.
  for (size_t left = r.remaining(); left > 0; --left) w.put(1, r.bits(1));
  return r.ok() && w.ok() ? kMandatory + w.size() : 0;
}

}  // namespace tutti::payload
