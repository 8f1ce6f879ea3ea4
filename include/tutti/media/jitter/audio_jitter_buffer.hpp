// AudioJitterBuffer: packets of one received audio stream in, at whatever time the network brings them; PCM out, without
// holes, whenever the mixer pulls. It holds no more than the measured jitter needs, counts in milliseconds and not in packets, and
// changes what it holds by stretching time. After the design of NetEQ (W3C/WebRTC project), in its words; see
// src/media/jitter/README.md. One thread; no allocation in steady state; its packets are copies, bounded in number and size.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "tutti/base/seq_num.hpp"
#include "tutti/base/units.hpp"
#include "tutti/media/audio/decoder.hpp"

namespace tutti::jitter {

struct AudioJitterSettings {
  uint32_t rtp_clock_rate_hz = 48'000;
  TimeDelta min_delay = TimeDelta::millis(5);    // the floor of the target: under one packet
  TimeDelta max_delay = TimeDelta::millis(1000);
  size_t max_packets = 256;                      // beyond it everything held is given up: the sender has jumped, or floods us
};

struct AudioPacket {
  ExtSeqNum sequence;
  RtpTimestamp timestamp;
  Timestamp arrival;
  std::span<const uint8_t> payload;
  bool comfort_noise = false;  // RFC 3389 payload instead of speech
};

// In the words of the W3C webrtc-stats identifiers, in samples of the decoder's rate for each channel.
struct AudioJitterStats {
  uint64_t packets_received = 0, packets_discarded = 0;   // late, duplicate, or undecodable
  uint64_t total_samples = 0;                             // given to the mixer
  uint64_t concealed_samples = 0, silent_concealed_samples = 0, concealment_events = 0;
  uint64_t inserted_for_deceleration = 0, removed_for_acceleration = 0;
  uint64_t fec_packets_used = 0;
  uint64_t undecodable_packets = 0;
  TimeDelta target_delay, current_delay;                  // current: of the sample played next, against the fastest arrival line
};

class AudioJitterBuffer {
 public:
  // What one pull gave.
  enum class Output : uint8_t {
    kSpeech,        // decoded, perhaps stretched
    kConcealed,     // a packet is missing: made up, or recovered by FEC counts as kSpeech
    kComfortNoise,  // the sender said that it is silent
    kSilence,       // nothing has come yet, or nothing for long; all zero
  };

  AudioJitterBuffer(std::unique_ptr<audio::AudioDecoder> decoder, AudioJitterSettings settings);
  ~AudioJitterBuffer();

  audio::AudioFormat format() const;
  void insert(const AudioPacket& packet);
  // Fills all of `out` (10 or 20 ms of format()) with what is to be played from `now` on. Pulls come one frame apart, late ones
  // are still counted as on time by the caller's schedule.
  Output pull(Timestamp now, std::span<int16_t> out);
  // As pull, but nobody listens: time passes and packets go, nothing is decoded. After it the next pull starts afresh at the same place.
  void skip(Timestamp now, TimeDelta duration);
  // RTP time of the sample that the next pull begins with, if it is known.
  std::optional<RtpTimestamp> next_timestamp() const;
  // How long what is played next has waited here since its packet arrived, smoothed; for lip-sync.
  TimeDelta waiting_time() const;
  // Everything is forgotten, as after a change of SSRC.
  void reset();
  AudioJitterStats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tutti::jitter
