// Sounds for tests, and what they measure of sound: int16 PCM, one channel unless said otherwise. Full scale is 32768,
// levels are in dBFS where a full-scale square wave is 0 and a full-scale sine -3.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

#include "tutti/base/random.hpp"

namespace tutti::test {

using Pcm = std::vector<int16_t>;

inline int16_t to_sample(double v) { return static_cast<int16_t>(std::clamp(std::lround(v), -32768L, 32767L)); }

// `amplitude` in full scales. `offset`: the sample that it begins with, so that blocks join.
inline Pcm sine(double hz, double amplitude, size_t samples, uint32_t rate = 48'000, size_t offset = 0) {
  Pcm out(samples);
  for (size_t i = 0; i < samples; ++i)
    out[i] =
        to_sample(32768 * amplitude * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i + offset) / rate));
  return out;
}

// From one frequency to another, linearly.
inline Pcm chirp(double from_hz, double to_hz, double amplitude, size_t samples, uint32_t rate = 48'000) {
  Pcm out(samples);
  for (size_t i = 0; i < samples; ++i) {
    const double t = static_cast<double>(i) / rate, length = static_cast<double>(samples) / rate;
    const double phase = 2 * std::numbers::pi * (from_hz * t + (to_hz - from_hz) * t * t / (2 * length));
    out[i] = to_sample(32768 * amplitude * std::sin(phase));
  }
  return out;
}

inline Pcm noise(double amplitude, size_t samples, Random& random) {
  Pcm out(samples);
  for (int16_t& s : out) s = to_sample(32768 * amplitude * (static_cast<double>(random.u32()) / 2147483648.0 - 1));
  return out;
}

// Voice to a codec and to a level meter: gliding harmonics under two formants, syllables at 4 Hz, a pause in each 1.6
// s.
inline Pcm speech_like(double amplitude, size_t samples, uint32_t rate = 48'000, double pitch_hz = 120) {
  Pcm out(samples);
  double phase = 0;
  for (size_t i = 0; i < samples; ++i) {
    const double t = static_cast<double>(i) / rate;
    const double f0 = pitch_hz * (1 + 0.15 * std::sin(2 * std::numbers::pi * 0.7 * t));
    phase += 2 * std::numbers::pi * f0 / rate;
    const double formant1 = 500 + 250 * std::sin(2 * std::numbers::pi * 1.3 * t),
                 formant2 = 1500 + 500 * std::sin(2 * std::numbers::pi * 0.9 * t);
    double v = 0;
    for (int h = 1; h <= 24; ++h) {
      const double f = f0 * h;
      if (f > 4000) break;
      const double g =
          std::exp(-std::pow((f - formant1) / 200, 2)) + 0.5 * std::exp(-std::pow((f - formant2) / 300, 2)) + 0.03;
      v += g * std::sin(phase * h);
    }
    const double syllable = 0.5 * (1 - std::cos(2 * std::numbers::pi * 4 * t));
    const bool pause = std::fmod(t, 1.6) > 1.2;
    out[i] = to_sample(pause ? 0 : 32768 * amplitude * 0.35 * v * syllable);
  }
  return out;
}

inline double rms_dbfs(std::span<const int16_t> pcm) {
  double energy = 0;
  for (const int16_t s : pcm) energy += static_cast<double>(s) * s;
  return pcm.empty() || energy == 0 ? -120
                                    : 10 * std::log10(energy / static_cast<double>(pcm.size()) / (32768.0 * 32768.0));
}

// How much of a tone is in it, in dBFS (Goertzel).
inline double tone_dbfs(std::span<const int16_t> pcm, double hz, uint32_t rate = 48'000) {
  double re = 0, im = 0;
  for (size_t i = 0; i < pcm.size(); ++i) {
    const double a = 2 * std::numbers::pi * hz * static_cast<double>(i) / rate;
    re += pcm[i] * std::cos(a);
    im += pcm[i] * std::sin(a);
  }
  const double amplitude = 2 * std::hypot(re, im) / static_cast<double>(pcm.size()) / 32768;
  return amplitude <= 1e-6 ? -120 : 20 * std::log10(amplitude / std::numbers::sqrt2);
}

// Signal to noise and distortion in dB of `heard` against `ideal` of the same length, after the one gain that fits
// best.
inline double sinad_db(std::span<const int16_t> heard, std::span<const double> ideal) {
  double cross = 0, power = 0;
  for (size_t i = 0; i < heard.size(); ++i) {
    cross += heard[i] * ideal[i];
    power += ideal[i] * ideal[i];
  }
  const double gain = power > 0 ? cross / power : 0;
  double signal = 0, error = 0;
  for (size_t i = 0; i < heard.size(); ++i) {
    const double fitted = gain * ideal[i], e = heard[i] - fitted;
    signal += fitted * fitted;
    error += e * e;
  }
  return error == 0 ? 200 : 10 * std::log10(std::max(signal, 1e-9) / error);
}

// The same against a tone of `hz`, whatever its level and phase.
inline double tone_sinad_db(std::span<const int16_t> pcm, double hz, uint32_t rate = 48'000) {
  const double step = 2 * std::numbers::pi * hz / rate;
  double cc = 0, ss = 0, cs = 0, xc = 0, xs = 0;
  for (size_t i = 0; i < pcm.size(); ++i) {
    const double c = std::cos(step * static_cast<double>(i)), s = std::sin(step * static_cast<double>(i));
    cc += c * c;
    ss += s * s;
    cs += c * s;
    xc += pcm[i] * c;
    xs += pcm[i] * s;
  }
  const double determinant = cc * ss - cs * cs;
  const double re = (xc * ss - xs * cs) / determinant, im = (xs * cc - xc * cs) / determinant;
  std::vector<double> fitted(pcm.size());
  for (size_t i = 0; i < pcm.size(); ++i) {
    fitted[i] = re * std::cos(step * static_cast<double>(i)) + im * std::sin(step * static_cast<double>(i));
  }
  return sinad_db(pcm, fitted);
}

inline std::vector<double> as_double(std::span<const int16_t> pcm) { return {pcm.begin(), pcm.end()}; }

// Where `needle` begins in `haystack`: the offset of the highest normalised correlation.
inline size_t find_offset(std::span<const int16_t> haystack, std::span<const int16_t> needle, size_t max_offset) {
  size_t best = 0;
  double highest = -2;
  for (size_t o = 0; o <= max_offset && o + needle.size() <= haystack.size(); ++o) {
    double cross = 0, power = 1;
    for (size_t i = 0; i < needle.size(); ++i) {
      cross += static_cast<double>(haystack[o + i]) * needle[i];
      power += static_cast<double>(haystack[o + i]) * haystack[o + i];
    }
    const double c = cross / std::sqrt(power);
    if (c > highest) {
      highest = c;
      best = o;
    }
  }
  return best;
}

}  // namespace tutti::test
