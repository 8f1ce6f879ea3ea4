#include "media/jitter/pause_noise.hpp"

#include <algorithm>

namespace tutti::jitter {
namespace {

// A packet of so few bytes is Opus' way to say that the sender is silent (RFC 7587 §3.1.3); no other codec has packets
// as small.
constexpr size_t kLargestSilentPayload = 2;

}  // namespace

// Nobody tells one noise from another, so one seed does for all.
PauseNoise::PauseNoise(audio::AudioDecoder& decoder) : decoder_(decoder), noise_(decoder.format(), 1) {}

void PauseNoise::on_packet(const StoredPacket& packet) {
  silent_ = packet.comfort_noise || packet.payload.size() <= kLargestSilentPayload;
  described_ = packet.comfort_noise;
  made_up_ = 0;
  if (!packet.comfort_noise) return;
  if (const auto description = audio::NoiseDescription::parse(packet.payload)) noise_.describe(*description);
}

void PauseNoise::fill(std::span<int16_t> room, size_t samples) {
  if (described_) {
    noise_.generate(room);
  } else if (silent_ && made_up_ < decoder_.format().samples(kLongestConcealment)) {
    decoder_.conceal(room);
    made_up_ += samples;
  } else {
    std::fill(room.begin(), room.end(), int16_t{0});
  }
}

void PauseNoise::reset() {
  noise_.reset();
  silent_ = described_ = false;
}

}  // namespace tutti::jitter
