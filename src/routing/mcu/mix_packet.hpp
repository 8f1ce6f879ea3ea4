// A packet of a mix, filled in as one that was received would be. Packets come from a pool, so everything is set.
#pragma once

#include <algorithm>
#include <span>

#include "tutti/peer/media_packet.hpp"

namespace tutti::routing {

// `time`: of the tick that it belongs to. What only one kind of mix has is for the caller to set.
inline void fill_mix_packet(peer::MediaPacket& packet, Codec codec, uint8_t layer, Timestamp time, ExtSeqNum sequence, RtpTimestamp timestamp,
                            std::span<const uint8_t> payload) {
  packet.arrival = time;
  packet.track = 0;
  packet.layer = layer;
  packet.epoch = 0;
  packet.codec = codec;
  packet.marker = false;
  packet.recovered = false;
  packet.keyframe = false;
  packet.speech_like = false;
  packet.comfort_noise = false;
  packet.sequence = sequence;
  packet.timestamp = timestamp;
  packet.temporal_id.reset();
  packet.vp8 = {};
  packet.dimensions.reset();
  packet.audio_level.reset();
  packet.contributor_count = 0;
  packet.video_orientation.reset();
  packet.playout_delay.reset();
  packet.dependency_descriptor_size = 0;
  packet.payload_offset = 0;
  packet.payload_size = static_cast<uint16_t>(payload.size());
  std::copy(payload.begin(), payload.end(), packet.bytes.begin());
}

}  // namespace tutti::routing
