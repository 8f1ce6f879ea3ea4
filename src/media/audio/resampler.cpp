#include "tutti/media/audio/resampler.hpp"

#include <speex/speex_resampler.h>

#include <algorithm>
#include <stdexcept>

namespace tutti::audio {

void Resampler::Free::operator()(SpeexResamplerState_* state) const { speex_resampler_destroy(state); }

Resampler::Resampler(uint32_t from_hz, uint32_t to_hz, uint8_t channels, int quality) : channels_(channels) {
  if (from_hz == to_hz) return;
  int error = RESAMPLER_ERR_SUCCESS;
  state_.reset(speex_resampler_init(channels, from_hz, to_hz, quality, &error));
  if (error != RESAMPLER_ERR_SUCCESS) throw std::invalid_argument(speex_resampler_strerror(error));
}

size_t Resampler::process(std::span<const int16_t> in, std::span<int16_t> out) {
  if (!state_) {
    std::copy(in.begin(), in.end(), out.begin());
    return in.size() / channels_;
  }
  auto taken = static_cast<spx_uint32_t>(in.size() / channels_);
  auto made = static_cast<spx_uint32_t>(out.size() / channels_);
  speex_resampler_process_interleaved_int(state_.get(), in.data(), &taken, out.data(), &made);
  return made;
}

}  // namespace tutti::audio
