// What leaves towards a receiver whose path is known, when, and in what order.
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "support/paced_receiver.hpp"
#include "tutti/wire/rtcp/congestion_feedback.hpp"
#include "tutti/wire/rtcp/receiver_report.hpp"
#include "tutti/wire/rtcp/remb.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

constexpr uint16_t kSound = PacedReceiver::kSound, kPicture = PacedReceiver::kPicture,
                   kOther = PacedReceiver::kOtherPicture;

bool in_order(const std::vector<PacedReceiver::Sent>& sent, uint16_t slot) {
  std::optional<SeqNum> last;
  for (const auto& s : sent) {
    if (s.slot() != slot || s.is_rtx()) continue;
    if (last && !is_newer(s.sequence, *last)) return false;
    last = s.sequence;
  }
  return true;
}

}  // namespace

TEST_CASE("who tells nothing of its path is sent everything at once", "[peer][pacing]") {
  PacedReceiver receiver(DataRate::kbps(30), peer::FeedbackKind::kNone);
  CHECK(receiver.peer->estimate() == nullptr);
  CHECK_FALSE(receiver.peer->congestion(receiver.rig.now));
  receiver.send_frame(kPicture, 200);
  CHECK(receiver.poll().size() == 200);
  CHECK(receiver.peer->next_deadline() > receiver.rig.now + TimeDelta::millis(900));
}

TEST_CASE("a frame that the path does not carry at once leaves in bursts of fifteen milliseconds", "[peer][pacing]") {
  PacedReceiver receiver(DataRate::kbps(2'000));
  REQUIRE(receiver.peer->estimate());
  receiver.poll();
  receiver.send_frame(kPicture, 40);
  const Timestamp begin = receiver.rig.now;
  // 4 Mbit/s for 15 ms are 7,500 bytes; once the path has shown a queue it is five (cc_pacer_test.cpp).
  CHECK(receiver.poll().size() == 7);
  CHECK(receiver.peer->congestion(begin)->queued_packets == 33);
  const auto rest = receiver.run_for(TimeDelta::millis(200));
  REQUIRE(rest.size() == 33);
  CHECK(in_order(rest, kPicture));
  std::map<int64_t, size_t> bursts;
  for (const auto& s : rest) bursts[s.at.us()] += s.size;
  for (const auto& [at, bytes] : bursts) CHECK(bytes <= 7'500);
  // 42 kB at 4 Mbit/s.
  CHECK(rest.back().at - begin >= TimeDelta::millis(70));
  CHECK(rest.back().at - begin <= TimeDelta::millis(80));
  CHECK(receiver.peer->congestion(receiver.rig.now)->queued_packets == 0);
  CHECK(receiver.peer->congestion(receiver.rig.now)->total_wait > TimeDelta::millis(33 * 30));
}

TEST_CASE("a frame that the path carries leaves as one run, between the packets of nobody else", "[peer][pacing]") {
  {
    PacedReceiver receiver(DataRate::kbps(8'000));
    receiver.send_frame(kPicture, 3);
    CHECK(receiver.poll().size() == 3);
  }
  // Both wait, in turn: still frame by frame.
  PacedReceiver both(DataRate::kbps(3'000));
  for (int frame = 0; frame < 3; ++frame) {
    for (int packet = 0; packet < 3; ++packet) {
      both.send(kPicture, 1'000, packet == 2);
      both.send(kOther, 1'000, packet == 2);
    }
  }
  both.poll();
  std::string order;
  for (const auto& s : both.run_for(TimeDelta::millis(200))) order += s.slot() == kPicture ? 'a' : 'b';
  CHECK(order == "abaaabbb");
}

TEST_CASE("sound waits for nothing", "[peer][pacing]") {
  PacedReceiver receiver(DataRate::kbps(300));
  receiver.send_frame(kPicture, 50);
  receiver.poll();
  for (int i = 0; i < 10; ++i) {
    receiver.rig.now = receiver.rig.now + TimeDelta::millis(20);
    receiver.send_frame(kPicture, 1);
    receiver.send(kSound, 80);
    const auto sent = receiver.poll();
    CHECK(std::count_if(sent.begin(), sent.end(), [](const auto& s) { return s.slot() == kSound; }) == 1);
  }
}

TEST_CASE("sound is counted: pictures have what it leaves", "[peer][pacing]") {
  PacedReceiver receiver(DataRate::kbps(300));
  const Timestamp begin = receiver.rig.now;
  size_t pictures = 0;
  while (receiver.rig.now < begin + TimeDelta::seconds(2)) {
    receiver.send_frame(kPicture, 1);
    for (int i = 0; i < 3; ++i) receiver.send(kSound, 260);  // 375 kbit/s of the 600
    for (const auto& s : receiver.run_for(TimeDelta::millis(20))) pictures += s.slot() == kPicture ? s.size : 0;
  }
  // Up to twice the rate, 1,200 kbit/s, because of what waits.
  CHECK(pictures > 2 * 200'000 / 8);
  CHECK(pictures < 2 * 850'000 / 8);
}

TEST_CASE("retransmissions pass the pictures that wait", "[peer][pacing]") {
  PacedReceiver receiver(DataRate::kbps(1'000));
  receiver.send_frame(kPicture, 1);
  receiver.run_for(TimeDelta::millis(50));
  receiver.send_frame(kPicture, 20);
  receiver.poll();
  receiver.repeat(0);
  const auto sent = receiver.run_for(TimeDelta::millis(20));
  REQUIRE_FALSE(sent.empty());
  CHECK(sent.front().is_rtx());
}

TEST_CASE("nobody's keyframe holds up the others", "[peer][pacing]") {
  PacedReceiver receiver(DataRate::kbps(1'000));
  receiver.send_frame(kPicture, 100, 1'000, true);
  receiver.poll();
  receiver.send_frame(kOther, 2);
  const Timestamp asked = receiver.rig.now;
  const auto sent = receiver.run_for(TimeDelta::millis(400));
  const auto other =
      std::find_if(sent.begin(), sent.end(), [](const auto& s) { return s.slot() == kOther && s.marker; });
  REQUIRE(other != sent.end());
  CHECK(other->at - asked < TimeDelta::millis(60));
  CHECK(in_order(sent, kPicture));
}

TEST_CASE("what waits is gone within half a second where twice the pace suffices", "[peer][pacing]") {
  PacedReceiver receiver(DataRate::kbps(1'000));
  receiver.send_frame(kPicture, 200, 1'000, true);  // 210 kB: 0.84 s at 2 Mbit/s
  const size_t at_once = receiver.poll().size();
  const auto sent = receiver.run_for(TimeDelta::millis(600));
  CHECK(at_once + sent.size() == 200);
  CHECK(receiver.rig.dropped(DropReason::kQueueExpired) == 0);
}

TEST_CASE("pictures that wait for more than a second are given up, to the next keyframe, and one is asked for",
          "[peer][pacing]") {
  PacedReceiver receiver(DataRate::kbps(100));
  const Timestamp begin = receiver.rig.now;
  std::vector<PacedReceiver::Sent> sent;
  std::optional<Timestamp> wanted;
  TimeDelta longest;
  while (!wanted && receiver.rig.now < begin + TimeDelta::seconds(5)) {
    receiver.send_frame(kPicture, 3);
    for (const auto& s : receiver.run_for(TimeDelta::millis(33))) sent.push_back(s);
    longest = std::max(longest, receiver.peer->congestion(receiver.rig.now)->queue_time);
    if (const auto slot = receiver.peer->take_keyframe_wanted()) {
      CHECK(*slot == kPicture);
      wanted = receiver.rig.now;
    }
  }
  REQUIRE(wanted);
  CHECK(longest <= TimeDelta::millis(1'050));
  CHECK(receiver.rig.dropped(DropReason::kQueueExpired) > 50);
  CHECK(receiver.peer->congestion(receiver.rig.now)->packets_expired ==
        receiver.rig.dropped(DropReason::kQueueExpired));
  // No packet before the keyframe is of use.
  receiver.send_frame(kPicture, 3);
  CHECK(receiver.run_for(TimeDelta::millis(100)).empty());
  // It is asked for again if it does not come, but not with each packet.
  CHECK_FALSE(receiver.peer->take_keyframe_wanted());
  receiver.run_for(TimeDelta::millis(500));
  receiver.send_frame(kPicture, 1);
  receiver.poll();
  CHECK(receiver.peer->take_keyframe_wanted() == kPicture);
  // What was never sent is not sent late, however often it is asked for.
  receiver.repeat(receiver.kept.size() - 2);
  CHECK(receiver.run_for(TimeDelta::millis(100)).empty());
  CHECK(receiver.rig.dropped(DropReason::kRtxOutdated) == 1);
  receiver.send_frame(kPicture, 2, 1'000, true);
  const auto fresh = receiver.run_for(TimeDelta::millis(300));
  REQUIRE(fresh.size() == 2);
  CHECK(fresh.front().sequence == receiver.kept[receiver.kept.size() - 2].rewrite.sequence);
}

TEST_CASE("a keyframe takes the place of what has waited before it", "[peer][pacing]") {
  PacedReceiver receiver(DataRate::kbps(100));
  receiver.send_frame(kPicture, 50);
  receiver.run_for(TimeDelta::millis(200));
  const auto waiting = receiver.peer->congestion(receiver.rig.now)->queued_packets;
  REQUIRE(waiting > 30);
  receiver.send_frame(kPicture, 2, 1'000, true);
  const SeqNum keyframe = receiver.kept[50].rewrite.sequence;
  const auto sent = receiver.run_for(TimeDelta::millis(300));
  REQUIRE_FALSE(sent.empty());
  CHECK(receiver.rig.dropped(DropReason::kQueueOutdated) == waiting);
  CHECK(sent.front().sequence == keyframe);
  // What was never sent is not sent late.
  receiver.repeat(49);
  CHECK(receiver.run_for(TimeDelta::millis(100)).empty());
}

TEST_CASE("a keyframe that has begun to leave is not cut off by the next one", "[peer][pacing]") {
  PacedReceiver receiver(DataRate::kbps(100));
  receiver.send_frame(kPicture, 1);
  receiver.run_for(TimeDelta::millis(100));
  receiver.send_frame(kPicture, 20, 1'000, true);
  receiver.run_for(TimeDelta::millis(300));
  receiver.send_frame(kPicture, 1);
  receiver.send_frame(kPicture, 20, 1'000, true);
  receiver.run_for(TimeDelta::millis(1'500));
  CHECK(receiver.rig.dropped(DropReason::kQueueOutdated) == 1);
}

TEST_CASE("a keyframe of several announced packets is not left out for itself", "[peer][pacing]") {
  PacedReceiver receiver(DataRate::kbps(100));
  receiver.send_frame(kPicture, 1);
  receiver.run_for(TimeDelta::millis(100));
  receiver.send_frame(kPicture, 30, 1'000, true);  // under way
  receiver.run_for(TimeDelta::millis(200));
  receiver.send_frame(kPicture, 2);
  // As H.264 has it: parameter sets, then the slices, of which each first packet may begin a keyframe.
  receiver.send(kPicture, 30, false, true);
  receiver.send(kPicture, 30, false, false);
  receiver.send(kPicture, 1'000, false, true);
  receiver.send(kPicture, 1'000, true, false);
  receiver.run_for(TimeDelta::millis(1'500));
  CHECK(receiver.rig.dropped(DropReason::kQueueOutdated) == 2);
}

TEST_CASE("a smaller picture does not wait for a larger one that takes longer than a new keyframe", "[peer][pacing]") {
  PacedReceiver receiver(DataRate::kbps(400));
  receiver.send_frame(kPicture, 30, 1'000, true);
  receiver.send_frame(kPicture, 5);
  receiver.run_for(TimeDelta::millis(30));
  const auto waiting = receiver.peer->congestion(receiver.rig.now)->queued_packets;
  REQUIRE(waiting > 20);
  receiver.peer->begin_smaller(receiver.rig.now, kOther, false);  // nothing waits there
  CHECK(receiver.peer->congestion(receiver.rig.now)->queued_packets == waiting);
  receiver.peer->begin_smaller(receiver.rig.now, kPicture, false);
  CHECK(receiver.peer->congestion(receiver.rig.now)->queued_packets == 0);
  CHECK(receiver.rig.dropped(DropReason::kQueueExpired) == waiting);
  CHECK(receiver.peer->take_keyframe_wanted() == kPicture);
  receiver.send_frame(kPicture, 1);
  receiver.repeat(1);
  CHECK(receiver.run_for(TimeDelta::millis(50)).empty());  // nothing is of use before that
  receiver.send_frame(kPicture, 1, 1'000, true);
  CHECK(receiver.run_for(TimeDelta::millis(50)).size() == 1);
  // What takes less goes on.
  receiver.send_frame(kPicture, 10);
  receiver.poll();
  const auto little = receiver.peer->congestion(receiver.rig.now)->queued_packets;
  REQUIRE(little > 0);
  receiver.peer->begin_smaller(receiver.rig.now, kPicture, false);
  CHECK(receiver.peer->congestion(receiver.rig.now)->queued_packets == little);
  receiver.peer->begin_smaller(receiver.rig.now, kPicture, true);
  CHECK(receiver.peer->congestion(receiver.rig.now)->queued_packets == 0);
}

TEST_CASE("where a keyframe waits already, only what is before it is given up", "[peer][pacing]") {
  PacedReceiver receiver(DataRate::kbps(100));
  receiver.send_frame(kPicture, 100);
  receiver.run_for(TimeDelta::millis(90));
  receiver.send_frame(kPicture, 2, 1'000, true);
  const SeqNum keyframe = receiver.kept[100].rewrite.sequence;
  const auto sent = receiver.run_for(TimeDelta::millis(1'000));
  CHECK(receiver.rig.dropped(DropReason::kQueueExpired) > 30);
  CHECK_FALSE(receiver.peer->take_keyframe_wanted());
  CHECK(std::any_of(sent.begin(), sent.end(), [&](const auto& s) { return s.sequence == keyframe; }));
  CHECK(in_order(sent, kPicture));
}

TEST_CASE("the queue is bounded, and what it does not take is counted", "[peer][pacing]") {
  PacedReceiver receiver(DataRate::kbps(30));
  for (int i = 0; i < 5'000; ++i) {
    receiver.send(kPicture, 100);
    if (i % 100 == 0) receiver.poll();
  }
  receiver.poll();
  const auto queued = receiver.peer->congestion(receiver.rig.now)->queued_packets;
  CHECK(queued == 4'096);
  CHECK(receiver.rig.dropped(DropReason::kQueueFull) >= 5'000 - 4'096 - 10);
}

TEST_CASE("a packet is not sent again before the answer to the first request can have come", "[peer][pacing]") {
  PacedReceiver receiver(DataRate::kbps(5'000));
  receiver.send_frame(kPicture, 3);
  receiver.run_for(TimeDelta::millis(1'500));
  // A round trip of 80 ms, by a report.
  rtcp::ReceiverReport report{Ssrc(1), {}};
  rtcp::ReportBlock block;
  block.source = Ssrc(PacedReceiver::kFirstSsrc + kPicture);
  block.last_sr = receiver.rig.context.ntp.at(receiver.rig.now).compact() - (80 * 65'536) / 1'000;
  report.blocks.push_back(block);
  receiver.receive(report);

  receiver.repeat(1);
  CHECK(receiver.run_for(TimeDelta::millis(40)).size() == 1);
  receiver.repeat(1);
  CHECK(receiver.run_for(TimeDelta::millis(50)).empty());
  CHECK(receiver.rig.dropped(DropReason::kRtxRepeated) == 1);
  receiver.repeat(1);
  CHECK(receiver.run_for(TimeDelta::millis(10)).size() == 1);
  CHECK(receiver.peer->congestion(receiver.rig.now)->retransmissions_held_back == 1);
}

TEST_CASE("repair has half of the estimate at most", "[peer][pacing]") {
  PacedReceiver receiver(DataRate::kbps(800));
  size_t again = 0;
  const Timestamp begin = receiver.rig.now;
  while (receiver.rig.now < begin + TimeDelta::seconds(4)) {
    receiver.send_frame(kPicture, 4, 500);
    for (size_t i = 0; i < 4; ++i) receiver.repeat(receiver.kept.size() - 1 - i);
    for (const auto& s : receiver.run_for(TimeDelta::millis(20))) again += s.is_rtx() ? s.size : 0;
  }
  // 400 kbit/s for four seconds, and what a second of it is to begin with.
  CHECK(again >= 4 * 400'000 / 8 - 5'000);
  CHECK(again <= 5 * 400'000 / 8 + 5'000);
  CHECK(receiver.rig.dropped(DropReason::kRtxBudget) > 0);
}

TEST_CASE("each packet that leaves has the next transport-wide number, whatever order it was queued in",
          "[peer][pacing]") {
  PacedReceiver receiver(DataRate::kbps(1'000));
  std::vector<PacedReceiver::Sent> all;
  for (int i = 0; i < 20; ++i) {
    receiver.send_frame(kPicture, 3);
    receiver.send(kSound, 80);
    receiver.send_frame(kOther, 2);
    receiver.repeat(0);
    for (const auto& s : receiver.run_for(TimeDelta::millis(33))) all.push_back(s);
  }
  REQUIRE(all.size() > 50);
  for (size_t i = 0; i < all.size(); ++i) REQUIRE(all[i].transport == static_cast<uint16_t>(i));
}

TEST_CASE("after a queue is empty nothing wakes the peer but its reports", "[peer][pacing]") {
  PacedReceiver receiver(DataRate::kbps(5'000));
  receiver.send_frame(kPicture, 1);
  receiver.run_for(TimeDelta::seconds(3));
  receiver.rounds = 0;
  receiver.run_for(TimeDelta::seconds(10));
  CHECK(receiver.rounds <= 60);
}

TEST_CASE("a probe is filled with media again, at its rate, numbered with the rest", "[peer][pacing][probe]") {
  PacedReceiver receiver(cc::EstimatorConfig{});
  receiver.peer->set_needed_bitrate(receiver.rig.now, DataRate::kbps(5'000));
  receiver.send_frame(kPicture, 4);
  const auto sent = receiver.run_for(TimeDelta::millis(300));
  // Three and six times the start, 1.8 and 3.6 Mbit/s, for 15 ms each.
  const auto stats = receiver.peer->congestion(receiver.rig.now).value();
  CHECK(stats.probes == 2);
  CHECK(stats.probe_bytes >= (1'800'000 + 3'600'000) * 15 / 8'000);
  CHECK(stats.probe_bytes <= (1'800'000 + 3'600'000) * 15 / 8'000 + 2 * 2'000);
  CHECK(stats.padding_bytes == 0);
  CHECK(receiver.rig.counters.get(Counter::kProbesSent) == 2);
  std::set<uint16_t> repeats;
  for (size_t i = 0; i < sent.size(); ++i) {
    CHECK(sent[i].transport == static_cast<uint16_t>(i));
    if (!sent[i].is_rtx()) continue;
    CHECK(sent[i].slot() == kPicture);
    CHECK(sent[i].payload == 1'002);
    CHECK(repeats.insert(sent[i].sequence.value()).second);
  }
  CHECK(repeats.size() >= 6);
}

TEST_CASE("where nothing is sent probes are padding, and bring the estimate back", "[peer][pacing][probe]") {
  PacedReceiver receiver(cc::EstimatorConfig{});
  receiver.send_frame(kPicture, 1);
  receiver.acknowledge(receiver.run_for(TimeDelta::seconds(2)));
  const DataRate before = receiver.peer->estimate()->target;
  const uint64_t media = receiver.rig.counters.get(Counter::kRtpForwarded);
  receiver.peer->set_needed_bitrate(receiver.rig.now, DataRate::kbps(4'000));
  std::set<uint16_t> numbers;
  for (int i = 0; i < 200; ++i) {
    const auto sent = receiver.run_for(TimeDelta::millis(50));
    for (const auto& s : sent) {
      CHECK(s.padding);
      CHECK(s.payload == 0);
      CHECK(s.type == PayloadType(97));
      CHECK(s.is_rtx());
      CHECK(numbers.insert(s.sequence.value()).second);
    }
    receiver.acknowledge(sent);
  }
  CHECK(receiver.rig.counters.get(Counter::kRtpForwarded) == media);
  const auto stats = receiver.peer->congestion(receiver.rig.now).value();
  CHECK(stats.padding_bytes >= stats.probe_bytes);
  CHECK(stats.padding_bytes <= stats.probe_bytes + 12 * 300);
  CHECK(receiver.peer->estimate()->target > DataRate::bps(before.bps() * 3));
}

TEST_CASE("a probe takes along the media that waits", "[peer][pacing][probe]") {
  PacedReceiver receiver(cc::EstimatorConfig{});
  receiver.peer->set_needed_bitrate(receiver.rig.now, DataRate::kbps(5'000));
  receiver.send_frame(kPicture, 30);
  const auto sent = receiver.run_for(TimeDelta::millis(30));
  CHECK(std::none_of(sent.begin(), sent.end(), [](const auto& s) { return s.is_rtx(); }));
  CHECK(in_order(sent, kPicture));
  CHECK(receiver.peer->congestion(receiver.rig.now)->probe_bytes > 3'000);
}

TEST_CASE("feedback by stream tells of media, of its retransmissions and of padding", "[peer][pacing]") {
  PacedReceiver receiver(cc::EstimatorConfig{}, peer::FeedbackKind::kStreams);
  receiver.peer->set_needed_bitrate(receiver.rig.now, DataRate::kbps(5'000));
  const DataRate before = receiver.peer->estimate()->target;
  for (int i = 0; i < 40; ++i) {
    if (i < 10) receiver.send_frame(kPicture, 4);
    const auto sent = receiver.run_for(TimeDelta::millis(50));
    CHECK(std::none_of(sent.begin(), sent.end(), [](const auto& s) { return s.transport; }));
    rtcp::CongestionFeedback feedback;
    feedback.sender = Ssrc(1);
    feedback.timestamp = NtpClock{}.at(receiver.rig.now).compact();
    std::map<uint32_t, std::map<uint16_t, Timestamp>> streams;
    for (const auto& s : sent) streams[s.ssrc.value()][s.sequence.value()] = s.at + TimeDelta::millis(1);
    for (const auto& [ssrc, packets] : streams) {
      feedback.streams.push_back({Ssrc(ssrc), SeqNum(packets.begin()->first), static_cast<uint16_t>(packets.size())});
      for (const auto& [sequence, at] : packets)
        feedback.packets.push_back({true, 0, static_cast<uint16_t>((receiver.rig.now - at).us() * 1'024 / 1'000'000)});
    }
    if (!feedback.streams.empty()) receiver.receive(feedback);
  }
  CHECK(receiver.peer->congestion(receiver.rig.now)->feedback == peer::FeedbackKind::kStreams);
  CHECK(receiver.peer->congestion(receiver.rig.now)->probe_bytes > 0);
  CHECK(receiver.peer->estimate()->acknowledged);
  CHECK(receiver.peer->estimate()->target > DataRate::bps(before.bps() * 2));
}

TEST_CASE("a receiver's own estimate counts from its first on", "[peer][pacing]") {
  PacedReceiver receiver(cc::EstimatorConfig{}, peer::FeedbackKind::kReceiverEstimate);
  CHECK(receiver.peer->estimate() == nullptr);
  rtcp::Remb remb{Ssrc(1), DataRate::kbps(256), {Ssrc(PacedReceiver::kFirstSsrc + kPicture)}};
  receiver.receive(remb);
  REQUIRE(receiver.peer->estimate());
  CHECK(receiver.peer->estimate()->target <= DataRate::kbps(256));
  CHECK(receiver.peer->congestion(receiver.rig.now)->feedback == peer::FeedbackKind::kReceiverEstimate);
  receiver.send_frame(kPicture, 40);
  CHECK(receiver.poll().size() < 5);
}

TEST_CASE("what a probe might have repeated is let go a second after the last packet", "[peer][pacing]") {
  PacedReceiver receiver(DataRate::kbps(5'000));
  receiver.send_frame(kPicture, 4);
  receiver.kept.clear();
  receiver.run_for(TimeDelta::millis(900));
  CHECK(receiver.rig.packets.in_use() == 4);
  receiver.run_for(TimeDelta::millis(200));
  CHECK(receiver.rig.packets.in_use() == 0);
}

TEST_CASE("where nothing has been sent at all probes begin nevertheless", "[peer][pacing][probe]") {
  PacedReceiver receiver(cc::EstimatorConfig{});
  CHECK(receiver.run_for(TimeDelta::seconds(2)).empty());
  receiver.peer->set_needed_bitrate(receiver.rig.now, DataRate::kbps(2'000));
  const auto sent = receiver.run_for(TimeDelta::seconds(1));
  CHECK(sent.size() > 10);
  CHECK(std::all_of(sent.begin(), sent.end(), [](const auto& s) { return s.padding && s.is_rtx(); }));
  // The receiver was not there yet, and told nothing. A packet each second is enough to begin anew.
  const auto later = receiver.run_for(TimeDelta::seconds(5));
  CHECK(later.size() == 5);
  receiver.acknowledge(later);
  for (int i = 0; i < 100; ++i) receiver.acknowledge(receiver.run_for(TimeDelta::millis(100)));
  CHECK(receiver.peer->estimate()->target > DataRate::kbps(1'500));
  receiver.peer->set_needed_bitrate(receiver.rig.now, DataRate());
  CHECK(receiver.run_for(TimeDelta::seconds(5)).empty());
}
