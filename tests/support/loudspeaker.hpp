// Loudspeaker: the mixed sound as one listener gets it: decoded, on the line of its RTP time, with what each packet
// said and when it came. It checks numbering and time as it goes. Virtual time; packets in order and without loss.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "support/pcm.hpp"
#include "tutti/base/seq_num.hpp"
#include "tutti/base/units.hpp"
#include "tutti/media/audio/decoder.hpp"
#include "tutti/wire/rtp/extensions.hpp"
#include "tutti/wire/rtp/header.hpp"

namespace tutti::test {

class Loudspeaker {
 public:
  static constexpr uint8_t kLevelsId = 2;
  struct Heard {
    Timestamp arrival;
    SeqNum sequence;
    RtpTimestamp timestamp;
    bool marker = false;
    size_t payload_size = 0;
    std::vector<Ssrc> contributors;
    std::vector<uint8_t> levels;
  };
  // Without `decodes` only packets are counted.
  explicit Loudspeaker(bool decodes) {
    if (decodes) decoder_ = audio::make_audio_decoder(Codec::kOpus, 1);
  }

  void on_packet(Timestamp now, const rtp::Packet& packet) {
    Heard heard{now, packet.sequence, packet.timestamp, packet.marker, packet.payload.size(), {}, {}};
    for (size_t i = 0; i + 4 <= packet.csrcs.size(); i += 4) {
      const auto* b = packet.csrcs.data() + i;
      heard.contributors.emplace_back(uint32_t{b[0]} << 24 | uint32_t{b[1]} << 16 | uint32_t{b[2]} << 8 | b[3]);
    }
    if (const auto levels = rtp::find_extension(packet.extension_profile, packet.extensions, kLevelsId))
      heard.levels.assign(levels->begin(), levels->end());
    if (packets_.empty()) {
      first_timestamp_ = packet.timestamp.value();
      first_arrival_ = now;
      ssrc_ = packet.ssrc;
    } else {
      const Heard& last = packets_.back();
      const uint32_t step = packet.timestamp.value() - last.timestamp.value();
      if (packet.ssrc != *ssrc_) fault("another SSRC");
      if (packet.sequence != last.sequence + 1) fault("a hole in the numbering after " + text(last.sequence));
      if (step == 0 || step % 960 != 0 || step > 100 * 960) fault("time steps by " + std::to_string(step));
      // RFC 3551 §4.1: the marker is on the first packet after a pause. Those that say that it goes on are not that.
      if (step != 960 && packet.payload.size() > 1) ++(packet.marker ? marked_pauses_ : unmarked_pauses_);
      if (packet.marker && packet.payload.size() == 1) fault("silence begins a talkspurt");
    }
    packets_.push_back(std::move(heard));
    if (decoder_) decode(packet);
  }

  const std::vector<Heard>& packets() const { return packets_; }
  // One sample for each tick of RTP time since the first packet; zero where nothing was sent.
  const Pcm& pcm() const { return pcm_; }
  // When the packet with this sample came, on a clean path.
  Timestamp came_at(int64_t sample) const { return first_arrival_ + TimeDelta::micros(sample * 1'000'000 / 48'000); }
  int64_t sample_at(Timestamp t) const { return (t - first_arrival_).us() * 48 / 1000; }
  // What was heard between two moments.
  std::span<const int16_t> between(Timestamp from, Timestamp to) const {
    const auto clamp = [&](int64_t n) { return static_cast<size_t>(std::clamp<int64_t>(n, 0, std::ssize(pcm_))); };
    const size_t first = clamp(sample_at(from)), last = clamp(sample_at(to));
    return std::span(pcm_).subspan(first, last > first ? last - first : 0);
  }
  uint64_t marked_pauses() const { return marked_pauses_; }
  uint64_t unmarked_pauses() const { return unmarked_pauses_; }
  const std::string& first_fault() const { return fault_; }

 private:
  static std::string text(SeqNum n) { return std::to_string(n.value()); }
  void decode(const rtp::Packet& packet) {
    std::array<int16_t, 48 * 120> out;
    const size_t n = decoder_->decode(packet.payload, out);
    if (n != 960) fault("a packet of " + std::to_string(n) + " samples");
    pcm_.resize(packet.timestamp.value() - first_timestamp_);
    pcm_.insert(pcm_.end(), out.begin(), out.begin() + static_cast<std::ptrdiff_t>(n));
  }
  void fault(std::string what) {
    if (fault_.empty()) fault_ = std::move(what);
  }

  std::unique_ptr<audio::AudioDecoder> decoder_;
  std::vector<Heard> packets_;
  std::optional<Ssrc> ssrc_;
  uint32_t first_timestamp_ = 0;
  Timestamp first_arrival_;
  Pcm pcm_;
  uint64_t marked_pauses_ = 0, unmarked_pauses_ = 0;
  std::string fault_;
};

}  // namespace tutti::test
