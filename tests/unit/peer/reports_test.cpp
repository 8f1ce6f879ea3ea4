// Sender reports of a participant with more slots than one datagram has room for.
#include <catch2/catch.hpp>
#include <set>

#include "support/peer_rig.hpp"
#include "tutti/wire/rtcp/header.hpp"
#include "tutti/wire/rtcp/sender_report.hpp"

using namespace tutti;

TEST_CASE("every slot gets its sender reports, also where there are more than a datagram holds", "[peer][reports]") {
  constexpr uint32_t kSlots = 100, kFirst = 7'000;
  test::PeerRig rig;
  peer::KeyedSettings settings;
  settings.remote = rig.path;
  std::vector<peer::ReceiveSpec> slots;
  for (uint32_t i = 0; i < kSlots; ++i) {
    peer::ReceiveSpec slot;
    slot.kind = MediaKind::kAudio;
    slot.ssrc = Ssrc(kFirst + i);
    slot.codecs.push_back({.codec = Codec::kOpus, .payload_type = PayloadType(111), .clock_rate_hz = 48'000});
    slots.push_back(slot);
  }
  const auto peer = std::move(peer::Peer::make_keyed(rig.context, settings, {}, slots, rig.now).value());
  for (uint16_t i = 0; i < kSlots; ++i) {
    peer::Rewrite rewrite;
    rewrite.payload_type = PayloadType(111);
    rewrite.padding_only = true;
    peer->send_rtp(i, {}, rewrite);
  }

  std::set<uint32_t> reported;
  peer::SealBatch batch;
  for (int second = 0; second < 5; ++second) {
    rig.now = rig.now + TimeDelta::millis(1'100);
    peer->poll_transmit(rig.now, batch);
    batch.seal(rig.context.srtp, rig.context.counters);
    for (const TransmitSlot& slot : batch.datagrams().slots()) {
      const auto bytes = std::span(slot.bytes).first(slot.size);
      if (!rtp::is_rtcp(bytes)) continue;
      CHECK(bytes.size() <= 1'200);
      auto reader = rtcp::CompoundReader::open(bytes);
      REQUIRE(reader);
      while (const auto packet = reader->next()) {
        if (packet->type == rtcp::kTypeSenderReport)
          reported.insert(rtcp::SenderReport::parse(*packet)->sender.value());
      }
    }
    batch.clear();
  }
  CHECK(reported.size() == kSlots);
}
