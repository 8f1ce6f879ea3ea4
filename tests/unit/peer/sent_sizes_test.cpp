// What the estimator is told of packets: each of them, with the size that it has on the wire.
#include <catch2/catch.hpp>
#include <map>

#include "support/paced_receiver.hpp"
#include "tutti/wire/rtcp/congestion_feedback.hpp"
#include "tutti/wire/rtcp/receiver_report.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

constexpr uint16_t kSound = PacedReceiver::kSound, kPicture = PacedReceiver::kPicture;
// What is sent here is not encrypted, but sizes count as if it were.
constexpr int64_t kTag = 16;

using Sent = std::vector<PacedReceiver::Sent>;

// Of everything sent and told of, in order: what the estimator heard.
std::pair<std::vector<int64_t>, std::vector<int64_t>> heard(const PacedReceiver& receiver) {
  std::vector<int64_t> sent, told;
  const cc::EstimatorLog& log = *receiver.peer->recorded_estimates();
  for (size_t i = 0; i < log.size(); ++i) {
    if (const auto* s = std::get_if<cc::SentRecord>(&log[i].what)) sent.push_back(s->size.bytes());
    const auto* told_of = std::get_if<cc::FeedbackRecord>(&log[i].what);
    if (told_of && !told_of->packet.was_lost) told.push_back(told_of->packet.size.bytes());
  }
  return {sent, told};
}

std::vector<int64_t> sizes_of(const Sent& sent) {
  std::vector<int64_t> sizes;
  for (const auto& s : sent) sizes.push_back(static_cast<int64_t>(s.size) + kTag);
  return sizes;
}

// Each fifth is lost.
void acknowledge(PacedReceiver& receiver, const Sent& sent) {
  rtcp::TransportFeedback feedback;
  feedback.base_sequence = SeqNum(sent.front().transport.value());
  feedback.reference_time = static_cast<int32_t>(receiver.rig.now.us() / rtcp::TransportFeedback::kReferenceUs);
  for (const auto& s : sent) feedback.packets.push_back({*s.transport % 5 != 0, 0});
  receiver.receive(feedback);
}

// A fifth is lost of each stream, and the round trip is 200 ms.
void report(PacedReceiver& receiver, const Sent& sent) {
  rtcp::ReceiverReport report{Ssrc(1), {}};
  rtcp::CongestionFeedback feedback;
  feedback.timestamp = NtpClock{}.at(receiver.rig.now).compact();
  std::map<uint32_t, std::pair<uint16_t, uint16_t>> streams;
  for (const auto& s : sent) {
    const auto first = streams.try_emplace(s.ssrc.value(), s.sequence.value(), s.sequence.value()).first;
    first->second.second = s.sequence.value();
  }
  for (const auto& [ssrc, numbers] : streams) {
    const auto count = static_cast<uint16_t>(numbers.second - numbers.first + 1);
    feedback.streams.push_back({Ssrc(ssrc), SeqNum(numbers.first), count});
    for (int i = 0; i < count; ++i) feedback.packets.push_back({i % 5 != 0, 0, 0});
    rtcp::ReportBlock block;
    block.source = Ssrc(ssrc);
    block.fraction_lost = 256 / 5;
    block.cumulative_lost = numbers.second / 5;
    block.highest_sequence = numbers.second;
    block.last_sr = receiver.rig.context.ntp.at(receiver.rig.now).compact() - (200 * 65'536) / 1'000;
    report.blocks.push_back(block);
  }
  receiver.receive(report);
  receiver.receive(feedback);
}

}  // namespace

TEST_CASE("what RED adds to a packet counts as sent, and as arrived", "[peer][pacing][red]") {
  PacedReceiver receiver(DataRate::kbps(2'000));
  receiver.peer->record_estimates(receiver.rig.now, 8'192);
  Sent all;
  for (int i = 0; i < 50; ++i) {
    Sent some;
    for (size_t j = 0; j < 10; ++j) {
      receiver.send(kSound, 60 + j);
      for (const auto& s : receiver.run_for(TimeDelta::millis(20))) some.push_back(s);
    }
    acknowledge(receiver, some);
    all.insert(all.end(), some.begin(), some.end());
  }
  REQUIRE(
      std::any_of(all.begin(), all.end(), [](const auto& s) { return s.type == PayloadType(PacedReceiver::kRed); }));
  const auto [sent, told] = heard(receiver);
  CHECK(sent == sizes_of(all));
  CHECK(told == sizes_of(all));
}

TEST_CASE("FEC packets are told of by streams like the rest", "[peer][pacing][fec]") {
  PacedReceiver receiver(DataRate::kbps(5'000), peer::FeedbackKind::kStreams);
  receiver.peer->record_estimates(receiver.rig.now, 8'192);
  Sent all;
  for (int i = 0; i < 30; ++i) {
    Sent some;
    for (int j = 0; j < 6; ++j) {
      receiver.send_frame(kPicture, 4, 900);
      for (const auto& s : receiver.run_for(TimeDelta::millis(33))) some.push_back(s);
    }
    report(receiver, some);
    all.insert(all.end(), some.begin(), some.end());
  }
  REQUIRE(
      std::any_of(all.begin(), all.end(), [](const auto& s) { return s.type == PayloadType(PacedReceiver::kFec); }));
  const auto [sent, told] = heard(receiver);
  CHECK(sent == sizes_of(all));
  CHECK(told == sizes_of(all));
}

TEST_CASE("a retransmission and padding have the size that they have on the wire", "[peer][pacing][probe]") {
  const auto tells_by = GENERATE(peer::FeedbackKind::kTransportWide, peer::FeedbackKind::kStreams);
  PacedReceiver receiver(cc::EstimatorConfig{}, tells_by);
  receiver.peer->record_estimates(receiver.rig.now, 8'192);
  receiver.peer->set_needed_bitrate(receiver.rig.now, DataRate::kbps(5'000));
  Sent all = receiver.run_for(TimeDelta::millis(1'200));
  receiver.send_frame(kPicture, 2, 900);
  for (const auto& s : receiver.run_for(TimeDelta::millis(50))) all.push_back(s);
  receiver.repeat(0);
  for (const auto& s : receiver.run_for(TimeDelta::millis(50))) all.push_back(s);
  REQUIRE(std::any_of(all.begin(), all.end(), [](const auto& s) { return s.padding; }));
  REQUIRE(std::any_of(all.begin(), all.end(), [](const auto& s) { return s.is_rtx() && !s.padding; }));
  CHECK(heard(receiver).first == sizes_of(all));
}
