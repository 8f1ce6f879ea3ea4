// What another offer changes of slots and tracks that go on: the numbers that things are called by, and what is sent
// beside media; never sequence numbers.
#include <catch2/catch.hpp>

#include "support/paced_receiver.hpp"
#include "support/red_packets.hpp"
#include "tutti/wire/rtcp/nack.hpp"
#include "tutti/wire/rtcp/receiver_report.hpp"
#include "tutti/wire/rtcp/remb.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

constexpr uint16_t kSound = PacedReceiver::kSound, kPicture = PacedReceiver::kPicture;
using Slots = std::vector<peer::ReceiveSpec>;

// A receiver that loses a fifth of a slot, and is 200 ms away.
void report_loss(PacedReceiver& receiver, uint16_t slot, int times = 3) {
  for (int i = 0; i < times; ++i) {
    rtcp::ReportBlock block;
    block.source = Ssrc(PacedReceiver::kFirstSsrc + slot);
    block.fraction_lost = 51;
    block.highest_sequence = static_cast<uint32_t>(receiver.kept.size());
    block.last_sr = receiver.rig.context.ntp.at(receiver.rig.now).compact() - (200 * 65'536) / 1'000;
    receiver.rig.now = receiver.rig.now + TimeDelta::seconds(1);
    receiver.receive(rtcp::ReceiverReport{Ssrc(1), {block}});
    receiver.poll();
  }
}

// The payload types of ten packets of a slot, and of what leaves beside them.
std::vector<PacedReceiver::Sent> send_some(PacedReceiver& receiver, uint16_t slot) {
  std::vector<PacedReceiver::Sent> all;
  for (int i = 0; i < 10; ++i) {
    receiver.send(slot, 60, true);
    for (const auto& s : receiver.run_for(TimeDelta::millis(20))) all.push_back(s);
  }
  return all;
}
size_t count(const std::vector<PacedReceiver::Sent>& sent, uint8_t type) {
  return static_cast<size_t>(
      std::count_if(sent.begin(), sent.end(), [&](const auto& s) { return s.type == PayloadType(type); }));
}

}  // namespace

TEST_CASE("retransmissions go on under the payload type of the last offer", "[peer][reoffer]") {
  PacedReceiver receiver(DataRate::kbps(5'000));
  receiver.send_frame(kPicture, 3);
  receiver.repeat(0);
  auto sent = receiver.poll();
  REQUIRE(sent.size() == 4);
  CHECK(sent[3].type == PayloadType(97));
  receiver.reoffer([](Slots& slots) { slots[kPicture].codecs[0].rtx_payload_type = PayloadType(107); });
  receiver.repeat(1);
  sent = receiver.poll();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].type == PayloadType(107));
  CHECK(sent[0].ssrc == Ssrc(PacedReceiver::kFirstRtxSsrc + kPicture));
  CHECK(sent[0].sequence == SeqNum(1));
  CHECK(sent[0].transport == 4);
}

TEST_CASE("without RTX in the last offer nothing is retransmitted by it, not even what waits", "[peer][reoffer]") {
  PacedReceiver receiver(DataRate::kbps(300));
  receiver.send(kSound, 80);
  receiver.send_frame(kPicture, 30);
  receiver.run_for(TimeDelta::millis(100));
  receiver.repeat(1);
  receiver.poll();
  // Of one picture, or of all: then there is nothing to probe with, and so no pace.
  const bool all = GENERATE(false, true);
  receiver.reoffer([&](Slots& slots) {
    for (const uint16_t slot : {kPicture, PacedReceiver::kOtherPicture}) {
      if (slot != kPicture && !all) continue;
      slots[slot].rtx_ssrc.reset();
      slots[slot].codecs[0].rtx_payload_type.reset();
    }
  });
  CHECK((receiver.peer->estimate() == nullptr) == all);
  receiver.repeat(2);
  const auto sent = receiver.run_for(TimeDelta::seconds(1));
  // All the media, each once.
  CHECK(sent.size() > 20);
  for (const auto& s : sent) {
    CHECK(s.type == PayloadType(96));
    CHECK(s.sequence.value() > 1);
  }
  CHECK(receiver.rig.counters.get(Counter::kRtxMissing) == 2);
}

TEST_CASE("RED goes on under the payload type of the last offer, and ends with it", "[peer][reoffer][red]") {
  PacedReceiver receiver(DataRate::kbps(5'000), peer::FeedbackKind::kNone);
  send_some(receiver, kSound);
  report_loss(receiver, kSound);
  CHECK(count(send_some(receiver, kSound), PacedReceiver::kRed) >= 8);
  receiver.reoffer([](Slots& slots) { slots[kSound].codecs[0].red_payload_type = PayloadType(103); });
  CHECK(count(send_some(receiver, kSound), 103) >= 8);
  receiver.reoffer([](Slots& slots) { slots[kSound].codecs[0].red_payload_type.reset(); });
  CHECK(count(send_some(receiver, kSound), 111) == 10);
  // What went out in RED is not repeated as it is: two texts under one nonce.
  receiver.repeat(receiver.kept.size() - 15);
  CHECK(receiver.poll().empty());
  // It may come back.
  receiver.reoffer([](Slots& slots) { slots[kSound].codecs[0].red_payload_type = PayloadType(63); });
  report_loss(receiver, kSound);
  CHECK(count(send_some(receiver, kSound), 63) >= 8);
}

TEST_CASE("FEC goes on under the payload type of the last offer, and ends with it", "[peer][reoffer][fec]") {
  PacedReceiver receiver(DataRate::kbps(5'000), peer::FeedbackKind::kNone);
  send_some(receiver, kPicture);
  report_loss(receiver, kPicture);
  std::vector<PacedReceiver::Sent> fec;
  const auto send = [&] {
    for (const auto& s : send_some(receiver, kPicture)) {
      if (s.ssrc == Ssrc(PacedReceiver::kFecSsrc)) fec.push_back(s);
    }
  };
  send();
  const size_t before = fec.size();
  REQUIRE(before > 0);
  receiver.reoffer([](Slots& slots) {
    slots[kPicture].fec_payload_type = PayloadType(108);
    slots[kPicture].extensions.set(rtp::Extension::kPlayoutDelay, 9);
  });
  report_loss(receiver, kPicture, 1);
  send();
  REQUIRE(fec.size() > before);
  for (size_t i = 0; i < fec.size(); ++i) {
    CHECK(fec[i].type == PayloadType(i < before ? PacedReceiver::kFec : 108));
    CHECK(fec[i].sequence == SeqNum(static_cast<uint16_t>(i)));
  }
  fec.clear();
  receiver.reoffer([](Slots& slots) {
    slots[kPicture].fec_payload_type.reset();
    slots[kPicture].fec_ssrc.reset();
  });
  send();
  report_loss(receiver, kPicture);
  send();
  CHECK(fec.empty());
}

TEST_CASE("header extensions follow the ids of the last offer", "[peer][reoffer]") {
  PacedReceiver receiver(DataRate::kbps(5'000));
  receiver.send_frame(kPicture, 2);
  CHECK(receiver.poll().back().transport == 1);
  receiver.reoffer([](Slots& slots) {
    for (peer::ReceiveSpec& slot : slots) slot.extensions.set(rtp::Extension::kTransportSequenceNumber, 9);
  });
  receiver.send_frame(kPicture, 1);
  receiver.peer->poll_transmit(receiver.rig.now, receiver.rig.batch);
  receiver.rig.batch.seal(*receiver.rig.srtp, receiver.rig.counters);
  REQUIRE(receiver.rig.batch.datagrams().size() == 1);
  const auto& datagram = receiver.rig.batch.datagrams().slots()[0];
  const auto packet = rtp::parse(std::span(datagram.bytes).first(datagram.size)).value();
  CHECK_FALSE(rtp::find_extension(packet.extension_profile, packet.extensions, PacedReceiver::kTransportId));
  const auto number = rtp::find_extension(packet.extension_profile, packet.extensions, 9);
  REQUIRE(number);
  CHECK((*number)[1] == 2);
}

TEST_CASE("packets of before another offer are not repeated as they were not", "[peer][reoffer][security]") {
  PacedReceiver receiver(DataRate::kbps(5'000), peer::FeedbackKind::kNone);
  receiver.send(kSound, 60);
  receiver.repeat(0);
  CHECK(receiver.poll().size() == 2);
  receiver.reoffer([](Slots& slots) { slots[kSound].extensions.set(rtp::Extension::kMid, 4); });
  receiver.send(kSound, 60);
  receiver.poll();
  receiver.repeat(0);
  CHECK(receiver.poll().empty());
  // An offer that changes nothing changes nothing.
  receiver.run_for(TimeDelta::seconds(5));
  receiver.reoffer([](Slots& slots) { slots[kSound].active = false; });
  receiver.reoffer([](Slots& slots) { slots[kSound].active = true; });
  receiver.repeat(1);
  CHECK(receiver.poll().size() == 1);
}

TEST_CASE("NACKs are answered as the last offer has it", "[peer][reoffer][nack]") {
  PacedReceiver receiver(DataRate::kbps(5'000));
  const auto answers = [&] {
    std::vector<uint8_t> bytes(100);
    bytes.resize(rtcp::Nack{Ssrc(1), Ssrc(PacedReceiver::kFirstSsrc + kPicture), {SeqNum(0)}}.serialize(bytes));
    peer::PeerOutput output;
    receiver.peer->handle_datagram(receiver.rig.now, {receiver.rig.path, bytes}, output);
    return output.nacked.size();
  };
  CHECK(answers() == 0);
  receiver.reoffer([](Slots& slots) { slots[kPicture].codecs[0].nack = true; });
  CHECK(answers() == 1);
  receiver.reoffer([](Slots& slots) { slots[kPicture].codecs[0].nack = false; });
  CHECK(answers() == 0);
}

TEST_CASE("the path is known by the feedback of the last offer", "[peer][reoffer][pacing]") {
  PacedReceiver receiver(DataRate::kbps(300));
  REQUIRE(receiver.peer->congestion(receiver.rig.now)->feedback == peer::FeedbackKind::kTransportWide);
  const auto agree = [&](bool transport_wide, bool by_stream, bool remb) {
    receiver.reoffer([&](Slots& slots) {
      for (peer::ReceiveSpec& slot : slots) {
        for (peer::CodecSpec& codec : slot.codecs) {
          codec.transport_cc = transport_wide;
          codec.stream_cc = by_stream;
          codec.remb = remb;
        }
      }
    });
  };
  agree(false, true, false);
  REQUIRE(receiver.peer->congestion(receiver.rig.now));
  CHECK(receiver.peer->congestion(receiver.rig.now)->feedback == peer::FeedbackKind::kStreams);
  // Without any there is nothing to wait for; what waits leaves before what comes.
  receiver.send_frame(kPicture, 30);
  CHECK(receiver.poll().size() < 5);
  receiver.send_frame(kPicture, 2);
  agree(false, false, false);
  CHECK_FALSE(receiver.peer->estimate());
  const auto sent = receiver.poll();
  CHECK(sent.size() >= 27);
  for (size_t i = 1; i < sent.size(); ++i) CHECK(is_newer(sent[i].sequence, sent[i - 1].sequence));
  CHECK(sent.back().sequence == SeqNum(31));
  // A receiver's own estimate counts for as long as it is agreed.
  agree(false, false, true);
  receiver.receive(rtcp::Remb{Ssrc(1), DataRate::kbps(256), {}});
  REQUIRE(receiver.peer->estimate());
  agree(false, false, true);
  CHECK(receiver.peer->estimate());
  agree(false, false, false);
  CHECK_FALSE(receiver.peer->estimate());
  agree(true, false, false);
  CHECK(receiver.peer->congestion(receiver.rig.now)->feedback == peer::FeedbackKind::kTransportWide);
}

TEST_CASE("a line that is gone says nothing of feedback, and comes back as another stream", "[peer][reoffer]") {
  PacedReceiver receiver(DataRate::kbps(5'000));
  const auto picture = receiver.peer->receive()[kPicture];
  send_some(receiver, kPicture);
  receiver.reoffer([](Slots& slots) {
    slots.resize(1);
    slots[0].codecs[0].transport_cc = false;
  });
  REQUIRE(receiver.peer->receive().size() == 3);
  CHECK_FALSE(receiver.peer->receive()[kPicture].active);
  CHECK_FALSE(receiver.peer->estimate());
  receiver.reoffer([&](Slots& slots) {
    slots[kPicture] = picture;
    slots[kPicture].ssrc = Ssrc(7'501);
  });
  const auto sent = send_some(receiver, kPicture);
  REQUIRE(sent.size() == 10);
  CHECK(sent[0].ssrc == Ssrc(7'501));
  CHECK(receiver.peer->stats().back().ssrc == Ssrc(7'501));
  CHECK(receiver.peer->stats().back().packets == 10);
  CHECK(receiver.peer->estimate());
}

TEST_CASE("a slot's keys and numbers go on through another offer", "[peer][reoffer][security]") {
  PeerRig rig;
  rig.connect();
  rig.drain();
  const auto send = [&](uint16_t number, bool again) {
    peer::PacketRef packet = rig.packets.acquire();
    packet->payload_size = 20;
    peer::Rewrite rewrite;
    rewrite.sequence = SeqNum(number);
    rewrite.payload_type = PayloadType(100);
    rig.now = rig.now + TimeDelta::millis(20);
    rig.peer->send_rtp(0, packet, rewrite, again);
    std::vector<std::pair<PayloadType, SeqNum>> sent;
    for (auto& datagram : rig.drain()) {
      if (datagram[0] < 128 || rtp::is_rtcp(datagram)) continue;
      const auto opened = rig.session->open_rtp(datagram);
      REQUIRE(std::holds_alternative<size_t>(opened));
      const auto parsed = rtp::parse(std::span(datagram).first(std::get<size_t>(opened))).value();
      sent.emplace_back(parsed.payload_type, parsed.sequence);
    }
    return sent;
  };
  using Sent = std::vector<std::pair<PayloadType, SeqNum>>;
  for (uint16_t i = 0; i < 300; ++i) REQUIRE(send(static_cast<uint16_t>(65'400 + i), false).size() == 1);
  CHECK(send(163, true) == Sent{{PayloadType(101), SeqNum(0)}});
  peer::Session session;
  session.publish = {PeerRig::publish_spec()};
  session.receive = {PeerRig::receive_spec()};
  session.receive[0].codecs[0].rtx_payload_type = PayloadType(107);
  session.receive[0].extensions.set(rtp::Extension::kTransportSequenceNumber, 9);
  rig.peer->update(rig.now, session, nullptr);
  CHECK(send(164, false) == Sent{{PayloadType(100), SeqNum(164)}});
  CHECK(send(162, true) == Sent{{PayloadType(107), SeqNum(1)}});
}

TEST_CASE("a publisher's numbers are those of its last offer", "[peer][reoffer]") {
  peer::PublishSpec talker;
  talker.mid = *Mid::make("0");
  talker.codec.payload_type = PayloadType(111);
  talker.codec.red_payload_type = PayloadType(63);
  talker.codec.clock_rate_hz = 48'000;
  talker.codec.nack = true;
  talker.extensions.set(rtp::Extension::kAudioLevel, 1);
  talker.layers = {{Rid(), Ssrc(4711), std::nullopt}};
  PeerRig rig;
  rig.peer =
      std::move(peer::Peer::make_keyed(rig.context, {.keys = {}, .remote = rig.path}, {talker}, {}, rig.now).value());
  uint16_t next = 0;
  // One packet in RED of this type, with a level of 40 under this id.
  const auto receive = [&](uint8_t type, uint8_t id) {
    rtp::ExtensionWriter extensions;
    const uint8_t level = 40;
    extensions.add(id, std::span(&level, 1));
    std::vector<uint8_t> datagram(200);
    datagram.resize(rtp::write_header({false, PayloadType(type), SeqNum(next++), RtpTimestamp(next * 960u), Ssrc(4711)},
                                      extensions.finish(), datagram));
    const auto payload = red_payload(std::vector<RedPart>{{0, numbered_opus(next)}});
    datagram.insert(datagram.end(), payload.begin(), payload.end());
    rig.output.clear();
    rig.receive(datagram);
    return !rig.output.media.empty() && rig.output.media[0]->audio_level;
  };
  CHECK(receive(63, 1));
  peer::Session session;
  session.publish = {talker};
  session.publish[0].codec.red_payload_type = PayloadType(103);
  session.publish[0].extensions.set(rtp::Extension::kAudioLevel, 5);
  rig.peer->update(rig.now, session, nullptr);
  CHECK_FALSE(receive(63, 1));
  CHECK(receive(103, 5));
  // What is missing is asked for, until that is not agreed any more.
  const auto asked = [&] {
    const uint64_t before = rig.counters.get(Counter::kNacksSent);
    rig.now = rig.now + TimeDelta::millis(50);
    rig.drain();
    return rig.counters.get(Counter::kNacksSent) > before;
  };
  next += 2;
  receive(103, 5);
  session.publish[0].codec.nack = false;
  rig.peer->update(rig.now, session, nullptr);
  CHECK_FALSE(asked());
  session.publish[0].codec.nack = true;
  rig.peer->update(rig.now, session, nullptr);
  receive(103, 5);
  CHECK_FALSE(asked());
  next += 2;
  receive(103, 5);
  CHECK(asked());
  // Another codec is not what the track is.
  session.publish[0].codec.codec = Codec::kPcmu;
  session.publish[0].codec.payload_type = PayloadType(0);
  rig.peer->update(rig.now, session, nullptr);
  CHECK(receive(103, 5));
}
