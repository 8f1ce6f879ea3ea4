#include "peer/layer_reader.hpp"

namespace tutti::peer {
namespace {

using payload::LayerFrame;
using payload::TargetMask;

// VP9 names no decode targets, so there is one for each pair of layers: spatial times this, plus temporal.
constexpr uint32_t kTemporalLayers = 4;
constexpr uint32_t kRow = (1u << kTemporalLayers) - 1;
static_assert(payload::kMaxSpatialLayers * kTemporalLayers == payload::kMaxLayerTargets);
// Frames are numbered by picture and, in its lower bits, spatial layer, as libwebrtc's receivers do.
constexpr uint32_t kSpatialBits = 3;

// The targets of this spatial layer with this temporal layer or more.
uint32_t row_from(uint32_t spatial_id, uint32_t temporal_id) {
  return (kRow << temporal_id & kRow) << spatial_id * kTemporalLayers;
}

// A frame is of its own spatial layer's targets, and of higher ones if it may be a reference for them.
uint32_t present_in(const payload::Vp9Descriptor& d) {
  uint32_t targets = row_from(d.spatial_id, d.temporal_id);
  if (d.not_reference_for_upper) return targets;
  for (uint32_t upper = d.spatial_id + 1u; upper < payload::kMaxSpatialLayers; ++upper)
    targets |= row_from(upper, d.temporal_id);
  return targets;
}

// Targets can be begun with a keyframe; those of one spatial layer with what is predicted from lower ones alone; higher
// temporal layers with a frame of the lowest, with which the usual patterns start over. What breaks the pattern is
// noticed by its references.
uint32_t switches_in(const payload::Vp9Descriptor& d) {
  if (d.keyframe()) return ~0u;
  return !d.inter_picture_predicted || d.temporal_id == 0 ? row_from(d.spatial_id, d.temporal_id) : 0;
}

payload::LayerStructure layers_of_vp9() {
  payload::LayerStructure result;
  result.target_count = payload::kMaxLayerTargets;
  for (uint32_t i = 0; i < payload::kMaxLayerTargets; ++i) {
    result.targets[i].spatial_id = static_cast<uint8_t>(i / kTemporalLayers);
    result.targets[i].temporal_id = static_cast<uint8_t>(i % kTemporalLayers);
  }
  return result;
}

void add_reference(LayerFrame& frame, uint32_t difference) {
  frame.references[frame.reference_count++] = static_cast<uint16_t>(difference);
}

}  // namespace

void LayerReader::keep_structure(const payload::Vp9ScalabilityStructure& structure, const payload::Vp9Descriptor& d) {
  spatial_count_ = structure.spatial_layer_count;
  if (structure.picture_group_size == 0 && d.flexible_mode) return;
  const bool fits = structure.picture_group_size <= structure.kMaxPictures;
  group_size_ = fits ? structure.picture_group_size : uint8_t{0};
  group_ = structure.picture_group;
  group_from_ = d.picture_id.value_or(0);
}

// By the descriptor itself in flexible mode, else by the place in the group: libwebrtc's receivers go by the same, so
// what counts is what they wait for.
void LayerReader::add_references(const payload::Vp9Descriptor& d, LayerFrame& frame) const {
  if (d.inter_layer_predicted && d.spatial_id > 0) add_reference(frame, 1);
  if (!d.inter_picture_predicted) return;
  std::span<const uint8_t> pictures = std::span(d.references).first(d.reference_count);
  if (!d.flexible_mode) {
    const uint32_t mask = d.long_picture_id ? 0x7FFF : 0x7F;
    const auto& picture = group_[((*d.picture_id - group_from_) & mask) % group_size_];
    // Out of step; then layers alone have to do.
    if (picture.temporal_id != d.temporal_id) return;
    pictures = std::span(picture.references).first(picture.reference_count);
  }
  for (const uint8_t back : pictures) {
    if (back > 0) add_reference(frame, uint32_t{back} << kSpatialBits);
  }
}

void LayerReader::read(const payload::Vp9Descriptor& d, MediaPacket& out) {
  out.vp9 = d.prefix();
  if (d.scalability) {
    keep_structure(*d.scalability, d);
    out.spatial_sizes = d.scalability->sizes();
  }
  if (!d.has_layers || !d.picture_id || spatial_count_ == 0 || spatial_count_ > payload::kMaxSpatialLayers) return;
  if (d.spatial_id >= payload::kMaxSpatialLayers || d.temporal_id >= kTemporalLayers) return;
  if (!d.flexible_mode && group_size_ == 0) return;

  LayerFrame& frame = out.frame = {};
  frame.described = true;
  frame.start_of_frame = d.start_of_frame;
  frame.end_of_frame = d.end_of_frame;
  frame.spatial_id = d.spatial_id;
  frame.temporal_id = d.temporal_id;
  frame.target_count = payload::kMaxLayerTargets;
  frame.number_bits = static_cast<uint8_t>((d.long_picture_id ? 15 : 7) + kSpatialBits);
  frame.number = uint32_t{*d.picture_id} << kSpatialBits | d.spatial_id;
  frame.present = static_cast<TargetMask>(present_in(d));
  frame.switches = static_cast<TargetMask>(switches_in(d));
  frame.active = static_cast<TargetMask>((1u << spatial_count_ * kTemporalLayers) - 1);
  add_references(d, frame);
  frame.has_structure = out.keyframe;
  if (frame.has_structure) out.structure = layers_of_vp9();
}

void LayerReader::read_dependency_descriptor(MediaPacket& out) {
  if (out.dependency_descriptor_size == 0) return;
  const auto d = payload::DependencyDescriptor::parse(out.dependency_descriptor(), structure_ ? &*structure_ : nullptr);
  if (!d || !d->frame) return;
  const auto is_older_than = [&](uint16_t number) {
    return static_cast<int16_t>(static_cast<uint16_t>(d->frame_number - number)) < 0;
  };
  out.temporal_id = d->frame->layer.temporal_id;
  out.spatial_id = d->frame->layer.spatial_id;
  // What was lost and comes again says how things were.
  const bool outdated = out.recovered && structure_ && is_older_than(structure_from_);
  uint32_t active = active_;
  if (d->structure || (d->active_decode_targets && !outdated && !is_older_than(active_from_))) {
    active = d->active_decode_targets.value_or(UINT32_MAX);
    if (!outdated) {
      active_ = active;
      active_from_ = d->frame_number;
    }
  }
  const payload::FrameDependencyStructure& of = d->structure ? *d->structure : *structure_;
  out.frame = d->layer_frame(of, active);
  if (!d->structure) return;
  out.keyframe = true;
  if (out.frame.described) out.structure = of.layers();
  out.spatial_sizes = of.sizes();
  if (of.has_resolutions) out.dimensions = of.resolutions[of.spatial_layer_count - 1u];
  if (outdated) return;
  structure_ = d->structure;
  structure_from_ = d->frame_number;
}

}  // namespace tutti::peer
