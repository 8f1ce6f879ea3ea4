// Listeners: the subscribers' side of a ForwardScene: they note what they are sent and write the RTCP that a browser
// would: receiver reports, NACKs for the last number, and transport-wide feedback. Not part of what is measured.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "support/forward_scene.hpp"
#include "tutti/wire/rtcp/nack.hpp"
#include "tutti/wire/rtcp/pli.hpp"
#include "tutti/wire/rtcp/receiver_report.hpp"
#include "tutti/wire/rtcp/sender_report.hpp"
#include "tutti/wire/rtcp/transport_feedback.hpp"

namespace tutti::test {

class Listeners {
 public:
  struct Says {
    bool report = false, nack = false, transport_feedback = false;
  };

  Listeners(ForwardScene& scene, size_t count) : scene_(scene), states_(count) {
    for (size_t i = 0; i < count; ++i) states_[i].session = scene.subscriber_session(i);
  }

  // To be given each batch that leaves.
  void observe(std::span<const TransmitSlot> batch) {
    for (const TransmitSlot& slot : batch) {
      const auto bytes = std::span(slot.bytes).first(slot.size);
      const auto index = static_cast<size_t>(slot.path.remote.port - scene_.subscriber_path(0).remote.port);
      if (index >= states_.size() || rtp::is_rtcp(bytes)) continue;
      State& s = states_[index];
      const auto packet = rtp::parse(bytes);
      if (packet->ssrc == ForwardScene::kSlotRtxSsrc) ++retransmissions_;
      if (packet->ssrc == ForwardScene::kSlotSsrc) s.last = packet->sequence;
      const auto number =
          rtp::find_extension(packet->extension_profile, packet->extensions, ForwardScene::kTransportSequenceId);
      if (number && s.arrived < s.arrivals.size())
        s.arrivals[s.arrived++] = {SeqNum(static_cast<uint16_t>((*number)[0] << 8 | (*number)[1])), scene_.now()};
    }
  }

  // Everybody writes one compound; `deliver` then hands all of them to the daemon.
  void prepare(Says says) {
    for (State& s : states_) {
      std::span<uint8_t> room(s.bytes);
      s.size = 0;
      auto append = [&](const auto& packet) { s.size += packet.serialize(room.subspan(s.size)); };
      if (says.report) append(rtcp::ReceiverReport{kSender, {block(s)}});
      if (says.nack) append(rtcp::Nack{kSender, ForwardScene::kSlotSsrc, {s.last}});
      if (says.transport_feedback && s.arrived > 0) append(transport_feedback(s));
      if (s.session && s.size > 0) s.size = s.session->seal_rtcp(s.bytes, s.size);
    }
  }
  void deliver() {
    for (size_t i = 0; i < states_.size(); ++i) {
      if (states_[i].size > 0)
        scene_.deliver(scene_.subscriber_path(i), std::span(states_[i].bytes).first(states_[i].size));
    }
  }
  uint64_t retransmissions() const { return retransmissions_; }

 private:
  struct State {
    std::unique_ptr<srtp::Session> session;
    SeqNum last;
    // Since the last feedback; in order, since nothing is lost on the way here.
    std::array<std::pair<SeqNum, Timestamp>, 256> arrivals;
    size_t arrived = 0;
    uint8_t feedback_count = 0;
    size_t size = 0;
    std::array<uint8_t, kMaxDatagram> bytes;
  };
  static constexpr Ssrc kSender{1};

  rtcp::ReportBlock block(const State& s) const {
    rtcp::ReportBlock b;
    b.source = ForwardScene::kSlotSsrc;
    b.highest_sequence = s.last.value();
    b.last_sr = NtpClock{}.at(scene_.now()).compact() - 2000;
    b.delay_since_last_sr = 1000;
    return b;
  }
  rtcp::TransportFeedback transport_feedback(State& s) const {
    using Feedback = rtcp::TransportFeedback;
    Feedback feedback;
    feedback.sender = kSender;
    feedback.media = ForwardScene::kSlotSsrc;
    feedback.base_sequence = s.arrivals[0].first;
    feedback.feedback_count = s.feedback_count++;
    feedback.reference_time = static_cast<int32_t>(s.arrivals[0].second.us() / Feedback::kReferenceUs);
    int64_t ticks = feedback.reference_time * (Feedback::kReferenceUs / Feedback::kTickUs);
    for (size_t i = 0; i < s.arrived; ++i) {
      const int64_t at = s.arrivals[i].second.us() / Feedback::kTickUs;
      feedback.packets.push_back({true, static_cast<int16_t>(at - ticks)});
      ticks = at;
    }
    s.arrived = 0;
    return feedback;
  }

  ForwardScene& scene_;
  std::vector<State> states_;
  uint64_t retransmissions_ = 0;
};

}  // namespace tutti::test
