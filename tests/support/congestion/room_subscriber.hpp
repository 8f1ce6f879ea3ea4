// RoomSubscriber: a participant behind a slow path who receives video slots, tells what arrived (transport-wide
// feedback, receiver reports, NACK, PLI) and measures what it gets. The estimate, the pacing and the choice of layers
// are the room's.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/bottleneck.hpp"
#include "support/congestion/flow.hpp"
#include "support/keyed_join.hpp"
#include "support/plain_wire.hpp"
#include "support/world.hpp"
#include "tutti/proto/cc/feedback_generator.hpp"
#include "tutti/proto/rtpstream/nack_requester.hpp"
#include "tutti/proto/rtpstream/receive_statistics.hpp"
#include "tutti/proto/rtpstream/rtx.hpp"
#include "tutti/wire/payload/vp8.hpp"
#include "tutti/wire/rtcp/nack.hpp"
#include "tutti/wire/rtcp/pli.hpp"
#include "tutti/wire/rtcp/receiver_report.hpp"
#include "tutti/wire/rtcp/sender_report.hpp"
#include "tutti/wire/rtp/extensions.hpp"

namespace tutti::test {

class RoomSubscriber final : public World::Client, public Flow {
 public:
  // One slot of it, as a viewer sees it.
  struct Picture {
    uint16_t height = 0;  // of the last keyframe
    uint64_t frames = 0;  // that came whole
    Timestamp last_frame = Timestamp::long_ago();
    TimeDelta longest_gap;  // between whole frames, since watch_from
  };

  // Joins with `start`, as `id`, with one slot for each change; `index` tells the SSRCs of subscribers apart. `down`,
  // `up`: its paths.
  RoomSubscriber(World& world, std::string id, uint32_t index, std::vector<room::SubscriptionChange> wishes,
                 NetworkPath& down, NetworkPath& up)
      : world_(world),
        id_(std::move(id)),
        wishes_(std::move(wishes)),
        address_(world.make_address()),
        up_(up),
        down_(down),
        meter_(world.now()) {
    for (size_t i = 0; i < wishes_.size(); ++i) {
      wishes_[i].slot = SlotId(std::to_string(i));
      slots_.push_back(std::make_unique<Slot>(Ssrc(static_cast<uint32_t>(100'000 + index * 1000 + 2 * i))));
    }
  }
  ~RoomSubscriber() override { world_.detach(*this); }

  void start(Timestamp now) override {
    next_report_ = now;
    world_.attach(*this, address_);
    world_.route(
        address_, [this](Timestamp at, size_t bytes) { return carry(at, bytes); },
        [this](Timestamp at, size_t bytes) {
          const auto arrival = up_.send(at, DataSize::bytes(static_cast<int64_t>(bytes)) + kIpUdpHeaders);
          return arrival ? std::optional(arrival->at) : std::nullopt;
        });
    room::KeyedJoin join;
    join.remote = address_;
    for (size_t i = 0; i < slots_.size(); ++i) join.receive.push_back(spec(i));
    join_plain(world_, id_, std::move(join), wishes_);
    joined_ = true;
  }
  void stop(Timestamp) override {
    world_.apply(room::RemoveParticipant{World::room(), ParticipantId(id_)});
    joined_ = false;
  }
  void set_paused(Timestamp, bool paused) override {
    room::SetSubscriptions set{World::room(), ParticipantId(id_), false, {}};
    for (size_t i = 0; i < slots_.size(); ++i) {
      room::SubscriptionChange change;
      change.slot = SlotId(std::to_string(i));
      change.paused = paused;
      set.changes.push_back(change);
    }
    world_.apply(set);
  }
  DataRate estimate() const override;
  const FlowMeter& meter() const override { return meter_; }
  const std::string& id() const { return id_; }
  const Picture& picture(size_t slot) const { return slots_[slot]->picture; }
  size_t slots() const { return slots_.size(); }
  // Gaps are measured from now on.
  void watch_from(Timestamp now) {
    for (auto& slot : slots_) {
      slot->picture.longest_gap = {};
      slot->picture.last_frame = now;
    }
  }
  uint64_t keyframes_asked() const { return keyframes_asked_; }

  void receive(Timestamp now, std::vector<uint8_t> datagram) override {
    const TimeDelta waited = waits_.front();
    waits_.pop_front();
    const auto size = DataSize::bytes(static_cast<int64_t>(datagram.size())) + kIpUdpHeaders;
    const bool useful = rtp::is_rtcp(datagram) ? receive_rtcp(now, datagram) : receive_rtp(now, datagram);
    meter_.on_delivered(now, size, waited, useful);
  }
  Timestamp next_deadline() const override {
    if (!joined_) return Timestamp::never();
    Timestamp next = std::min(next_report_, generator_.next_deadline());
    for (const auto& slot : slots_) next = std::min(next, slot->nacks.next_deadline());
    return next;
  }
  void handle_deadline(Timestamp now) override {
    while (const auto feedback = generator_.poll(now)) send_rtcp(*feedback);
    if (next_report_ <= now) report(now);
    for (auto& slot : slots_) ask_again(now, *slot);
  }

 private:
  static constexpr uint8_t kTransportSequence = 3;
  struct Slot {
    explicit Slot(Ssrc s) : ssrc(s), rtx_ssrc(s.value() + 1), statistics(s, 90'000) {
      nacks.set_round_trip_time(TimeDelta::millis(130));
    }
    Ssrc ssrc, rtx_ssrc;
    SeqNumUnwrapper unwrapper;
    rtpstream::NackRequester nacks;
    rtpstream::ReceiveStatistics statistics;
    std::vector<int64_t> seen = std::vector<int64_t>(2048, -1);  // by number, modulo
    Picture picture;
  };

  peer::ReceiveSpec spec(size_t i) const {
    peer::ReceiveSpec s;
    s.slot = SlotId(std::to_string(i));
    s.kind = MediaKind::kVideo;
    peer::CodecSpec codec;
    codec.codec = Codec::kVp8;
    codec.payload_type = PayloadType(100);
    codec.rtx_payload_type = PayloadType(101);
    codec.clock_rate_hz = 90'000;
    codec.nack = codec.pli = codec.transport_cc = true;
    s.codecs = {codec};
    s.ssrc = slots_[i]->ssrc;
    s.rtx_ssrc = slots_[i]->rtx_ssrc;
    s.extensions.set(rtp::Extension::kTransportSequenceNumber, kTransportSequence);
    return s;
  }
  std::optional<Timestamp> carry(Timestamp now, size_t bytes) {
    const auto arrival = down_.send(now, DataSize::bytes(static_cast<int64_t>(bytes)) + kIpUdpHeaders);
    if (!arrival) {
      meter_.on_lost(now);
      return std::nullopt;
    }
    waits_.push_back(arrival->waited);
    return arrival->at;
  }

  // Whether it is media that was not here yet.
  bool receive_rtp(Timestamp now, std::span<const uint8_t> datagram) {
    auto packet = rtp::parse(datagram);
    if (!packet) return false;
    const auto sequence = rtp::find_extension(packet->extension_profile, packet->extensions, kTransportSequence);
    if (sequence && sequence->size() == 2)
      generator_.on_packet(now, SeqNum(static_cast<uint16_t>((*sequence)[0] << 8 | (*sequence)[1])), packet->ssrc);
    if (!rtp::strip_padding(*packet) || packet->payload.empty()) return false;
    for (auto& slot : slots_) {
      if (packet->ssrc == slot->ssrc)
        return receive_media(now, *slot, packet->sequence, *packet, packet->payload, false);
      if (packet->ssrc != slot->rtx_ssrc) continue;
      const auto inner = rtpstream::parse_rtx(packet->payload);
      return inner && receive_media(now, *slot, inner->original, *packet, inner->payload, true);
    }
    return false;
  }
  bool receive_media(Timestamp now, Slot& slot, SeqNum sequence, const rtp::Packet& packet,
                     std::span<const uint8_t> payload, bool rtx) {
    const ExtSeqNum number = slot.unwrapper.unwrap(sequence);
    int64_t& seen = slot.seen[static_cast<size_t>(number.value() & 2047)];
    if (seen == number.value() || number.value() <= slot.unwrapper.highest()->value() - 2048) return false;
    seen = number.value();
    slot.statistics.on_packet(now, number, packet.timestamp, payload.size(), rtx);
    if (const auto answered_in = slot.nacks.on_packet(now, number); rtx && answered_in)
      slot.nacks.set_round_trip_time(*answered_in);
    const auto d = payload::Vp8Descriptor::parse(payload);
    if (d && d->keyframe) {
      slot.nacks.forget_before(number);
      if (d->dimensions) slot.picture.height = d->dimensions->height;
    }
    // A frame is whole, and what it builds on too, if its end is here and nothing is missing.
    if (packet.marker && slot.nacks.missing() == 0) {
      Picture& p = slot.picture;
      if (p.frames++ > 0) p.longest_gap = std::max(p.longest_gap, now - p.last_frame);
      p.last_frame = now;
    }
    return true;
  }
  bool receive_rtcp(Timestamp now, std::span<const uint8_t> datagram) {
    each_rtcp(datagram, [&](const rtcp::PacketView& packet) {
      const auto report = packet.type == rtcp::kTypeSenderReport ? rtcp::SenderReport::parse(packet) : std::nullopt;
      if (!report) return;
      for (auto& slot : slots_) {
        if (slot->ssrc == report->sender) slot->statistics.on_sender_report(now, report->ntp, report->rtp);
      }
    });
    return false;
  }
  void report(Timestamp now) {
    next_report_ = now + TimeDelta::seconds(1);
    rtcp::ReceiverReport report{Ssrc(1), {}};
    for (auto& slot : slots_) {
      if (const auto block = slot->statistics.make_report_block(now)) report.blocks.push_back(*block);
    }
    if (!report.blocks.empty()) send_rtcp(report);
  }
  void ask_again(Timestamp now, Slot& slot) {
    std::array<SeqNum, 64> lost;
    while (const size_t n = slot.nacks.poll(now, lost)) {
      send_rtcp(rtcp::Nack{Ssrc(1), slot.ssrc, {lost.begin(), lost.begin() + static_cast<std::ptrdiff_t>(n)}});
      if (n < lost.size()) break;
    }
    if (!slot.nacks.take_given_up()) return;
    ++keyframes_asked_;
    send_rtcp(rtcp::Pli{Ssrc(1), slot.ssrc});
  }
  template <class T>
  void send_rtcp(const T& packet) {
    world_.send(address_, plain_rtcp(packet));
  }

  World& world_;
  std::string id_;
  std::vector<room::SubscriptionChange> wishes_;
  Endpoint address_;
  NetworkPath& up_;
  NetworkPath& down_;
  FlowMeter meter_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::deque<TimeDelta> waits_;  // of what is on its way; paths do not reorder
  cc::FeedbackGenerator generator_{Ssrc(1)};
  Timestamp next_report_ = Timestamp::never();
  bool joined_ = false;
  uint64_t keyframes_asked_ = 0;
};

}  // namespace tutti::test
