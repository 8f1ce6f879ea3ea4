// The AV1 dependency descriptor, a header extension that says where a packet stands in the layers of a track. A
// keyframe brings the structure (templates) that later packets refer to; the caller keeps it, one for each track and
// layer. "RTP Payload Format For AV1" v1.0, appendix A (AOM). Values; no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/base/strong.hpp"
#include "tutti/wire/payload/dimensions.hpp"
#include "tutti/wire/payload/layer_frame.hpp"

namespace tutti::payload {

// A.8.3 decode target indications, as they are coded in two bits.
enum class TargetIndication : uint8_t { kNotPresent = 0, kDiscardable = 1, kSwitch = 2, kRequired = 3 };

struct FrameDependencyStructure {
  static constexpr size_t kMaxTemplates = 64;
  static constexpr size_t kMaxSpatialLayers = 4;
  static constexpr size_t kMaxTemporalLayers = 8;
  static constexpr size_t kMaxTargets = 32;
  // AV1 has no more references in a frame.
  static constexpr size_t kMaxReferences = 8;

  struct Layer {
    uint8_t spatial_id = 0;
    uint8_t temporal_id = 0;
    bool operator==(const Layer&) const = default;
  };
  // What a template says, and a frame after it: indications, references, and how far back each chain goes.
  struct Frame {
    Layer layer;
    uint8_t reference_count = 0;
    std::array<TargetIndication, kMaxTargets> indications{};
    std::array<uint16_t, kMaxReferences> references{};
    std::array<uint8_t, kMaxTargets> chain_diffs{};
    bool operator==(const Frame&) const = default;
  };

  uint8_t template_id_offset = 0;
  uint8_t decode_target_count = 0;  // 1 to 32
  uint8_t chain_count = 0;
  uint8_t template_count = 0;
  std::array<Frame, kMaxTemplates> templates{};
  std::array<uint8_t, kMaxTargets> protected_by{};  // the chain of each decode target, if there are chains
  uint8_t spatial_layer_count = 0;
  bool has_resolutions = false;
  std::array<Dimensions, kMaxSpatialLayers> resolutions{};  // largest of each spatial layer, if has_resolutions

  // nullptr if this structure has no template with this id.
  const Frame* find(uint8_t template_id) const noexcept;
  // Small enough to be described by LayerFrame and LayerStructure.
  bool is_describable() const;
  // Of a describable one. What is contained in what is told by the templates.
  LayerStructure layers() const;
  SpatialSizes sizes() const;
};

struct DependencyDescriptor {
  bool start_of_frame = false;
  bool end_of_frame = false;
  uint8_t template_id = 0;  // 6 bits
  uint16_t frame_number = 0;

  std::optional<FrameDependencyStructure> structure;
  // Bit i: decode target i is produced. Absent: as before, which after a structure is all.
  std::optional<uint32_t> active_decode_targets;
  // By this packet's structure or the previous one, its own indications, references and chains in place of the
  // template's; absent if no structure is known.
  std::optional<FrameDependencyStructure::Frame> frame;

  // `extension`: the header extension's bytes. `previous`: the last structure of this source, or nullptr. nullopt if it
  // is cut short, breaks a limit, or names a template that the structure does not have.
  static std::optional<DependencyDescriptor> parse(std::span<const uint8_t> extension,
                                                   const FrameDependencyStructure* previous) noexcept;

  // Structures come with keyframes alone.
  bool keyframe() const { return structure.has_value(); }
  // The frame in the common form; not described if no structure is known or it is not describable. `of`: the structure
  // that `frame` is by; `active`: the targets produced at present.
  LayerFrame layer_frame(const FrameDependencyStructure& of, uint32_t active) const;
};

// Writes a descriptor that parsed once again with another frame number and, if `active_targets` is not 0, with that
// mask of active decode targets in place of its own, whether or not it had one. `target_count`: of the structure that
// holds. Returns the bytes written; 0 if `out` is too small: at most six more than there were.
size_t rewrite_dependency_descriptor(std::span<const uint8_t> extension, uint16_t frame_number, uint32_t active_targets,
                                     uint8_t target_count, std::span<uint8_t> out) noexcept;

}  // namespace tutti::payload
