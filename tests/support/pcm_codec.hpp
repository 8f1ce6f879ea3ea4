// A decoder double whose payload is PCM itself, and the packets for it. What it makes up is a mark that no speech has,
// so that a test sees every sample that was not sent.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "tutti/media/audio/decoder.hpp"

namespace tutti::test {

// Payload: one byte of flags, then the samples, then, with kFec, as many samples of the packet before.
class PcmDecoder final : public audio::AudioDecoder {
 public:
  static constexpr uint8_t kFec = 1, kCorrupt = 2;
  struct Counts {
    int decoded = 0, concealments = 0, recovered = 0, resets = 0;
  };

  explicit PcmDecoder(audio::AudioFormat format, Counts* counts = nullptr, int16_t mark = 0)
      : format_(format), counts_(counts ? counts : &own_), mark_(mark) {}

  static std::vector<uint8_t> packet(std::span<const int16_t> samples, std::span<const int16_t> before = {}) {
    std::vector<uint8_t> payload{before.empty() ? uint8_t{0} : kFec};
    for (const auto part : {samples, before}) {
      const auto* bytes = reinterpret_cast<const uint8_t*>(part.data());
      payload.insert(payload.end(), bytes, bytes + part.size_bytes());
    }
    return payload;
  }

  audio::AudioFormat format() const override { return format_; }
  TimeDelta duration(std::span<const uint8_t> payload) const override {
    if (payload.size() == 1) return TimeDelta::millis(20);  // the sender is silent
    const TimeDelta d = format_.duration(samples_in(payload));
    return d > TimeDelta::millis(120) ? TimeDelta::zero() : d;
  }
  size_t decode(std::span<const uint8_t> payload, std::span<int16_t> out) override {
    ++counts_->decoded;
    if (payload[0] & kCorrupt) return 0;
    if (payload.size() == 1) {
      const size_t n = format_.samples(TimeDelta::millis(20));
      std::fill_n(out.begin(), n * format_.channels, int16_t{1});
      return n;
    }
    const size_t n = samples_in(payload);
    std::memcpy(out.data(), payload.data() + 1, n * format_.channels * 2);
    return n;
  }
  bool has_fec(std::span<const uint8_t> payload) const override { return payload[0] & kFec; }
  size_t decode_fec(std::span<const uint8_t> payload, TimeDelta, std::span<int16_t> out) override {
    ++counts_->recovered;
    const size_t n = samples_in(payload), bytes = n * format_.channels * 2;
    std::memcpy(out.data(), payload.data() + 1 + bytes, bytes);
    return n;
  }
  void conceal(std::span<int16_t> out) override {
    ++counts_->concealments;
    std::fill(out.begin(), out.end(), mark_);
  }
  void reset() override { ++counts_->resets; }

 private:
  size_t samples_in(std::span<const uint8_t> payload) const {
    return (payload.size() - 1) / 2 / format_.channels / (payload[0] & kFec ? 2 : 1);
  }

  audio::AudioFormat format_;
  Counts own_;
  Counts* counts_;
  int16_t mark_;
};

}  // namespace tutti::test
