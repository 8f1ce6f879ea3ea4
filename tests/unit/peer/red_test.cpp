// Opus in RED (RFC 2198): what is read out of it, what is written, and when.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>

#include "peer/red_reader.hpp"
#include "peer/red_writer.hpp"
#include "peer/sent_numbers.hpp"
#include "support/peer_rig.hpp"
#include "support/red_packets.hpp"
#include "tutti/wire/rtcp/receiver_report.hpp"

namespace tutti::peer {
namespace {

using test::numbered_opus;
using test::red_payload;
using test::RedPart;

constexpr PayloadType kOpus{111}, kRed{63};
constexpr Ssrc kTalker{4711}, kSlot{815};

std::vector<uint8_t> bytes_of(std::span<const uint8_t> span) { return {span.begin(), span.end()}; }

std::vector<int> distances(const std::vector<RedPart>& parts) {
  const auto bytes = red_payload(parts);
  std::vector<int> out;
  for (const EarlierPacket& e : earlier_packets(payload::RedPayload::parse(bytes).value(), kOpus))
    out.push_back(e.distance);
  return out;
}

// What RedWriter makes of one packet after the other, in a datagram with a plain header of twelve bytes.
struct Writer {
  struct Out {
    PayloadType type;
    std::optional<payload::RedPayload> red;  // empty if the packet went out as it is
    std::vector<uint8_t> bytes;
  };
  Out send(uint16_t sequence, std::vector<uint8_t> payload, uint32_t timestamp, PayloadType type = kOpus) {
    PacketRef packet = packets.acquire();
    std::copy(payload.begin(), payload.end(), packet->bytes.begin());
    packet->payload_offset = 0;
    packet->payload_size = static_cast<uint16_t>(payload.size());
    packet->speech_like = payload.size() > 2;
    Rewrite rewrite;
    rewrite.sequence = SeqNum(sequence);
    rewrite.timestamp = RtpTimestamp(timestamp);
    rewrite.payload_type = type;
    std::array<uint8_t, kMaxDatagram> datagram{};
    const size_t header = rtp::write_header({true, type, rewrite.sequence, rewrite.timestamp, kSlot}, {}, datagram);
    const size_t prefix = writer.write(now, packet, rewrite, header, datagram);
    Out out{PayloadType(static_cast<uint8_t>(datagram[1] & 0x7F)), {}, {}};
    CHECK((datagram[1] & 0x80) != 0);
    if (prefix == 0) return out;
    std::copy(payload.begin(), payload.end(), datagram.begin() + static_cast<std::ptrdiff_t>(header + prefix));
    out.bytes = bytes_of(std::span(datagram).subspan(header, prefix + payload.size()));
    out.red = payload::RedPayload::parse(out.bytes);
    REQUIRE(out.red);
    CHECK(bytes_of(out.red->primary().data) == payload);
    return out;
  }
  Out send(uint16_t sequence, size_t size = 60) {
    return send(sequence, numbered_opus(sequence, size), sequence * 960u);
  }
  void lose(double share, int seconds = 3) {
    for (int i = 0; i < seconds; ++i) writer.on_loss(now = now + TimeDelta::seconds(1), share);
  }

  PacketPool packets{64};
  RedWriter writer{kOpus, kRed};
  Timestamp now = Timestamp::from_ms(1000);
};

// A peer that publishes and receives Opus with RED, over plain RTP.
struct Call {
  Call() {
    PublishSpec talker;
    talker.name = "mic";
    talker.codec = codec();
    talker.layers = {{Rid(), kTalker, std::nullopt}};
    ReceiveSpec slot;
    slot.slot = SlotId("0");
    slot.codecs = {codec()};
    slot.ssrc = kSlot;
    rig.peer =
        std::move(Peer::make_keyed(rig.context, {.keys = {}, .remote = rig.path}, {talker}, {slot}, rig.now).value());
  }
  static CodecSpec codec() {
    CodecSpec c;
    c.payload_type = kOpus;
    c.red_payload_type = kRed;
    c.clock_rate_hz = 48'000;
    c.channels = 2;
    c.nack = true;
    return c;
  }
  // The numbers of what came out.
  std::vector<int64_t> receive(uint16_t sequence, PayloadType type, std::span<const uint8_t> payload) {
    std::vector<uint8_t> datagram(1500);
    const size_t header =
        rtp::write_header({false, type, SeqNum(sequence), RtpTimestamp(sequence * 960u), kTalker}, {}, datagram);
    datagram.resize(header);
    datagram.insert(datagram.end(), payload.begin(), payload.end());
    rig.output.clear();
    rig.now = rig.now + TimeDelta::millis(20);
    rig.receive(datagram);
    std::vector<int64_t> numbers;
    for (const PacketRef& p : rig.output.media) numbers.push_back(p->sequence.value());
    return numbers;
  }
  void report(double lost) {
    rtcp::ReportBlock block;
    block.source = kSlot;
    block.fraction_lost = static_cast<uint8_t>(lost * 256);
    block.highest_sequence = last_;
    block.cumulative_lost = lost_ += lost > 0 ? 1 : 0;
    std::vector<uint8_t> out(200);
    out.resize(rtcp::ReceiverReport{Ssrc(1), {block}}.serialize(out));
    rig.now = rig.now + TimeDelta::seconds(1);
    rig.receive(out);
  }
  // The payload type with which packet `number` leaves.
  PayloadType forward(uint16_t number, bool retransmission = false) {
    PacketRef packet = rig.packets.acquire();
    const auto payload = numbered_opus(number);
    std::copy(payload.begin(), payload.end(), packet->bytes.begin());
    packet->payload_size = static_cast<uint16_t>(payload.size());
    packet->speech_like = true;
    Rewrite rewrite;
    rewrite.sequence = SeqNum(number);
    rewrite.timestamp = RtpTimestamp(number * 960u);
    rewrite.payload_type = kOpus;
    rig.now = rig.now + TimeDelta::millis(20);
    last_ = number;
    rig.peer->send_rtp(0, packet, rewrite, retransmission);
    PayloadType type{0};
    for (const auto& datagram : rig.drain()) {
      const auto parsed = rtp::parse(datagram);
      if (!rtp::is_rtcp(datagram) && parsed && parsed->ssrc == kSlot) type = parsed->payload_type;
    }
    return type;
  }

  test::PeerRig rig;

 private:
  uint16_t last_ = 0;
  int32_t lost_ = 0;
};

}  // namespace

TEST_CASE("a block that ends where the next begins is the packet right before it", "[peer][red]") {
  const auto opus = [](uint32_t n) { return numbered_opus(n); };
  CHECK(distances({{1920, opus(1)}, {960, opus(2)}, {0, opus(3)}}) == std::vector{2, 1});
  CHECK(distances({{0, opus(3)}}).empty());
  // One that was left out between them, of the same length.
  CHECK(distances({{1920, opus(1)}, {0, opus(3)}}) == std::vector{2});
}

TEST_CASE("a block of whose number there is doubt is left out", "[peer][red]") {
  const auto opus = [](uint32_t n) { return numbered_opus(n); };
  CHECK(distances({{1000, opus(1)}, {0, opus(3)}}).empty());                           // no multiple of its length
  CHECK(distances({{960 * 9, opus(1)}, {0, opus(3)}}).empty());                        // a pause lies between
  CHECK(distances({{960, opus(1)}, {960, opus(2)}, {0, opus(3)}}) == std::vector{1});  // no order
  CHECK(distances({{960, {}}, {0, opus(3)}}).empty());
  CHECK(distances({{960, opus(1), 13}, {0, opus(3)}}).empty());  // another codec
  CHECK(distances({{0, opus(1)}, {0, opus(3)}}).empty());
}

TEST_CASE("lost packets that come again in RED are handed on in their places", "[peer][red]") {
  Call call;
  CHECK(call.receive(1, kOpus, numbered_opus(1)) == std::vector<int64_t>{1});
  const auto red =
      red_payload(std::vector<RedPart>{{1920, numbered_opus(2)}, {960, numbered_opus(3)}, {0, numbered_opus(4)}});
  CHECK(call.receive(4, kRed, red) == std::vector<int64_t>{2, 3, 4});
  for (const PacketRef& p : call.rig.output.media) {
    const auto number = static_cast<uint32_t>(p->sequence.value());
    CHECK(bytes_of(p->payload()) == numbered_opus(number));
    CHECK(p->timestamp == RtpTimestamp(number * 960));
    CHECK(p->recovered == (number != 4));
    CHECK_FALSE(p->comfort_noise);
  }
  CHECK(call.rig.counters.get(Counter::kRedRecovered) == 2);
  CHECK(call.rig.counters.get(Counter::kRedReceived) == 1);
  // The original that was only late.
  CHECK(call.receive(3, kOpus, numbered_opus(3)).empty());
  CHECK(call.rig.dropped(DropReason::kRtpDuplicate) == 1);
  // Nobody asks for what is here.
  call.rig.now = call.rig.now + TimeDelta::millis(50);
  call.rig.drain();
  CHECK(call.rig.counters.get(Counter::kNacksSent) == 0);
  const auto stats = call.rig.peer->stats();
  REQUIRE(!stats.empty());
  CHECK(stats[0].recovered_by_red == 2);
  CHECK(stats[0].packets_lost == 2);  // of the path, whatever mends them
  CHECK(stats[0].retransmitted == 0);
}

TEST_CASE("what is here already, or came before the first packet, is not handed on again", "[peer][red]") {
  Call call;
  const auto red = [](uint32_t n) {
    return red_payload(
        std::vector<RedPart>{{1920, numbered_opus(n - 2)}, {960, numbered_opus(n - 1)}, {0, numbered_opus(n)}});
  };
  CHECK(call.receive(10, kRed, red(10)) == std::vector<int64_t>{10});
  CHECK(call.receive(11, kRed, red(11)) == std::vector<int64_t>{11});
  CHECK(call.receive(13, kRed, red(13)) == std::vector<int64_t>{12, 13});
  CHECK(call.receive(12, kRed, red(12)).empty());
}

TEST_CASE("RED of something else, or cut, is dropped", "[peer][red]") {
  Call call;
  CHECK(call.receive(1, kRed, red_payload(std::vector<RedPart>{{0, numbered_opus(1), 0}})).empty());
  CHECK(call.receive(2, kRed, std::vector<uint8_t>{0x80 | 111, 0}).empty());
  CHECK(call.rig.dropped(DropReason::kRedMalformed) == 2);
}

TEST_CASE("redundancy begins with loss and grows with it", "[peer][red]") {
  Writer w;
  CHECK_FALSE(w.send(1).red);
  w.lose(0.04);
  CHECK_FALSE(w.send(2).red);  // nothing is kept while nothing is lost
  const auto one = w.send(3);
  REQUIRE(one.red);
  CHECK(one.type == kRed);
  REQUIRE(one.red->blocks().size() == 2);
  CHECK(one.red->blocks()[0].timestamp_offset == 960);
  CHECK(one.red->blocks()[0].payload_type == kOpus);
  CHECK(bytes_of(one.red->blocks()[0].data) == numbered_opus(2));
  w.lose(0.2);
  const auto two = w.send(4);
  REQUIRE(two.red);
  REQUIRE(two.red->blocks().size() == 3);
  CHECK(bytes_of(two.red->blocks()[0].data) == numbered_opus(2));
  CHECK(bytes_of(two.red->blocks()[1].data) == numbered_opus(3));
  CHECK(w.writer.packets() == 2);
}

TEST_CASE("redundancy ends a while after the loss", "[peer][red]") {
  Writer w;
  w.lose(0.1);
  w.send(1);
  CHECK(w.send(2).red);
  w.lose(0, 12);
  CHECK(w.send(3).red);
  w.lose(0.004, 30);
  CHECK(w.send(4).type == kOpus);
  CHECK(w.packets.in_use() == 0);
}

TEST_CASE("one lost packet of a short report is no lossy path, lasting loss of 3 % is", "[peer][red]") {
  LossGate gate({.on = 0.02, .off = 0.005, .hold = TimeDelta::seconds(15)});
  Timestamp now = Timestamp::from_ms(0);
  const auto report = [&](double share) { gate.on_loss(now = now + TimeDelta::seconds(1), share); };
  for (int i = 0; i < 20; ++i) report(0);
  report(0.02);
  CHECK_FALSE(gate.is_on());
  for (int i = 0; i < 5; ++i) report(0.03);
  CHECK(gate.is_on());
  // Between the thresholds it stays as it is.
  for (int i = 0; i < 60; ++i) report(0.01);
  CHECK(gate.is_on());
  int seconds = 0;
  for (; gate.is_on() && seconds < 60; ++seconds) report(0);
  CHECK(seconds >= 15);
  CHECK(seconds <= 25);
}

TEST_CASE("feedback that comes often counts no more than reports that come seldom", "[peer][red]") {
  LossGate gate({.on = 0.02, .off = 0.005, .hold = TimeDelta::seconds(15)});
  Timestamp now = Timestamp::from_ms(0);
  for (int i = 0; i < 100; ++i) gate.on_loss(now = now + TimeDelta::millis(50), 0);
  for (int i = 0; i < 2; ++i) gate.on_loss(now = now + TimeDelta::millis(50), 0.1);
  CHECK_FALSE(gate.is_on());
  for (int i = 0; i < 20; ++i) gate.on_loss(now = now + TimeDelta::millis(50), 0.1);
  CHECK(gate.is_on());
}

TEST_CASE("numbers under which nothing was sent are not lost on the way", "[peer][red]") {
  SentNumbers numbers;
  const auto send = [&](uint16_t first, int count, int holes) {
    for (int i = 0; i < count; ++i) {
      if (holes == 0 || i % holes != holes - 1) numbers.on_sent(SeqNum(first) + i);
    }
  };
  int32_t total = 0;
  const auto report = [&](int lost, uint16_t highest) {
    rtcp::ReportBlock block;
    block.cumulative_lost = total += lost;
    block.highest_sequence = 0x10000u | highest;
    return numbers.path_loss(block);
  };
  // Of 100 numbers 80 were sent and all of them came, or three quarters of them.
  send(65'500, 100, 5);
  CHECK(report(19, 62) == Approx(0).margin(0.01));
  send(64, 100, 5);
  CHECK(report(40, 162) == Approx(0.25).margin(0.01));
  send(164, 100, 0);
  CHECK(report(40, 263) == Approx(0.4).margin(0.02));
  // What is still on its way says nothing.
  send(264, 100, 5);
  send(364, 30, 0);
  CHECK(report(19, 362) == Approx(0).margin(0.01));
  // Nor does a gap that is longer than what is remembered.
  send(1000, 100, 0);
  CHECK(report(607, 1099) == Approx(0).margin(0.02));
}

TEST_CASE("what RED cannot say, or is not worth saying, is left out", "[peer][red]") {
  Writer w;
  w.lose(0.2);
  w.send(1, numbered_opus(1, 1100), 960);  // ten bits of length
  CHECK_FALSE(w.send(2).red);
  w.send(3, {0xF8}, 2880);  // silence
  const auto after = w.send(4);
  REQUIRE(after.red);
  REQUIRE(after.red->blocks().size() == 2);
  CHECK(bytes_of(after.red->blocks()[0].data) == numbered_opus(2));
  CHECK_FALSE(w.send(5, numbered_opus(5), 4 * 960 + 16'384).red);  // fourteen bits of offset
  CHECK_FALSE(w.send(9).red);                                      // too old
  CHECK_FALSE(w.send(8).red);                                      // late itself
  w.send(20, 700);
  CHECK_FALSE(w.send(21, 700).red);  // would not fit a packet
  w.send(30);
  CHECK_FALSE(w.send(31, numbered_opus(31), 31 * 960, PayloadType(0)).red);
}

TEST_CASE("a receiver that reports loss is sent RED, and plain Opus when it does no more", "[peer][red]") {
  Call call;
  for (uint16_t n = 1; n < 5; ++n) CHECK(call.forward(n) == kOpus);
  call.report(0.2);
  call.forward(5);
  CHECK(call.forward(6) == kRed);
  CHECK(call.rig.counters.get(Counter::kRedSent) > 0);
  CHECK(call.rig.peer->stats().back().red_packets > 0);
  for (int i = 0; i < 40; ++i) call.report(0);
  CHECK(call.forward(7) == kOpus);
}

TEST_CASE("what went out in RED is not repeated as plain Opus under its number", "[peer][red][security]") {
  Call call;
  call.forward(1);
  CHECK(call.forward(1, true) == kOpus);
  call.report(0.2);
  call.forward(2);
  CHECK(call.forward(3) == kRed);
  CHECK(call.forward(3, true) == PayloadType(0));
  CHECK(call.rig.counters.get(Counter::kRtxMissing) == 1);
  for (int i = 0; i < 40; ++i) call.report(0);
  call.forward(4);
  CHECK(call.forward(4, true) == kOpus);
}

}  // namespace tutti::peer
