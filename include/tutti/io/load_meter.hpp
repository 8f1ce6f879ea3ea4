// LoadMeter: what somebody has used and done over the last seconds, of totals that only grow. A mean over a sliding
// window, so that what began a second ago shows at a fifth: reservations (admission.hpp) make up for the rest.
// Sans-IO: whoever owns it tells the time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "tutti/base/counters.hpp"
#include "tutti/base/units.hpp"
#include "tutti/io/cost_model.hpp"

namespace tutti::io {

class LoadMeter {
 public:
  static constexpr TimeDelta kWindow = TimeDelta::seconds(5);
  static constexpr TimeDelta kBeat = TimeDelta::millis(500);  // between two calls of add(), about

  // Since the beginning.
  struct Totals {
    TimeDelta cpu;
    uint64_t packets_in = 0, packets_out = 0, audio_frames = 0;
    uint64_t pixels_decoded = 0, pixels_composed = 0, pixels_encoded = 0;

    static Totals of(TimeDelta cpu, const Counters& counters);
  };

  // `now` must not decrease.
  void add(Timestamp now, const Totals& totals);
  // Used over the window; the time before the first call counts as idle.
  double cores() const;
  // The same of what was done. Without participants, tracks and rooms, which are no rates. `audio_frame`: the length of
  // one of a mix.
  Workload work(TimeDelta audio_frame) const;

 private:
  struct Sample {
    Timestamp at;
    Totals totals;
  };
  const Sample& oldest() const { return samples_[first_]; }
  const Sample& newest() const { return samples_[(first_ + count_ - 1) % samples_.size()]; }
  double seconds() const;

  // The window at both its ends.
  std::array<Sample, static_cast<size_t>(kWindow / kBeat) + 1> samples_;
  size_t first_ = 0, count_ = 0;
};

}  // namespace tutti::io
