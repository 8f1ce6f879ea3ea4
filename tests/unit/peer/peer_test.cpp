#include <algorithm>
#include <catch2/catch.hpp>

#include "support/peer_rig.hpp"
#include "tutti/wire/rtcp/header.hpp"
#include "tutti/wire/rtcp/nack.hpp"
#include "tutti/wire/rtcp/pli.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {
// A VP8 keyframe's beginning: descriptor of one byte, frame tag, start code, 320x180.
const std::vector<uint8_t> kKeyframe = {0x10, 0x00, 0x00, 0x00, 0x9D, 0x01, 0x2A, 0x40, 0x01, 0xB4, 0x00};

template <class T>
std::vector<uint8_t> serialize(const T& packet) {
  std::vector<uint8_t> out(200);
  out.resize(packet.serialize(out));
  return out;
}
}  // namespace

TEST_CASE("a check, a handshake and then media", "[peer]") {
  PeerRig rig;
  rig.connect();
  REQUIRE(rig.peer->is_connected());
  CHECK(rig.peer->suite() == SrtpSuite::kAeadAes128Gcm);
  rig.output.clear();
  rig.receive(rig.media(1, kKeyframe));
  REQUIRE(rig.output.media.size() == 1);
  CHECK(rig.output.media[0]->keyframe);
  CHECK(rig.output.media[0]->dimensions->height == 180);
}

TEST_CASE("a ClientHello from an address that ICE has not verified is dropped", "[peer][security]") {
  PeerRig rig;
  rig.make_webrtc();
  const auto hello = rig.client_hello();
  rig.receive(hello);
  CHECK(rig.dropped(DropReason::kDtlsBeforeIce) == 1);
  rig.check(rig.path);
  rig.receive_from(rig.other_path, hello);
  CHECK(rig.dropped(DropReason::kDtlsUnverifiedPath) == 1);
  rig.handshake();
  CHECK_FALSE(rig.peer->is_closed());
}

TEST_CASE("media from an unverified address is dropped though its keys are right", "[peer][security]") {
  PeerRig rig;
  rig.connect();
  rig.output.clear();
  rig.receive_from(rig.other_path, rig.media(1, kKeyframe));
  CHECK(rig.output.media.empty());
  CHECK(rig.dropped(DropReason::kMediaUnverifiedPath) == 1);
  CHECK(rig.peer->send_path() == rig.path);
}

TEST_CASE("media before the handshake and plain media after it are dropped", "[peer][security]") {
  PeerRig rig;
  rig.make_webrtc();
  rig.check(rig.path);
  std::vector<uint8_t> plain(40);
  rtp::write_header({false, PayloadType(96), SeqNum(1), RtpTimestamp(1), Ssrc(PeerRig::kPublished)}, {}, plain);
  rig.receive(plain);
  CHECK(rig.dropped(DropReason::kSrtpNoKeys) == 1);
  rig.handshake();
  REQUIRE(rig.peer->is_connected());
  rig.output.clear();
  rig.receive(plain);
  CHECK(rig.output.media.empty());
  CHECK(rig.dropped(DropReason::kSrtpAuth) == 1);
}

TEST_CASE("a hundred packets that fail authentication end nothing", "[peer][security]") {
  PeerRig rig;
  rig.connect();
  for (uint16_t i = 0; i < 100; ++i) {
    auto forged = rig.media(i, kKeyframe);
    forged.back() ^= 1;
    rig.receive(forged);
  }
  CHECK(rig.dropped(DropReason::kSrtpAuth) == 100);
  rig.output.clear();
  rig.receive(rig.media(200, kKeyframe));
  CHECK(rig.output.media.size() == 1);
  CHECK(rig.peer->is_connected());
}

TEST_CASE("close_notify ends the peer at once", "[peer]") {
  PeerRig rig;
  rig.connect();
  rig.say_goodbye();
  CHECK(rig.peer->is_closed());
}

TEST_CASE("without checks a peer is gone after the consent timeout, not before", "[peer]") {
  PeerRig rig;
  rig.connect();
  rig.now = rig.now + TimeDelta::seconds(30) - TimeDelta::micros(1);
  rig.peer->handle_deadline(rig.now);
  CHECK_FALSE(rig.peer->is_expired());
  rig.now = rig.now + TimeDelta::micros(1);
  rig.peer->handle_deadline(rig.now);
  CHECK(rig.peer->is_expired());
}

TEST_CASE("a hole is asked for, and a keyframe where it is wanted", "[peer][nack]") {
  PeerRig rig;
  rig.connect();
  rig.drain();
  rig.receive(rig.media(1, kKeyframe));
  rig.receive(rig.media(5, kKeyframe));
  rig.peer->request_keyframe(rig.now, 0, 0);
  rig.now = rig.now + TimeDelta::millis(20);
  bool nack_seen = false, pli_seen = false;
  for (auto& datagram : rig.drain()) {
    if (!rtp::is_rtcp(datagram)) continue;
    const auto opened = rig.session->open_rtcp(datagram);
    REQUIRE(std::holds_alternative<size_t>(opened));
    auto reader = rtcp::CompoundReader::open(std::span(datagram).first(std::get<size_t>(opened)));
    REQUIRE(reader);
    while (const auto p = reader->next()) {
      if (p->type == rtcp::kTypeRtpFeedback && p->format == rtcp::kFormatNack) {
        nack_seen = rtcp::Nack::parse(p->body)->lost == decltype(rtcp::Nack::lost){SeqNum(2), SeqNum(3), SeqNum(4)};
      }
      pli_seen |= p->type == rtcp::kTypePayloadFeedback && p->format == rtcp::kFormatPli;
    }
  }
  CHECK(nack_seen);
  CHECK(pli_seen);
}

TEST_CASE("NACK and PLI of a receiver reach the room by slot", "[peer]") {
  PeerRig rig;
  rig.connect();
  rig.output.clear();
  rig.receive(rig.control(serialize(rtcp::Nack{Ssrc(1), Ssrc(PeerRig::kSlot), {SeqNum(7), SeqNum(9)}})));
  rig.receive(rig.control(serialize(rtcp::Pli{Ssrc(1), Ssrc(PeerRig::kSlot)})));
  REQUIRE(rig.output.nacked.size() == 2);
  CHECK(rig.output.nacked[1].sequence == SeqNum(9));
  CHECK(rig.output.keyframes_wanted == std::vector<uint16_t>{0});
}

TEST_CASE("NACKs of a slot whose codecs did not agree to them are passed over", "[peer][nack]") {
  PeerRig rig;
  peer::ReceiveSpec agreed = PeerRig::receive_spec(), not_agreed = PeerRig::receive_spec();
  agreed.mid = not_agreed.mid = Mid();
  not_agreed.ssrc = Ssrc(6001);
  not_agreed.rtx_ssrc = Ssrc(6002);
  not_agreed.codecs.front().nack = false;
  rig.peer = std::move(
      peer::Peer::make_keyed(rig.context, {.keys = {}, .remote = rig.path}, {}, {not_agreed, agreed}, rig.now).value());
  rig.receive(serialize(rtcp::Nack{Ssrc(1), not_agreed.ssrc, {SeqNum(7)}}));
  CHECK(rig.output.nacked.empty());
  rig.receive(serialize(rtcp::Nack{Ssrc(1), agreed.ssrc, {SeqNum(9)}}));
  REQUIRE(rig.output.nacked.size() == 1);
  CHECK(rig.output.nacked.front().slot == 1);
  CHECK(rig.counters.get(Counter::kNacksReceived) == 1);
}

TEST_CASE("a packet leaves rewritten, and again by RTX", "[peer]") {
  PeerRig rig;
  rig.connect();
  rig.drain();
  rig.output.clear();
  rig.receive(rig.media(1, kKeyframe));
  const peer::PacketRef packet = rig.output.media.at(0);
  peer::Rewrite rewrite;
  rewrite.sequence = SeqNum(77);
  rewrite.timestamp = RtpTimestamp(99);
  rewrite.payload_type = PayloadType(100);
  rig.peer->send_rtp(0, packet, rewrite);
  rig.peer->send_rtp(0, packet, rewrite, true);
  std::vector<rtp::Packet> sent;
  std::vector<std::vector<uint8_t>> kept;
  for (auto& datagram : rig.drain()) {
    if (datagram[0] < 128 || rtp::is_rtcp(datagram)) continue;
    const auto opened = rig.session->open_rtp(datagram);
    REQUIRE(std::holds_alternative<size_t>(opened));
    datagram.resize(std::get<size_t>(opened));
    kept.push_back(std::move(datagram));
  }
  for (auto& k : kept) sent.push_back(rtp::parse(k).value());
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].ssrc == Ssrc(PeerRig::kSlot));
  CHECK(sent[0].sequence == SeqNum(77));
  CHECK(std::equal(sent[0].payload.begin(), sent[0].payload.end(), kKeyframe.begin(), kKeyframe.end()));
  CHECK(sent[1].ssrc == Ssrc(PeerRig::kSlotRtx));
  CHECK(sent[1].payload_type == PayloadType(101));
  CHECK(sent[1].payload[1] == 77);
  CHECK(std::equal(sent[1].payload.begin() + 2, sent[1].payload.end(), kKeyframe.begin(), kKeyframe.end()));
}

TEST_CASE("a keyed address is learned from the first packet that authenticates, and moved by none after it",
          "[peer][security]") {
  PeerRig rig;
  rig.make_keyed(false);
  CHECK(rig.peer->awaits(Ssrc(PeerRig::kPublished)));
  CHECK_FALSE(rig.peer->awaits(Ssrc(4)));
  auto forged = rig.media(1, kKeyframe);
  forged.back() ^= 1;
  rig.receive_from(rig.other_path, forged);
  CHECK_FALSE(rig.peer->send_path());
  rig.receive(rig.media(2, kKeyframe));
  CHECK(rig.peer->send_path() == rig.path);
  rig.receive_from(rig.other_path, rig.media(3, kKeyframe));
  CHECK(rig.peer->send_path() == rig.path);
  CHECK(rig.dropped(DropReason::kMediaUnverifiedPath) == 1);
}

TEST_CASE("a source that nobody declared costs no decryption", "[peer][security]") {
  PeerRig rig;
  rig.make_keyed(true);
  rig.receive(rig.media(1, kKeyframe, 999, 120));
  CHECK(rig.dropped(DropReason::kRtpUnknownSsrc) == 1);
}
