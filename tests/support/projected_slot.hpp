// ProjectedSlot: a recording through a room::Forwarder to one receiver, in virtual time: the publisher's packets come
// as recorded, late, or never; the limits change; the receiver loses packets and asks for them as a browser does. What
// the router and the room do around the forwarder is done here as they do it. It keeps what was sent and what was
// received.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/recorded_stream.hpp"
#include "tutti/proto/rtpstream/rtx.hpp"
#include "tutti/room/forwarder.hpp"
#include "tutti/wire/rtp/header.hpp"

namespace tutti::test {

class ProjectedSlot {
 public:
  struct Conditions {
    double publisher_loss = 0;
    double recovered = 1;  // the share of lost packets that come late; the others never
    double receiver_loss = 0;
  };
  struct Wish {
    Timestamp at;
    uint8_t layer = 0;  // of simulcast
    room::LayerLimit limit;
    bool operator==(const Wish&) const = default;
  };
  struct Sent {
    size_t packet = 0;  // of the recording
    bool padding = false;
    uint64_t segment = 0;  // counts the switches of the forwarder
    Timestamp at;
  };
  struct Received {
    RtpTimestamp timestamp;
    bool marker = false;
    std::vector<uint8_t> payload, descriptor;
    bool operator==(const Received&) const = default;
  };

  ProjectedSlot(RecordedStream& stream, uint64_t seed, Conditions conditions, std::vector<Wish> wishes)
      : stream_(stream), random_(seed), conditions_(conditions), wishes_(std::move(wishes)), packets_(stream.size()) {
    const peer::CodecSpec& codec = stream.publish().codec;
    peer::ReceiveSpec slot;
    slot.slot = SlotId("0");
    slot.kind = MediaKind::kVideo;
    slot.codecs = {codec};
    slot.codecs.front().rtx_payload_type = kRtxType;
    slot.ssrc = kSsrc;
    slot.rtx_ssrc = kRtxSsrc;
    slot.extensions = stream.publish().extensions;
    descriptor_id_ = slot.extensions.get(rtp::Extension::kDependencyDescriptor);
    peer::KeyedSettings settings;
    settings.remote = Path{0, *Endpoint::parse("10.0.0.2:5000")};
    receiver_ =
        std::move(peer::Peer::make_keyed(stream.context(), settings, {}, {slot}, RecordedStream::kStart).value());
  }

  void run() {
    struct Arrival {
      size_t packet;
      bool recovered;
    };
    std::multimap<Timestamp, Arrival> arrivals;
    for (size_t i = 0; i < stream_.size(); ++i) {
      Timestamp at = stream_.recorded_at(i);
      bool recovered = false;
      if (chance(conditions_.publisher_loss)) {
        if (!chance(conditions_.recovered)) continue;
        at = at + TimeDelta::millis(20 + static_cast<int64_t>(random_.below(100)));
        // Or merely overtaken.
        recovered = chance(0.7);
      }
      arrivals.emplace(at, Arrival{i, recovered});
    }
    auto wish = wishes_.begin();
    const Timestamp end = stream_.recorded_at(stream_.size() - 1) + TimeDelta::seconds(2);
    for (now_ = RecordedStream::kStart; now_ < end; now_ = now_ + TimeDelta::millis(1)) {
      for (; wish != wishes_.end() && wish->at <= now_; ++wish) apply(*wish);
      for (; !arrivals.empty() && arrivals.begin()->first <= now_; arrivals.erase(arrivals.begin()))
        receive(arrivals.begin()->second.packet, arrivals.begin()->second.recovered);
      if (arrivals.empty()) notice_missing(numbers_.highest()->value());
      ask_again();
    }
  }

  // By the slot's own number.
  const std::map<int64_t, Sent>& sent() const { return sent_; }
  const std::map<int64_t, Received>& received() const { return received_; }
  bool arrived(size_t packet) const { return static_cast<bool>(packets_[packet]); }
  const room::Forwarder& forwarder() const { return forwarder_; }
  const std::string& first_fault() const { return fault_; }
  // Called before a wish takes effect.
  std::function<void(const Wish&)> on_wish;
  // After each packet of the publisher.
  std::function<void(size_t)> on_packet;

 private:
  static constexpr Ssrc kSsrc{5001}, kRtxSsrc{5002};
  static constexpr PayloadType kRtxType{127};
  static constexpr uint64_t kTrack = 1;

  bool chance(double p) { return random_.unit() < p; }
  void fault(const std::string& what) {
    if (fault_.empty()) fault_ = what;
  }

  void apply(const Wish& wish) {
    if (on_wish) on_wish(wish);
    forwarder_.set_limit(wish.limit);
    forwarder_.set_target({kTrack, wish.layer}, stream_.publish().codec.payload_type);
  }

  // As peer, Room::on_media and routing::forward_to_slot do.
  void receive(size_t index, bool recovered) {
    packets_[index] = stream_.receive(now_, index, recovered);
    const peer::MediaPacket& packet = *packets_[index];
    auto& cache = caches_[packet.layer];
    cache[packet.sequence.value()] = index;
    const uint64_t switches = forwarder_.switches();
    offer(index);
    if (forwarder_.switches() != switches)
      for (auto it = cache.upper_bound(packet.sequence.value()); it != cache.end(); ++it) offer(it->second);
    if (on_packet) on_packet(index);
  }
  void offer(size_t index) {
    const peer::PacketRef& packet = packets_[index];
    const auto projected = forwarder_.project(now_, *packet, {kTrack, packet->layer}, nullptr);
    const auto* rewrite = std::get_if<peer::Rewrite>(&projected);
    if (!rewrite) return;
    const int64_t number = numbers_.unwrap(rewrite->sequence).value();
    if (!sent_.try_emplace(number, Sent{index, rewrite->padding_only, forwarder_.switches(), now_}).second)
      fault("the number " + std::to_string(number) + " is given twice");
    // A receiver that loses the very first one would have to ask for a keyframe.
    if (!highest_) highest_ = number;
    send(packet, *rewrite, false);
  }
  // As Room::retransmit does.
  void resend(int64_t number) {
    const SeqNum sequence(static_cast<uint16_t>(number));
    const auto sent = forwarder_.find_sent(sequence);
    if (!sent) {
      if (const auto padding = forwarder_.find_padding(sequence)) send({}, *padding, true);
      return;
    }
    if (sent->rewrite.padding_only) return send({}, sent->rewrite, true);
    const auto& cache = caches_[sent->source.layer];
    const auto it = cache.find(sent->sequence.value());
    if (it == cache.end()) return fault("a packet that was sent is not in the cache");
    send(packets_[it->second], sent->rewrite, true);
  }
  void send(const peer::PacketRef& packet, const peer::Rewrite& rewrite, bool again) {
    receiver_->send_rtp(0, packet, rewrite, again);
    for (bool more = true; more;) {
      more = !receiver_->poll_transmit(now_, batch_);
      batch_.seal(stream_.context().srtp, stream_.context().counters);
      for (const TransmitSlot& slot : batch_.datagrams().slots())
        if (!chance(conditions_.receiver_loss)) on_wire(std::span(slot.bytes).first(slot.size));
      batch_.clear();
    }
  }

  void on_wire(std::span<const uint8_t> bytes) {
    if (rtp::is_rtcp(bytes)) return;
    auto packet = rtp::parse(bytes);
    if (!packet || !rtp::strip_padding(*packet)) return fault("what was sent is no RTP");
    SeqNum sequence = packet->sequence;
    auto payload = packet->payload;
    if (packet->ssrc == kRtxSsrc) {
      const auto inner = rtpstream::parse_rtx(payload);
      if (!inner) return fault("a retransmission has no number");
      sequence = inner->original;
      payload = inner->payload;
    }
    Received received{packet->timestamp, packet->marker, {payload.begin(), payload.end()}, {}};
    if (const auto d = rtp::find_extension(packet->extension_profile, packet->extensions, descriptor_id_))
      received.descriptor.assign(d->begin(), d->end());
    const int64_t number = received_numbers_.unwrap(sequence).value();
    const auto [known, added] = received_.try_emplace(number, received);
    if (!added && known->second != received) fault("the number " + std::to_string(number) + " has two contents");
    asked_.erase(number);
    notice_missing(number);
  }
  void notice_missing(int64_t end) {
    for (; *highest_ <= end; ++*highest_) {
      if (!received_.contains(*highest_)) asked_[*highest_] = {now_ + TimeDelta::millis(10), 0};
    }
  }
  void ask_again() {
    std::vector<int64_t> due;
    for (auto& [number, question] : asked_) {
      if (question.at > now_ || question.tries == kTries) continue;
      question = {now_ + TimeDelta::millis(50), question.tries + 1};
      due.push_back(number);
    }
    for (const int64_t number : due) resend(number);
  }

  static constexpr int kTries = 15;
  struct Question {
    Timestamp at;
    int tries = 0;
  };

  RecordedStream& stream_;
  SeededRandom random_;
  Conditions conditions_;
  std::vector<Wish> wishes_;
  std::vector<peer::PacketRef> packets_;                 // by index in the recording, once they came
  std::map<uint8_t, std::map<int64_t, size_t>> caches_;  // by layer and number
  room::Forwarder forwarder_{MediaKind::kVideo, 90'000, SeqNum(0x7FF0), RtpTimestamp(0xFFFF0000)};
  std::unique_ptr<peer::Peer> receiver_;
  peer::SealBatch batch_;
  uint8_t descriptor_id_ = 0;
  Timestamp now_;
  SeqNumUnwrapper numbers_, received_numbers_;
  std::map<int64_t, Sent> sent_;
  std::map<int64_t, Received> received_;
  std::map<int64_t, Question> asked_;
  std::optional<int64_t> highest_;  // what is below is received or asked for
  std::string fault_;
};

}  // namespace tutti::test
