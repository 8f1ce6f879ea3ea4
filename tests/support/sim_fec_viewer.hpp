// SimFecViewer: a keyed participant with one slot of video, and FlexFEC beside it if it is told to take it, that
// reports what it loses and asks for nothing. It says which packets it had within a time, and that every packet given
// back is the one that was sent.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "support/sim_talk.hpp"
#include "tutti/base/ntp.hpp"
#include "tutti/proto/fec/flexfec_receiver.hpp"
#include "tutti/wire/rtcp/sender_report.hpp"

namespace tutti::test {

class SimFecViewer final : public World::Client {
 public:
  SimFecViewer(World& world, const std::string& id, room::SubscriptionChange wish, bool fec)
      : world_(world),
        address_(world.make_address()),
        receiver_(kSlot, extensions()),
        statistics_(kSlot, 90'000),
        next_report_(world.now()) {
    peer::ReceiveSpec slot;
    slot.slot = SlotId("0");
    slot.kind = MediaKind::kVideo;
    peer::CodecSpec codec;
    codec.codec = Codec::kVp8;
    codec.payload_type = PayloadType(100);
    codec.clock_rate_hz = 90'000;
    slot.codecs = {codec};
    slot.ssrc = kSlot;
    slot.extensions = extensions();
    if (fec) {
      slot.fec_payload_type = PayloadType(49);
      slot.fec_ssrc = kFec;
    }
    room::KeyedJoin keyed;
    keyed.remote = address_;
    keyed.receive = {slot};
    wish.slot = slot.slot;
    join_plain(world, id, std::move(keyed), {std::move(wish)});
    world.attach(*this, address_);
  }
  ~SimFecViewer() override { world_.detach(*this); }

  void receive(Timestamp now, std::vector<uint8_t> datagram) override {
    if (rtp::is_rtcp(datagram)) return read_report(now, datagram);
    const auto packet = rtp::parse(datagram);
    if (!packet) return fault("no RTP");
    bytes_ += datagram.size();
    if (packet->ssrc == kFec) {
      ++fec_packets_;
      for (const auto& back : receiver_.on_fec(packet->payload)) take(now, back, true);
    } else if (packet->ssrc == kSlot) {
      statistics_.on_packet(now, unwrapper_.peek(packet->sequence), packet->timestamp, packet->payload.size(), false);
      take(now, datagram, false);
      for (const auto& back : receiver_.on_packet(datagram)) take(now, back, true);
    } else {
      fault("an SSRC that was not agreed");
    }
  }
  Timestamp next_deadline() const override { return next_report_; }
  void handle_deadline(Timestamp now) override {
    if (now < next_report_) return;
    next_report_ = next_report_ + TimeDelta::seconds(1);
    if (const auto block = statistics_.make_report_block(now))
      world_.send(address_, plain_rtcp(rtcp::ReceiverReport{Ssrc(1), {*block}}));
  }

  // Forgets what was lost so far.
  void begin() {
    first_ = highest_;
    bytes_ = 0;
  }
  // The share of packets that were not there `within` so long of the packets after them.
  double missing(TimeDelta within) const {
    if (!highest_ || !first_) return 1;
    uint64_t expected = 0, missing = 0;
    Timestamp after = Timestamp::never();
    for (int64_t n = highest_->value() - 50; n > first_->value(); --n) {
      const auto at = packets_.find(n);
      ++expected;
      missing += at == packets_.end() || at->second > after + within;
      if (at != packets_.end()) after = std::min(after, at->second);
    }
    return static_cast<double>(missing) / static_cast<double>(expected);
  }
  uint64_t recovered() const { return receiver_.recovered(); }
  uint64_t fec_packets() const { return fec_packets_; }
  uint64_t bytes() const { return bytes_; }
  const std::string& first_fault() const { return fault_; }

 private:
  static constexpr Ssrc kSlot{5001}, kFec{7001};
  static rtp::ExtensionIds extensions() {
    rtp::ExtensionIds ids;
    ids.set(rtp::Extension::kAbsSendTime, 2);
    return ids;
  }
  void read_report(Timestamp now, std::span<const uint8_t> compound) {
    auto reader = rtcp::CompoundReader::open(compound);
    while (reader) {
      const auto packet = reader->next();
      if (!packet) return;
      const auto report = packet->type == rtcp::kTypeSenderReport ? rtcp::SenderReport::parse(*packet) : std::nullopt;
      if (report && report->sender == kSlot) statistics_.on_sender_report(now, report->ntp, report->rtp);
    }
  }
  void take(Timestamp now, std::span<const uint8_t> bytes, bool recovered) {
    const auto packet = rtp::parse(bytes);
    if (!packet || packet->ssrc != kSlot || packet->payload_type != PayloadType(100))
      return fault("what came back is no packet of the slot");
    const ExtSeqNum number = unwrapper_.unwrap(packet->sequence);
    if (!first_) first_ = number;
    if (!highest_ || number > *highest_) highest_ = number;
    const auto [known, added] = packets_.try_emplace(number.value(), now);
    // All packets of a frame have one time, and those after it none before it.
    const auto next = timestamps_.upper_bound(number.value());
    if (recovered && added && next != timestamps_.end() &&
        wrap_distance(packet->timestamp.value(), next->second.value()) < 0)
      fault("a recovered packet of another time");
    timestamps_.emplace(number.value(), packet->timestamp);
  }
  void fault(std::string what) {
    if (fault_.empty()) fault_ = std::move(what);
  }

  World& world_;
  Endpoint address_;
  fec::FlexfecReceiver receiver_;
  SeqNumUnwrapper unwrapper_;
  rtpstream::ReceiveStatistics statistics_;
  Timestamp next_report_;
  std::optional<ExtSeqNum> first_, highest_;
  std::map<int64_t, Timestamp> packets_;
  std::map<int64_t, RtpTimestamp> timestamps_;
  uint64_t fec_packets_ = 0, bytes_ = 0;
  std::string fault_;
};

}  // namespace tutti::test
