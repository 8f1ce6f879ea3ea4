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

namespace tutti::payload {

struct FrameDependencyStructure {
  static constexpr size_t kMaxTemplates = 64;
  static constexpr size_t kMaxSpatialLayers = 4;
  static constexpr size_t kMaxTemporalLayers = 8;

  struct Template {
    uint8_t spatial_id = 0;
    uint8_t temporal_id = 0;
    bool operator==(const Template&) const = default;
  };

  uint8_t template_id_offset = 0;
  uint8_t decode_target_count = 0;  // 1 to 32
  uint8_t chain_count = 0;
  uint8_t template_count = 0;
  std::array<Template, kMaxTemplates> templates{};
  uint8_t spatial_layer_count = 0;
  bool has_resolutions = false;
  std::array<Dimensions, kMaxSpatialLayers> resolutions{};  // largest of each spatial layer, if has_resolutions

  // nullptr if this structure has no template with this id.
  const Template* find(uint8_t template_id) const noexcept;
};

struct DependencyDescriptor {
  bool start_of_frame = false;
  bool end_of_frame = false;
  uint8_t template_id = 0;  // 6 bits
  uint16_t frame_number = 0;

  std::optional<FrameDependencyStructure> structure;
  // Bit i: decode target i is produced. Absent: as before, which after a structure is all.
  std::optional<uint32_t> active_decode_targets;
  // By this packet's structure or the previous one; absent if neither is known.
  std::optional<FrameDependencyStructure::Template> layer;

  // `extension`: the header extension's bytes. `previous`: the last structure of this source, or nullptr. nullopt if it
  // is cut short, breaks a limit, or names a template that the structure does not have. Dependencies and chains are
  // checked for length and not kept.
  static std::optional<DependencyDescriptor> parse(std::span<const uint8_t> extension,
                                                   const FrameDependencyStructure* previous) noexcept;

  // Structures come with keyframes alone.
  bool keyframe() const { return structure.has_value(); }
};

}  // namespace tutti::payload
