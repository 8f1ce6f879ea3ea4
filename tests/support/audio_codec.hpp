// Sound through a codec: packets out of PCM, and PCM out of packets.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "support/pcm.hpp"
#include "tutti/media/audio/decoder.hpp"
#include "tutti/media/audio/encoder.hpp"

namespace tutti::test {

using Packets = std::vector<std::vector<uint8_t>>;

// One for each frame; empty where there was nothing to send.
inline Packets encoded(audio::AudioEncoder& encoder, std::span<const int16_t> pcm) {
  const audio::AudioFormat format = encoder.format();
  const size_t frame = format.samples(encoder.settings().frame) * format.channels;
  Packets packets;
  for (size_t at = 0; at + frame <= pcm.size(); at += frame) {
    std::vector<uint8_t> packet(audio::AudioEncoder::kMaxPacket);
    packet.resize(encoder.encode(pcm.subspan(at, frame), packet));
    packets.push_back(std::move(packet));
  }
  return packets;
}

// Room for whatever a packet may give.
inline Pcm longest_block(const audio::AudioDecoder& decoder) {
  return Pcm(decoder.format().samples(TimeDelta::millis(120)) * decoder.format().channels);
}

// What was not sent is concealed, for `frame`.
inline Pcm decoded(audio::AudioDecoder& decoder, const Packets& packets, TimeDelta frame = TimeDelta::millis(20)) {
  const audio::AudioFormat format = decoder.format();
  Pcm out, block = longest_block(decoder);
  for (const auto& packet : packets) {
    size_t samples = decoder.decode(packet, block);
    if (packet.empty()) {
      samples = format.samples(frame);
      decoder.conceal(std::span(block).first(samples * format.channels));
    }
    out.insert(out.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(samples * format.channels));
  }
  return out;
}

}  // namespace tutti::test
