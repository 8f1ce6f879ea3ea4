// PauseNoise: what is heard while the sender is silent: the noise that it described (RFC 3389), else what its decoder
// makes up until that has faded, else nothing. Owned by AudioJitterBuffer.
#pragma once

#include <span>

#include "media/jitter/packet_store.hpp"
#include "tutti/media/audio/comfort_noise.hpp"
#include "tutti/media/audio/decoder.hpp"

namespace tutti::jitter {

class PauseNoise {
 public:
  // By then concealment has faded (AudioDecoder::conceal).
  static constexpr TimeDelta kLongestConcealment = TimeDelta::millis(200);

  // `decoder`: the sender's, kept by the caller.
  explicit PauseNoise(audio::AudioDecoder& decoder);
  // What was played, or given up, last.
  void on_packet(const StoredPacket& packet);
  // Whether that packet said so.
  bool sender_is_silent() const { return silent_; }
  // `samples`: how many of them for each channel are to be played; there may be room for more.
  void fill(std::span<int16_t> room, size_t samples);
  void reset();

 private:
  audio::AudioDecoder& decoder_;
  audio::ComfortNoise noise_;
  bool silent_ = false;
  bool described_ = false;
  size_t made_up_ = 0;  // samples of the decoder's own noise since the sender's last packet
};

}  // namespace tutti::jitter
