// The VP8 payload descriptor, and what the frame header behind it tells of a keyframe. A forwarder rewrites picture id
// and TL0PICIDX, either in place or with a new descriptor. RFC 7741 §4.2, §4.3. Value; no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/wire/payload/dimensions.hpp"

namespace tutti::payload {

struct Vp8Descriptor {
  static constexpr size_t kMaxSize = 6;

  bool start_of_partition = false;
  uint8_t partition_id = 0;
  bool non_reference = false;          // no other frame depends on this one
  std::optional<uint16_t> picture_id;  // 7 or 15 bits
  bool long_picture_id = false;        // 15 bits
  std::optional<uint8_t> tl0_pic_idx;
  std::optional<uint8_t> temporal_id;  // 0 to 3
  bool layer_sync = false;             // depends on temporal layer 0 alone; means nothing without a temporal id
  std::optional<uint8_t> key_index;    // 5 bits
  size_t size = 0;                     // of the descriptor as parsed; the VP8 bytes follow

  bool keyframe = false;                 // this packet begins a keyframe
  std::optional<Dimensions> dimensions;  // of a keyframe, without its scaling hints

  // `payload`: the RTP payload. nullopt if the descriptor is cut short.
  static std::optional<Vp8Descriptor> parse(std::span<const uint8_t> payload) noexcept;

  // Rewrites picture id (its lower 7 bits where only those are there) and TL0PICIDX in a descriptor that parsed to
  // *this; fields that are absent stay so. `descriptor`: at least `size` bytes.
  void patch(std::span<uint8_t> descriptor, uint16_t picture_id_value, uint8_t tl0_value) const noexcept;

  // Writes *this as a new descriptor in which a picture id has 15 bits whatever it had at ingress. Returns the bytes
  // written, at most kMaxSize; 0 if `out` is too small.
  size_t write(std::span<uint8_t> out) const noexcept;
};

}  // namespace tutti::payload
