// Microphone: what a participant of a mixed room says: a sound as a function of time, encoded, a packet each 20 ms of a
// clock that may be a little fast. It keeps what a decoder makes of its packets, on the line of the times at which they
// are sent: the measure of latency. Virtual time.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "support/pcm.hpp"
#include "tutti/base/seq_num.hpp"
#include "tutti/media/audio/decoder.hpp"
#include "tutti/media/audio/encoder.hpp"
#include "tutti/media/audio/speaker_selector.hpp"

namespace tutti::test {

// Fills `out` (48 kHz, one channel) with what is heard from sample `first` on.
using Sound = std::function<void(int64_t first, std::span<int16_t> out)>;

inline Sound tone(double hz, double amplitude = 0.2) {
  return [=](int64_t first, std::span<int16_t> out) {
    const Pcm pcm = sine(hz, amplitude, out.size(), 48'000, static_cast<size_t>(first));
    std::copy(pcm.begin(), pcm.end(), out.begin());
  };
}

// `pcm` once, beginning with sample `at`, and silence around it.
inline Sound recording(Pcm pcm, int64_t at = 0) {
  return [pcm = std::move(pcm), at](int64_t first, std::span<int16_t> out) {
    for (size_t i = 0; i < out.size(); ++i) {
      const int64_t n = first + static_cast<int64_t>(i) - at;
      out[i] = n >= 0 && n < static_cast<int64_t>(pcm.size()) ? pcm[static_cast<size_t>(n)] : int16_t{0};
    }
  };
}

// Words without an end: 3.2 s that end in a pause, again and again.
inline Sound voice() {
  static const Pcm words = speech_like(0.35, 48'000 * 16 / 5);
  return [](int64_t first, std::span<int16_t> out) {
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = words[static_cast<size_t>(first + static_cast<int64_t>(i)) % words.size()];
  };
}

class Microphone {
 public:
  static constexpr size_t kFrame = 960;
  struct Options {
    double ppm = 0;   // its clock is fast by so much
    TimeDelta phase;  // of the first packet
    bool monitor = false;
    audio::AudioEncoderSettings encoder = {.bitrate = DataRate::kbps(64), .complexity = 3, .dtx = false};
  };
  struct Packet {
    RtpTimestamp timestamp;
    uint8_t level = 127;
    std::span<const uint8_t> payload;  // empty: nothing to send
  };

  Microphone(Timestamp now, Options options)
      : options_(options), begin_(now + options.phase), encoder_(audio::make_audio_encoder(options.encoder)) {
    if (options.monitor) decoder_ = audio::make_audio_decoder(options.encoder.codec, 1);
  }

  // Null: silence, whose packets cost no encoder.
  void play(Sound sound) { sound_ = std::move(sound); }
  // Its packets claim this level, whatever is in them; nothing: the truth.
  void claim(std::optional<uint8_t> level) { claimed_ = level; }
  void stop() { stopped_ = true; }

  // When the packet with this sample is sent: the moment after its last sample was captured.
  Timestamp sent_at(int64_t sample) const {
    const double us = static_cast<double>(sample) * 1e6 / 48'000 / (1 + options_.ppm * 1e-6);
    return begin_ + TimeDelta::micros(std::llround(us));
  }
  // The sample that is captured at this moment.
  int64_t sample_at(Timestamp t) const {
    return std::llround(static_cast<double>((t - begin_).us()) * (1 + options_.ppm * 1e-6) * 0.048) + kFrame;
  }
  RtpTimestamp rtp_at(Timestamp t) const { return RtpTimestamp(static_cast<uint32_t>(sample_at(t)) + kTimestampBase); }
  Timestamp next() const { return stopped_ ? Timestamp::never() : sent_at(position_); }

  // The packet that is due; valid until the next call.
  Packet capture() {
    const std::array<int16_t, kFrame> silence{};
    std::array<int16_t, kFrame> pcm{};
    if (sound_) sound_(position_, pcm);
    const bool silent = pcm == silence;
    silent_ = silent ? silent_ + 1 : 0;
    // Digital silence is the same packet for ever.
    if (silent_ < 20 || packet_.empty()) {
      packet_.resize(audio::AudioEncoder::kMaxPacket);
      packet_.resize(encoder_->encode(pcm, packet_));
    }
    if (decoder_) {
      Pcm out(48 * 120);
      const size_t n = decoder_->decode(packet_, out);
      monitored_.insert(monitored_.end(), out.begin(), out.begin() + static_cast<std::ptrdiff_t>(n));
    }
    const Packet packet{RtpTimestamp(static_cast<uint32_t>(position_) + kTimestampBase),
                        claimed_.value_or(static_cast<uint8_t>(127 - audio::loudness_of(pcm))), packet_};
    position_ += kFrame;
    return packet;
  }
  // What a decoder makes of it: the sample at n is sent at sent_at(n).
  const Pcm& monitored() const { return monitored_; }

 private:
  static constexpr uint32_t kTimestampBase = 4'000'000'000;  // wraps within the hour

  Options options_;
  Timestamp begin_;
  std::unique_ptr<audio::AudioEncoder> encoder_;
  std::unique_ptr<audio::AudioDecoder> decoder_;
  Sound sound_;
  std::optional<uint8_t> claimed_;
  bool stopped_ = false;
  int64_t position_ = 0, silent_ = 0;
  std::vector<uint8_t> packet_;
  Pcm monitored_;
};

}  // namespace tutti::test
