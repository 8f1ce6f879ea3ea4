#include "tutti/io/load_meter.hpp"

#include <algorithm>

namespace tutti::io {

LoadMeter::Totals LoadMeter::Totals::of(TimeDelta cpu, const Counters& counters) {
  return {cpu,
          counters.get(Counter::kRtpReceived),
          counters.get(Counter::kRtpForwarded) + counters.get(Counter::kRtxSent),
          counters.get(Counter::kAudioFramesEncoded),
          counters.get(Counter::kPixelsDecoded),
          counters.get(Counter::kPixelsComposed),
          counters.get(Counter::kPixelsEncoded)};
}

void LoadMeter::add(Timestamp now, const Totals& totals) {
  // The oldest goes when the next one still covers the window: beats of somebody busy come late, and are fewer.
  while (count_ > 1 && (count_ == samples_.size() || now - samples_[(first_ + 1) % samples_.size()].at >= kWindow)) {
    first_ = (first_ + 1) % samples_.size();
    --count_;
  }
  samples_[(first_ + count_++) % samples_.size()] = {now, totals};
}

double LoadMeter::seconds() const { return std::max(newest().at - oldest().at, kWindow).seconds_f(); }

double LoadMeter::cores() const {
  return count_ == 0 ? 0 : (newest().totals.cpu - oldest().totals.cpu).seconds_f() / seconds();
}

Workload LoadMeter::work(TimeDelta audio_frame) const {
  if (count_ == 0) return {};
  const auto rate = [this](uint64_t Totals::*total) {
    return static_cast<double>(newest().totals.*total - oldest().totals.*total) / seconds();
  };
  Workload work;
  work.packets_in_per_s = rate(&Totals::packets_in);
  work.packets_out_per_s = rate(&Totals::packets_out);
  work.audio_mixes = rate(&Totals::audio_frames) * audio_frame.seconds_f();
  work.decoded_mpix_per_s = rate(&Totals::pixels_decoded) / 1e6;
  work.composed_mpix_per_s = rate(&Totals::pixels_composed) / 1e6;
  work.encoded_mpix_per_s = rate(&Totals::pixels_encoded) / 1e6;
  return work;
}

}  // namespace tutti::io
