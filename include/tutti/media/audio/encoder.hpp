// AudioEncoder: one codec's encoder. It wants whole frames in its own format; the mixer resamples. One thread; no
// allocation after construction.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "tutti/base/codec.hpp"
#include "tutti/base/units.hpp"
#include "tutti/media/audio/format.hpp"

namespace tutti::audio {

struct AudioEncoderSettings {
  Codec codec = Codec::kOpus;
  uint8_t channels = 1;  // 2 only for Opus
  TimeDelta frame = TimeDelta::millis(20);  // 10 or 20 ms
  // Only Opus heeds these.
  DataRate bitrate = DataRate::kbps(32);
  uint8_t complexity = 5;        // 0 to 10
  uint8_t expected_loss = 0;     // percent; above 0 turns in-band FEC on
  bool dtx = true;               // discontinuous transmission
  bool operator==(const AudioEncoderSettings&) const = default;
};

class AudioEncoder {
 public:
  static constexpr size_t kMaxPacket = 1275;  // RFC 6716 §3.4

  virtual ~AudioEncoder() = default;
  virtual AudioFormat format() const = 0;
  virtual const AudioEncoderSettings& settings() const = 0;
  // What comes out now was put in so long ago.
  virtual TimeDelta lookahead() const = 0;
  // `pcm`: exactly one frame. Bytes written to `out` (at least kMaxPacket); 0: nothing to send (discontinuous transmission).
  virtual size_t encode(std::span<const int16_t> pcm, std::span<uint8_t> out) = 0;
  // The next frame must not need what the decoder remembers: it comes from another encoder's stream. For codecs without memory, nothing.
  virtual void make_next_independent() {}
  // Of a running encoder: bitrate, complexity, expected loss; the rest is ignored.
  virtual void adjust(const AudioEncoderSettings& settings) = 0;
};

// Null for codecs that are not audio, or settings that the codec does not have.
std::unique_ptr<AudioEncoder> make_audio_encoder(const AudioEncoderSettings& settings);

}  // namespace tutti::audio
