// The VP9 payload descriptor with its scalability structure. A forwarder rewrites picture id and TL0PICIDX. RFC 9628
// §4.2. Values; no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/wire/payload/dimensions.hpp"
#include "tutti/wire/payload/layer_frame.hpp"

namespace tutti::payload {

struct Vp9ScalabilityStructure {
  static constexpr size_t kMaxSpatialLayers = 8;
  static constexpr size_t kMaxReferences = 3;
  // Longer groups are checked for length and not kept; libwebrtc's have 1 to 8 pictures.
  static constexpr size_t kMaxPictures = 16;

  struct Picture {
    uint8_t temporal_id = 0;
    bool switching_up_point = false;
    uint8_t reference_count = 0;
    std::array<uint8_t, kMaxReferences> references{};  // how many pictures back
    bool operator==(const Picture&) const = default;
  };

  uint8_t spatial_layer_count = 1;
  bool has_dimensions = false;
  std::array<Dimensions, kMaxSpatialLayers> dimensions{};  // by spatial layer, if has_dimensions
  uint8_t picture_group_size = 0;                          // N_G
  std::array<Picture, kMaxPictures> picture_group{};       // if picture_group_size is at most kMaxPictures

  // Nothing if there are no dimensions, or more layers than that has room for.
  SpatialSizes sizes() const;
};

// The bytes of a descriptor up to TL0PICIDX, which is as far as a forwarder writes.
struct Vp9Prefix {
  // The most that `write` writes.
  static constexpr size_t kMaxSize = 5;

  std::optional<uint16_t> picture_id;
  std::optional<uint8_t> tl0_pic_idx;
  bool long_picture_id = false;
  bool has_layers = false;
  uint8_t size = 0;  // of what `write` replaces

  // Writes those bytes of `payload`, whose descriptor this is of, with another picture id, always of 15 bits, and
  // another TL0PICIDX; those that are absent stay so. Returns how many. `out`: at least kMaxSize.
  size_t write(std::span<const uint8_t> payload, uint16_t picture_id_value, uint8_t tl0_value,
               std::span<uint8_t> out) const noexcept;
};

struct Vp9Descriptor {
  static constexpr size_t kMaxReferences = 3;

  bool inter_picture_predicted = false;  // P
  bool flexible_mode = false;            // F
  bool start_of_frame = false;           // B: first packet of a frame of one spatial layer
  bool end_of_frame = false;             // E: last packet of it
  bool not_reference_for_upper = false;  // Z: no frame of a higher spatial layer of this picture depends on it
  std::optional<uint16_t> picture_id;    // 7 or 15 bits
  bool long_picture_id = false;          // 15 bits

  // Layer indices; all as if 0 and false where the sender gives none.
  bool has_layers = false;             // L
  uint8_t temporal_id = 0;             // 0 to 7
  bool switching_up_point = false;     // U
  uint8_t spatial_id = 0;              // 0 to 7
  bool inter_layer_predicted = false;  // D
  std::optional<uint8_t> tl0_pic_idx;  // only in non-flexible mode

  uint8_t reference_count = 0;  // only in flexible mode
  std::array<uint8_t, kMaxReferences> references{};
  std::optional<Vp9ScalabilityStructure> scalability;

  size_t size = 0;  // of the descriptor; the VP9 bytes follow
  // VP9's own frame header, where a frame starts, says that it is no keyframe. ffmpeg never sets P, so P is not enough.
  bool inter_frame_header = false;

  // `payload`: the RTP payload. nullopt if the descriptor is cut short or breaks a limit of the RFC.
  static std::optional<Vp9Descriptor> parse(std::span<const uint8_t> payload) noexcept;

  // This packet begins a keyframe, in which decoding can start.
  bool keyframe() const { return !inter_picture_predicted && start_of_frame && spatial_id == 0 && !inter_frame_header; }
  Vp9Prefix prefix() const;
  // Of the highest spatial layer, if this packet carries a scalability structure with sizes.
  std::optional<Dimensions> dimensions() const;
};

}  // namespace tutti::payload
