// RembViewer: a participant with several video slots whose own estimate (REMB) is whatever the test says, so that the
// room's allocator can be watched with an estimate that is known. It asks for keyframes of what it cannot decode, and
// notes what each slot is sent.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/keyed_join.hpp"
#include "support/plain_wire.hpp"
#include "support/world.hpp"
#include "tutti/wire/payload/vp8.hpp"
#include "tutti/wire/rtcp/pli.hpp"
#include "tutti/wire/rtcp/remb.hpp"

namespace tutti::test {

class RembViewer final : public World::Client {
 public:
  struct Slot {
    uint16_t height = 0;  // of the last keyframe
    uint64_t packets = 0, bytes = 0;
    Timestamp last_packet = Timestamp::long_ago();
  };

  // `index` tells the SSRCs of viewers apart.
  RembViewer(World& world, std::string id, uint32_t index, std::vector<room::SubscriptionChange> wishes, DataRate first)
      : estimate(first),
        slots(wishes.size()),
        world_(world),
        id_(std::move(id)),
        index_(index),
        address_(world.make_address()),
        next_(world.now()) {
    world_.attach(*this, address_);
    world_.route(address_, &RembViewer::carry, &RembViewer::carry);
    room::KeyedJoin join;
    join.remote = address_;
    for (size_t i = 0; i < wishes.size(); ++i) {
      wishes[i].slot = SlotId(std::to_string(i));
      join.receive.push_back(spec(i));
    }
    join_plain(world_, id_, std::move(join), std::move(wishes));
  }
  ~RembViewer() override { world_.detach(*this); }

  void wish(size_t slot, room::SubscriptionChange change) {
    change.slot = SlotId(std::to_string(slot));
    world_.apply(room::SetSubscriptions{World::room(), ParticipantId(id_), false, {std::move(change)}});
  }
  void ask_keyframe(size_t slot) { world_.send(address_, plain_rtcp(rtcp::Pli{Ssrc(1), ssrc(slot)})); }
  room::SlotInfo info(size_t slot) { return world_.describe(id_).slots[slot]; }

  Timestamp next_deadline() const override { return next_; }
  void handle_deadline(Timestamp now) override {
    next_ = now + TimeDelta::millis(100);
    world_.send(address_, plain_rtcp(rtcp::Remb{Ssrc(1), estimate, {ssrc(0)}}));
  }
  void receive(Timestamp now, std::vector<uint8_t> datagram) override {
    if (rtp::is_rtcp(datagram)) return;
    const auto packet = rtp::parse(datagram);
    const size_t i = packet ? packet->ssrc.value() - ssrc(0).value() : slots.size();
    if (i >= slots.size() || packet->payload.empty()) return;
    Slot& slot = slots[i];
    ++slot.packets;
    slot.bytes += datagram.size();
    slot.last_packet = now;
    if (const auto vp8 = payload::Vp8Descriptor::parse(packet->payload); vp8 && vp8->dimensions)
      slot.height = static_cast<uint16_t>(vp8->dimensions->height);
  }

  DataRate estimate;
  std::vector<Slot> slots;

 private:
  static std::optional<Timestamp> carry(Timestamp now, size_t) { return now + TimeDelta::millis(10); }
  Ssrc ssrc(size_t slot) const { return Ssrc(static_cast<uint32_t>(100'000 + index_ * 100 + slot)); }
  peer::ReceiveSpec spec(size_t i) const {
    peer::ReceiveSpec s;
    s.slot = SlotId(std::to_string(i));
    s.kind = MediaKind::kVideo;
    peer::CodecSpec codec;
    codec.codec = Codec::kVp8;
    codec.payload_type = PayloadType(100);
    codec.clock_rate_hz = 90'000;
    codec.nack = codec.pli = codec.remb = true;
    s.codecs = {codec};
    s.ssrc = ssrc(i);
    return s;
  }

  World& world_;
  std::string id_;
  uint32_t index_;
  Endpoint address_;
  Timestamp next_;
};

}  // namespace tutti::test
