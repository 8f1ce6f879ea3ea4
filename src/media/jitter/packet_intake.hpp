// PacketIntake: what happens to a packet when it arrives. It measures the network with it, stores it, or refuses it as
// late, duplicate or undecodable; and it notices when the sender's timestamps or sequence numbers begin anew. Owned by
// AudioJitterBuffer.
#pragma once

#include <optional>

#include "media/jitter/packet_store.hpp"
#include "media/jitter/packet_timeline.hpp"
#include "media/jitter/target_delay.hpp"
#include "tutti/media/audio/decoder.hpp"
#include "tutti/media/jitter/audio_jitter_buffer.hpp"

namespace tutti::jitter {

class PacketIntake {
 public:
  explicit PacketIntake(const AudioJitterSettings& settings);

  enum class Result : uint8_t {
    kTaken,
    kRefused,
    kTakenAnew
  };  // kTakenAnew: it begins a timeline, all before it is gone
  // `usual`: the duration of packets that do not tell theirs.
  Result insert(const AudioPacket& packet, const audio::AudioDecoder& decoder, TimeDelta usual,
                AudioJitterStats& stats);
  // Packets before it have been played or given up.
  void set_expected(ExtSeqNum sequence) { expected_ = sequence; }
  // As at the beginning. Returns how many packets were lost with it.
  size_t forget();

  PacketStore& store() { return store_; }
  TargetDelay& target() { return target_; }
  const TargetDelay& target() const { return target_; }
  const PacketTimeline& timeline() const { return timeline_; }
  // How far behind the fastest line `timestamp` would be, if it were played now.
  TimeDelta delay(Timestamp now, int64_t timestamp) const;

 private:
  bool clock_jumped(const AudioPacket& packet) const;

  const AudioJitterSettings settings_;
  PacketTimeline timeline_;
  TargetDelay target_;
  PacketStore store_;
  std::optional<ExtSeqNum> expected_;
  int late_in_a_row_ = 0;
};

}  // namespace tutti::jitter
