// AudioDecoder: one codec's decoder for one received stream, with its loss concealment. The jitter buffer calls it in the
// order of playout and says what is missing. One thread; no allocation after construction.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "tutti/base/codec.hpp"
#include "tutti/media/audio/format.hpp"

namespace tutti::audio {

class AudioDecoder {
 public:
  virtual ~AudioDecoder() = default;

  // Of all PCM that it gives. Need not be the RTP clock rate: G.722 gives 16 kHz on a clock of 8.
  virtual AudioFormat format() const = 0;

  // How long the packet plays, from its bytes alone; zero if it cannot be a packet of this codec, or plays for more than 120 ms.
  virtual TimeDelta duration(std::span<const uint8_t> payload) const = 0;
  // Samples for each channel written to `out`, which must hold 120 ms; 0 if the packet is refused, which leaves the state as it was.
  virtual size_t decode(std::span<const uint8_t> payload, std::span<int16_t> out) = 0;

  // Whether `payload` has in-band redundancy of the packet before it (RFC 6716 §2.1.7).
  virtual bool has_fec(std::span<const uint8_t> payload) const = 0;
  // Recovers the packet before `payload`, which played for `lost`. As decode; 0 if there is nothing to recover it from.
  virtual size_t decode_fec(std::span<const uint8_t> payload, TimeDelta lost, std::span<int16_t> out) = 0;

  // Fills all of `out` (at most 20 ms) with what follows best on the last samples given; fades to silence between 60 and 200 ms of it.
  virtual void conceal(std::span<int16_t> out) = 0;
  // Tells the decoder that what it gives next does not follow on what it gave last.
  virtual void reset() = 0;
};

// Null for codecs that are not audio. `channels`: of the PCM wanted; only Opus gives two.
std::unique_ptr<AudioDecoder> make_audio_decoder(Codec codec, uint8_t channels);

}  // namespace tutti::audio
