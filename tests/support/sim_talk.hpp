// SimTalker: a keyed participant that sends Opus packets with a number in each, with its last ones in front of them if
// it is told to. SimListener: one that receives a slot of sound, in RED if it accepts that, and says which packets it
// had in time. Plain RTP.
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "support/keyed_join.hpp"
#include "support/plain_wire.hpp"
#include "support/red_packets.hpp"
#include "support/world.hpp"
#include "tutti/base/byte_reader.hpp"
#include "tutti/proto/rtpstream/receive_statistics.hpp"
#include "tutti/wire/payload/red.hpp"
#include "tutti/wire/rtcp/header.hpp"
#include "tutti/wire/rtcp/receiver_report.hpp"
#include "tutti/wire/rtp/header.hpp"

namespace tutti::test {

constexpr PayloadType kTalkOpus{111}, kTalkRed{63};
constexpr TimeDelta kTalkFrame = TimeDelta::millis(20);

inline peer::CodecSpec talk_codec(bool red) {
  peer::CodecSpec c;
  c.payload_type = kTalkOpus;
  if (red) c.red_payload_type = kTalkRed;
  c.clock_rate_hz = 48'000;
  c.channels = 2;
  return c;
}

class SimTalker final : public World::Client {
 public:
  SimTalker(World& world, const std::string& id, size_t redundant)
      : world_(world), address_(world.make_address()), redundant_(redundant), next_(world.now()) {
    peer::PublishSpec track;
    track.name = "mic";
    track.codec = talk_codec(true);
    track.layers.push_back({{}, Ssrc(4711), std::nullopt});
    room::KeyedJoin keyed;
    keyed.remote = address_;
    keyed.publish = {track};
    join_plain(world, id, std::move(keyed));
    world.attach(*this, address_);
  }
  ~SimTalker() override { world_.detach(*this); }

  void receive(Timestamp, std::vector<uint8_t>) override {}
  Timestamp next_deadline() const override { return next_; }
  void handle_deadline(Timestamp now) override {
    if (now < next_) return;
    next_ = next_ + kTalkFrame;
    const uint32_t timestamp = number_ * 960;
    auto payload = numbered_opus(number_, 100);
    std::vector<RedPart> parts;
    for (const uint32_t earlier : last_)
      parts.push_back({static_cast<uint16_t>(timestamp - earlier * 960), numbered_opus(earlier, 100)});
    parts.push_back({0, payload});
    if (redundant_ > 0) payload = red_payload(parts);
    std::vector<uint8_t> out(1500);
    const rtp::HeaderFields fields{false, redundant_ > 0 ? kTalkRed : kTalkOpus, SeqNum(static_cast<uint16_t>(number_)),
                                   RtpTimestamp(timestamp), Ssrc(4711)};
    out.resize(rtp::write_header(fields, {}, out));
    out.insert(out.end(), payload.begin(), payload.end());
    world_.send(address_, out);
    last_.push_back(number_++);
    if (last_.size() > redundant_) last_.pop_front();
  }
  uint32_t sent() const { return number_; }

 private:
  World& world_;
  Endpoint address_;
  size_t redundant_;
  Timestamp next_;
  uint32_t number_ = 1;
  std::deque<uint32_t> last_;
};

class SimListener final : public World::Client {
 public:
  // What a jitter buffer waits for that plays over a path that loses much.
  static constexpr TimeDelta kPlayout = TimeDelta::millis(100);

  SimListener(World& world, const std::string& id, bool red)
      : world_(world), address_(world.make_address()), statistics_(kSlot, 48'000), next_report_(world.now()) {
    peer::ReceiveSpec slot;
    slot.slot = SlotId("0");
    slot.codecs = {talk_codec(red)};
    slot.ssrc = kSlot;
    room::KeyedJoin keyed;
    keyed.remote = address_;
    keyed.receive = {slot};
    join_plain(world, id, std::move(keyed));
    world.attach(*this, address_);
  }
  ~SimListener() override { world_.detach(*this); }

  void receive(Timestamp now, std::vector<uint8_t> datagram) override {
    if (rtp::is_rtcp(datagram)) return;
    const auto packet = rtp::parse(datagram);
    if (!packet || packet->ssrc != kSlot) return fault("not the slot's");
    bytes_ += datagram.size();
    statistics_.on_packet(now, unwrapper_.unwrap(packet->sequence), packet->timestamp, packet->payload.size(), false);
    if (packet->payload_type == kTalkOpus) return hear(now, packet->payload, packet->timestamp);
    if (packet->payload_type != kTalkRed) return fault("a payload type that was not agreed");
    const auto red = payload::RedPayload::parse(packet->payload);
    if (!red) return fault("broken RED");
    ++red_packets_;
    for (const payload::RedBlock& block : red->blocks()) {
      if (block.payload_type != kTalkOpus) fault("a block of another codec");
      hear(now, block.data, RtpTimestamp(packet->timestamp.value() - block.timestamp_offset));
    }
  }
  Timestamp next_deadline() const override { return next_report_; }
  void handle_deadline(Timestamp now) override {
    if (now < next_report_) return;
    next_report_ = next_report_ + TimeDelta::seconds(1);
    if (const auto block = statistics_.make_report_block(now))
      world_.send(address_, plain_rtcp(rtcp::ReceiverReport{Ssrc(1), {*block}}));
  }

  // The share of the frames first..last that were not there at their time.
  double concealed(uint32_t first, uint32_t last) const {
    uint32_t missing = 0;
    for (uint32_t n = first; n <= last; ++n) {
      const auto at = heard_.find(n);
      missing += at == heard_.end() || at->second > play_at(n);
    }
    return static_cast<double>(missing) / (last - first + 1);
  }
  uint64_t red_packets() const { return red_packets_; }
  uint64_t bytes() const { return bytes_; }
  const std::string& first_fault() const { return fault_; }

 private:
  static constexpr Ssrc kSlot{815};
  Timestamp play_at(uint32_t number) const {
    return begin_ + kTalkFrame * (static_cast<int64_t>(number) - first_) + kPlayout;
  }
  void hear(Timestamp now, std::span<const uint8_t> payload, RtpTimestamp timestamp) {
    ByteReader r(payload);
    r.skip(1);
    const uint32_t number = r.u32();
    if (heard_.empty()) {
      begin_ = now;
      first_ = number;
      offset_ = timestamp.value() - number * 960;
    }
    if (timestamp.value() != offset_ + number * 960) fault("frame " + std::to_string(number) + " at another time");
    heard_.try_emplace(number, now);
  }
  void fault(std::string what) {
    if (fault_.empty()) fault_ = std::move(what);
  }

  World& world_;
  Endpoint address_;
  SeqNumUnwrapper unwrapper_;
  rtpstream::ReceiveStatistics statistics_;
  Timestamp next_report_, begin_;
  int64_t first_ = 0;
  uint32_t offset_ = 0;
  std::map<uint32_t, Timestamp> heard_;
  uint64_t red_packets_ = 0, bytes_ = 0;
  std::string fault_;
};

}  // namespace tutti::test
