// MediaPacket: one RTP packet from a publisher, decrypted, with what routing needs read out of it once. It is immutable
// from then on and shared by all who forward, keep or decode it, through PacketRef (counted, without atomics; one
// worker).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/base/datagram.hpp"
#include "tutti/base/pool.hpp"
#include "tutti/base/seq_num.hpp"
#include "tutti/base/units.hpp"
#include "tutti/peer/media_spec.hpp"
#include "tutti/wire/payload/dimensions.hpp"
#include "tutti/wire/payload/layer_frame.hpp"
#include "tutti/wire/payload/vp8.hpp"
#include "tutti/wire/payload/vp9.hpp"
#include "tutti/wire/rtp/extensions.hpp"
#include "tutti/wire/rtp/header.hpp"

namespace tutti::peer {

struct MediaPacket {
  Timestamp arrival;
  uint16_t track = 0;  // index among the tracks that its participant publishes
  uint8_t layer = 0;   // index among the track's layers, lowest first
  uint8_t epoch = 0;   // counts up when the layer's SSRC changes and its numbering starts anew
  Codec codec = Codec::kOpus;
  bool marker = false;
  bool recovered = false;      // came by retransmission
  bool keyframe = false;       // a keyframe begins here; always true for audio, which can start anywhere
  bool speech_like = false;    // audio: larger than what discontinuous transmission sends
  bool comfort_noise = false;  // audio: no speech, but what the silence sounds like (RFC 3389)
  ExtSeqNum sequence;
  RtpTimestamp timestamp;

  std::optional<uint8_t> temporal_id;
  uint8_t spatial_id = 0;                         // of a codec whose layers share one stream (SVC)
  payload::Vp8Descriptor vp8;                     // of a VP8 packet
  std::optional<payload::Dimensions> dimensions;  // of the highest spatial layer
  payload::LayerFrame frame;                      // of a stream whose layers share one numbering
  payload::LayerStructure structure;              // if frame.has_structure
  payload::Vp9Prefix vp9;                         // of a VP9 packet
  payload::SpatialSizes spatial_sizes;            // if this packet tells them
  std::optional<rtp::AudioLevel> audio_level;
  // Of a mix: who is in it, and how loud (RFC 6465); empty in what participants send.
  uint8_t contributor_count = 0;
  std::array<Ssrc, rtp::kMaxCsrcs> contributors;
  std::array<uint8_t, rtp::kMaxCsrcs> contributor_levels{};  // -dBov
  std::optional<uint8_t> video_orientation;
  std::optional<std::array<uint8_t, 3>> playout_delay;

  // Offsets into `bytes`.
  uint16_t dependency_descriptor_offset = 0, dependency_descriptor_size = 0;
  uint16_t payload_offset = 0, payload_size = 0;
  std::array<uint8_t, kMaxDatagram> bytes;

  std::span<const Ssrc> csrcs() const { return std::span(contributors).first(contributor_count); }
  std::span<const uint8_t> payload() const { return {bytes.data() + payload_offset, payload_size}; }
  std::span<const uint8_t> dependency_descriptor() const {
    return {bytes.data() + dependency_descriptor_offset, dependency_descriptor_size};
  }
};

using PacketPool = Pool<MediaPacket>;
using PacketRef = Ref<MediaPacket>;

}  // namespace tutti::peer
