// One sender, a network and a jitter buffer in virtual time: the sender's packets arrive as a function of their number
// says, the mixer pulls each frame, and what came out is kept with the times at which it did.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <span>
#include <vector>

#include "tutti/media/jitter/audio_jitter_buffer.hpp"

namespace tutti::test {

struct SentPacket {
  std::vector<uint8_t> payload;  // empty: none is sent
  bool comfort_noise = false;
};

struct CallSetup {
  jitter::AudioJitterSettings settings;
  TimeDelta packet = TimeDelta::millis(20);
  TimeDelta frame = TimeDelta::millis(20);
  TimeDelta phase;        // of the first pull after the first packet is sent
  double sender_ppm = 0;  // its clock is fast by so much
  TimeDelta length = TimeDelta::seconds(10);
  std::function<SentPacket(int64_t)> send;
  std::function<std::optional<TimeDelta>(int64_t)> network = [](int64_t) {
    return TimeDelta::zero();
  };  // nothing: lost
  int64_t first_sequence = 1000;
  uint32_t first_timestamp = 50'000;
};

struct Pulled {
  Timestamp now;
  jitter::AudioJitterBuffer::Output kind;
  std::optional<TimeDelta> latency;  // since the sample that came first was sent, or would have been
  jitter::AudioJitterStats before, after;
};

struct CallResult {
  std::vector<int16_t> pcm;
  std::vector<Pulled> pulls;
  jitter::AudioJitterStats stats;
};

inline CallResult run_call(std::unique_ptr<audio::AudioDecoder> decoder, const CallSetup& setup) {
  const audio::AudioFormat format = decoder->format();
  jitter::AudioJitterBuffer buffer(std::move(decoder), setup.settings);
  struct Arrival {
    Timestamp at;
    int64_t number, sequence;
    SentPacket packet;
    bool operator<(const Arrival& o) const { return at > o.at || (at == o.at && number > o.number); }
  };
  std::priority_queue<Arrival> under_way;
  const Timestamp start = Timestamp::from_ms(5000);
  const double sender_rate = 1 + setup.sender_ppm * 1e-6;
  const auto sent_at = [&](double media_us) {
    return start + TimeDelta::micros(static_cast<int64_t>(media_us / sender_rate));
  };
  const uint32_t clock = setup.settings.rtp_clock_rate_hz;
  const auto timestamp = [&](int64_t i) {
    return RtpTimestamp(setup.first_timestamp + static_cast<uint32_t>(i * setup.packet.us() * clock / 1'000'000));
  };

  CallResult result;
  std::vector<int16_t> frame(format.samples(setup.frame) * format.channels);
  int64_t number = 0, sequence = setup.first_sequence;
  for (Timestamp now = start + setup.phase; now < start + setup.length; now = now + setup.frame) {
    for (; sent_at(static_cast<double>(number * setup.packet.us())) <= now; ++number) {
      SentPacket packet = setup.send(number);
      if (packet.payload.empty()) continue;
      const auto delay = setup.network(number);
      if (delay)
        under_way.push(
            {sent_at(static_cast<double>(number * setup.packet.us())) + *delay, number, sequence, std::move(packet)});
      ++sequence;
    }
    for (; !under_way.empty() && under_way.top().at <= now; under_way.pop()) {
      const Arrival& a = under_way.top();
      buffer.insert({ExtSeqNum(a.sequence), timestamp(a.number), a.at, a.packet.payload, a.packet.comfort_noise});
    }
    Pulled pulled{.now = now, .kind = {}, .latency = {}, .before = buffer.stats(), .after = {}};
    pulled.kind = buffer.pull(now, frame);
    pulled.after = buffer.stats();
    if (const auto next = buffer.next_timestamp()) {
      const auto media = static_cast<double>(static_cast<int32_t>(next->value() - setup.first_timestamp)) * 1e6 / clock;
      pulled.latency = now + setup.frame - sent_at(media);
    }
    result.pcm.insert(result.pcm.end(), frame.begin(), frame.end());
    result.pulls.push_back(pulled);
  }
  result.stats = buffer.stats();
  return result;
}

}  // namespace tutti::test
