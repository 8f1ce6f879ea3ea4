// SimSubscriber: a keyed participant that receives one video slot, asks for what it misses (NACK, answered by RTX), and
// checks all that it is told: every number, timestamp and VP8 picture id.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>

#include "support/keyed_join.hpp"
#include "support/secured_wire.hpp"
#include "support/world.hpp"
#include "tutti/proto/rtpstream/nack_requester.hpp"
#include "tutti/proto/rtpstream/receive_statistics.hpp"
#include "tutti/proto/rtpstream/rtt_estimator.hpp"
#include "tutti/proto/rtpstream/rtx.hpp"
#include "tutti/wire/payload/vp8.hpp"
#include "tutti/wire/rtcp/nack.hpp"
#include "tutti/wire/rtcp/receiver_report.hpp"
#include "tutti/wire/rtcp/sender_report.hpp"
#include "tutti/wire/rtp/header.hpp"

namespace tutti::test {

class SimSubscriber final : public World::Client {
 public:
  static constexpr TimeDelta kDeadline = TimeDelta::millis(400);

  // Joins at once as `id`, with one slot called "0" that `wish` is about.
  SimSubscriber(World& world, const std::string& id, uint32_t index, room::SubscriptionChange wish)
      : world_(world),
        address_(world.make_address()),
        index_(index),
        statistics_(Ssrc(5000 + index), 90'000),
        next_report_(world.now()) {
    room::KeyedJoin keyed;
    keyed.remote = address_;
    keyed.receive = {spec(index)};
    wish.slot = SlotId("0");
    session_ = join_keyed(world, id, std::move(keyed), {std::move(wish)});
    world.attach(*this, address_);
  }
  ~SimSubscriber() override { world_.detach(*this); }
  static peer::ReceiveSpec spec(uint32_t index) {
    peer::ReceiveSpec s;
    s.slot = SlotId("0");
    s.kind = MediaKind::kVideo;
    peer::CodecSpec codec = {};
    codec.codec = Codec::kVp8;
    codec.payload_type = PayloadType(100);
    codec.rtx_payload_type = PayloadType(101);
    codec.clock_rate_hz = 90'000;
    codec.nack = codec.pli = true;
    s.codecs = {codec};
    s.ssrc = Ssrc(5000 + index);
    s.rtx_ssrc = Ssrc(6000 + index);
    return s;
  }

  void receive(Timestamp now, std::vector<uint8_t> datagram) override {
    if (rtp::is_rtcp(datagram)) return receive_rtcp(now, datagram);
    const auto opened = session_->open_rtp(datagram);
    if (!std::holds_alternative<size_t>(opened)) return;  // a duplicate of the network
    auto p = rtp::parse(std::span(datagram).first(std::get<size_t>(opened)));
    if (!p || !rtp::strip_padding(*p)) return fault("a packet that cannot be parsed");
    std::span<const uint8_t> payload = p->payload;
    SeqNum sequence = p->sequence;
    const bool rtx = p->ssrc == Ssrc(6000 + index_);
    if (rtx) {
      const auto inner = rtpstream::parse_rtx(payload);
      if (!inner) return fault("RTX without an original sequence number");
      sequence = inner->original;
      payload = inner->payload;
      ++rtx_received_;
    } else if (p->ssrc != Ssrc(5000 + index_)) {
      return fault("a packet of an SSRC that is not the slot's");
    }
    const ExtSeqNum ext = unwrapper_.unwrap(sequence);
    if (!first_) first_ = ext;
    auto [it, added] = packets_.try_emplace(ext.value());
    if (!added) {
      // A retransmission may cross the original; a second original would be a number used twice.
      if (!rtx && !it->second.by_rtx) fault("number " + std::to_string(ext.value()) + " sent twice");
      return;
    }
    Packet& packet = it->second;
    packet.timestamp = p->timestamp;
    packet.by_rtx = rtx;
    if (auto missing = missing_.find(ext.value()); missing != missing_.end()) {
      packet.late = now - missing->second.since > kDeadline;
      if (!packet.late) most_asks_ = std::max(most_asks_, missing->second.asks);
      missing_.erase(missing);
    }
    if (const auto d = payload.empty() ? std::nullopt : payload::Vp8Descriptor::parse(payload)) {
      packet.picture_id = d->picture_id;
      packet.tl0 = d->tl0_pic_idx;
      packet.temporal = d->temporal_id.value_or(0);
      packet.keyframe = d->keyframe;
      if (d->dimensions) last_height_ = d->dimensions->height;
    }
    if (packet.keyframe && !keyframe_time_) keyframe_time_ = p->timestamp;
    if (!first_picture_at_ && p->marker && p->timestamp == keyframe_time_) first_picture_at_ = now;
    if (!highest_ || ext > *highest_) {
      for (int64_t s = (highest_ ? highest_->value() : ext.value()) + 1; s < ext.value(); ++s)
        missing_.try_emplace(s, Hole{now});
      highest_ = ext;
    }
    statistics_.on_packet(now, ext, p->timestamp, payload.size(), rtx);
    if (const auto answered_in = nacks_.on_packet(now, ext); rtx && answered_in) {
      rtt_.on_sample(*answered_in);
      nacks_.set_round_trip_time(rtt_.smoothed());
    }
  }
  Timestamp next_deadline() const override { return std::min(nacks_.next_deadline(), next_report_); }
  void handle_deadline(Timestamp now) override {
    if (next_report_ <= now) {
      next_report_ = now + TimeDelta::seconds(1);
      if (const auto block = statistics_.make_report_block(now)) send_rtcp(rtcp::ReceiverReport{Ssrc(1), {*block}});
    }
    std::array<SeqNum, 64> lost;
    while (const size_t n = nacks_.poll(now, lost)) {
      for (size_t i = 0; i < n; ++i) {
        if (const auto hole = missing_.find(unwrapper_.peek(lost[i]).value()); hole != missing_.end())
          ++hole->second.asks;
      }
      send_rtcp(
          rtcp::Nack{Ssrc(1), Ssrc(5000 + index_), {lost.begin(), lost.begin() + static_cast<std::ptrdiff_t>(n)}});
      if (n < lost.size()) break;
    }
    nacks_.take_given_up();
  }

  // After the end: walks everything in the order of numbers. Numbers above `until` may still be on their way.
  struct Result {
    uint64_t expected = 0, missing = 0, late = 0;
    double residual() const {
      return expected ? static_cast<double>(missing + late) / static_cast<double>(expected) : 1;
    }
  };
  Result finish(Timestamp now) {
    Result r;
    if (!first_) return r;
    // What precedes the first packet that happened to arrive was never known to be missing.
    const Packet* last = nullptr;
    int64_t last_number = 0;
    for (int64_t s = first_->value(); s <= highest_->value(); ++s) {
      auto hole = missing_.find(s);
      if (hole != missing_.end() && now - hole->second.since <= kDeadline) continue;
      ++r.expected;
      auto it = packets_.find(s);
      if (it == packets_.end()) {
        ++r.missing;
        continue;
      }
      const Packet& p = it->second;
      r.late += p.late;
      if (last) {
        if (wrap_distance(last->timestamp.value(), p.timestamp.value()) < 0)
          fault("time steps back at " + std::to_string(s));
        if (s == last_number + 1 && p.picture_id && last->picture_id) {
          const int step = (*p.picture_id - *last->picture_id) & 0x7FFF;
          if (step > 1) fault("picture id jumps by " + std::to_string(step) + " at " + std::to_string(s));
          if ((step == 0) != (p.timestamp == last->timestamp))
            fault("a picture and its timestamp disagree at " + std::to_string(s));
          if (step == 1 && p.tl0 && last->tl0) {
            const uint8_t tl0_step = static_cast<uint8_t>(*p.tl0 - *last->tl0);
            if (tl0_step != (p.temporal == 0 ? 1 : 0))
              fault("TL0PICIDX jumps by " + std::to_string(tl0_step) + " at " + std::to_string(s));
          }
        }
      }
      last = &p;
      last_number = s;
    }
    return r;
  }
  uint32_t last_height() const { return last_height_; }
  // The last packet of the first keyframe; on a network without loss the rest is there then.
  std::optional<Timestamp> first_picture_at() const { return first_picture_at_; }
  // How often a packet was asked for that came in time after all: one question and the retries.
  int most_asks() const { return most_asks_; }
  TimeDelta round_trip_time() const { return rtt_.smoothed(); }
  uint64_t rtx_received() const { return rtx_received_; }
  size_t packets() const { return packets_.size(); }
  // The first thing that was wrong; empty if nothing was.
  const std::string& first_fault() const { return fault_; }

 private:
  struct Packet {
    RtpTimestamp timestamp;
    std::optional<uint16_t> picture_id;
    std::optional<uint8_t> tl0;
    uint8_t temporal = 0;
    bool keyframe = false, by_rtx = false, late = false;
  };
  struct Hole {
    Timestamp since;
    int asks = 0;
  };
  void receive_rtcp(Timestamp now, std::span<uint8_t> datagram) {
    open_rtcp(*session_, datagram, [&](const rtcp::PacketView& packet) {
      const auto report = packet.type == rtcp::kTypeSenderReport ? rtcp::SenderReport::parse(packet) : std::nullopt;
      if (report) statistics_.on_sender_report(now, report->ntp, report->rtp);
    });
  }
  template <class T>
  void send_rtcp(const T& packet) {
    world_.send(address_, sealed_rtcp(*session_, packet));
  }
  void fault(std::string what) {
    if (fault_.empty()) fault_ = std::move(what);
  }

  World& world_;
  Endpoint address_;
  uint32_t index_;
  std::unique_ptr<srtp::Session> session_;
  SeqNumUnwrapper unwrapper_;
  rtpstream::NackRequester nacks_;
  rtpstream::RttEstimator rtt_;
  rtpstream::ReceiveStatistics statistics_;
  Timestamp next_report_;
  std::optional<ExtSeqNum> first_, highest_;
  std::optional<RtpTimestamp> keyframe_time_;
  std::optional<Timestamp> first_picture_at_;
  std::map<int64_t, Packet> packets_;
  std::map<int64_t, Hole> missing_;
  int most_asks_ = 0;
  uint32_t last_height_ = 0;
  uint64_t rtx_received_ = 0;
  std::string fault_;
};

}  // namespace tutti::test
