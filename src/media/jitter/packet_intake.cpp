#include "media/jitter/packet_intake.hpp"

namespace tutti::jitter {
namespace {

constexpr size_t kLargestPayload = 2048;
// A line that falls by more at once is no faster path: the sender's RTP clock has jumped.
constexpr TimeDelta kClockJump = TimeDelta::seconds(1);
// After so many late packets in a row the sender counts anew from below.
constexpr int kNumberingAnew = 25;

}  // namespace

PacketIntake::PacketIntake(const AudioJitterSettings& settings)
    : settings_(settings),
      timeline_(settings.rtp_clock_rate_hz),
      target_(settings.min_delay, settings.max_delay),
      store_(settings.max_packets) {}

PacketIntake::Result PacketIntake::insert(const AudioPacket& packet, const audio::AudioDecoder& decoder,
                                          TimeDelta usual, AudioJitterStats& stats) {
  ++stats.packets_received;
  const bool sized = !packet.payload.empty() && packet.payload.size() <= kLargestPayload;
  const TimeDelta duration = !sized                 ? TimeDelta::zero()
                             : packet.comfort_noise ? usual
                                                    : decoder.duration(packet.payload);
  if (duration <= TimeDelta::zero()) {
    ++stats.undecodable_packets;
    ++stats.packets_discarded;
    return Result::kRefused;
  }
  const bool late = expected_ && packet.sequence < *expected_;
  if (late && ++late_in_a_row_ < kNumberingAnew) {
    ++stats.packets_discarded;
    // It still tells how late packets are, unless it has gone astray altogether.
    const TimeDelta transit = timeline_.transit(packet.arrival, timeline_.peek(packet.timestamp));
    if (!clock_jumped(packet)) target_.on_packet(packet.arrival, transit, duration, false);
    return Result::kRefused;
  }
  const PacketStore::Room room = store_.room_for(packet.sequence);
  if (!late && room == PacketStore::Room::kDuplicate) {
    ++stats.packets_discarded;
    return Result::kRefused;
  }
  const bool anew =
      late || room == PacketStore::Room::kTooFar || store_.size() >= settings_.max_packets || clock_jumped(packet);
  if (anew) stats.packets_discarded += forget();
  late_in_a_row_ = 0;

  const bool fec = !packet.comfort_noise && decoder.has_fec(packet.payload);
  StoredPacket& stored = store_.insert(packet.sequence);
  stored.timestamp = timeline_.unwrap(packet.timestamp);
  stored.arrival = packet.arrival;
  stored.duration = duration;
  stored.comfort_noise = packet.comfort_noise;
  stored.has_fec = fec;
  stored.payload.assign(packet.payload.begin(), packet.payload.end());
  target_.on_packet(packet.arrival, timeline_.transit(packet.arrival, stored.timestamp), duration, fec);
  return anew ? Result::kTakenAnew : Result::kTaken;
}

size_t PacketIntake::forget() {
  const size_t lost = store_.size();
  store_.clear();
  timeline_.restart();
  target_ = TargetDelay(settings_.min_delay, settings_.max_delay);
  expected_.reset();
  late_in_a_row_ = 0;
  return lost;
}

TimeDelta PacketIntake::delay(Timestamp now, int64_t timestamp) const {
  return timeline_.transit(now, timestamp) - target_.base().value_or(TimeDelta::zero());
}

bool PacketIntake::clock_jumped(const AudioPacket& packet) const {
  if (!target_.base()) return false;
  const TimeDelta late_by = delay(packet.arrival, timeline_.peek(packet.timestamp));
  return late_by < -kClockJump || late_by > settings_.max_delay;
}

}  // namespace tutti::jitter
