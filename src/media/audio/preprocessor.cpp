#include "tutti/media/audio/preprocessor.hpp"

#include <speex/speex_preprocess.h>

#include "tutti/media/audio/format.hpp"

namespace tutti::audio {
namespace {

// Where gain control brings a voice to: about -20 dBFS while it speaks, as loud as browsers make one. In speexdsp's
// measure, which is weighted by loudness.
constexpr spx_int32_t kTargetLevel = 24'000;
constexpr spx_int32_t kMaxGainDb = 30;
constexpr spx_int32_t kNoiseSuppressDb = -18;

}  // namespace

void Preprocessor::Free::operator()(SpeexPreprocessState_* state) const { speex_preprocess_state_destroy(state); }

Preprocessor::Preprocessor(PreprocessorSettings settings, TimeDelta frame)
    : settings_(settings),
      state_(
          speex_preprocess_state_init(static_cast<int>(AudioFormat{}.samples(frame)), static_cast<int>(kMixRateHz))) {
  auto set = [this](int what, spx_int32_t value) { speex_preprocess_ctl(state_.get(), what, &value); };
  set(SPEEX_PREPROCESS_SET_DENOISE, settings.noise_suppression ? 1 : 0);
  set(SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, kNoiseSuppressDb);
  set(SPEEX_PREPROCESS_SET_AGC, settings.gain_control ? 1 : 0);
  set(SPEEX_PREPROCESS_SET_AGC_TARGET, kTargetLevel);
  set(SPEEX_PREPROCESS_SET_AGC_MAX_GAIN, kMaxGainDb);
}

void Preprocessor::process(std::span<int16_t> pcm) { speex_preprocess_run(state_.get(), pcm.data()); }

}  // namespace tutti::audio
