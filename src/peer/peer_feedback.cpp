#include <algorithm>
#include <array>

#include "peer/peer_impl.hpp"
#include "tutti/base/small_vector.hpp"
#include "tutti/wire/rtcp/bye.hpp"
#include "tutti/wire/rtcp/extended_reports.hpp"
#include "tutti/wire/rtcp/fir.hpp"
#include "tutti/wire/rtcp/nack.hpp"
#include "tutti/wire/rtcp/pli.hpp"
#include "tutti/wire/rtcp/receiver_report.hpp"
#include "tutti/wire/rtcp/remb.hpp"
#include "tutti/wire/rtcp/sdes.hpp"
#include "tutti/wire/rtcp/sender_report.hpp"

namespace tutti::peer {
namespace {

constexpr TimeDelta kReportInterval = TimeDelta::seconds(1);
// A datagram of reports ends with the sender report that passes this; SDES and XR follow. With 31 report blocks there is still
// room for four.
constexpr size_t kReportBytes = 900;

}  // namespace

std::optional<uint16_t> Peer::Impl::slot_of(Ssrc ssrc) const {
  for (size_t i = 0; i < egress.size(); ++i) {
    if (egress[i].spec().ssrc == ssrc) return static_cast<uint16_t>(i);
  }
  return std::nullopt;
}

void Peer::Impl::read_rtcp(Timestamp now, std::span<const uint8_t> compound, PeerOutput& out) {
  auto reader = rtcp::CompoundReader::open(compound);
  if (!reader) return context.counters.drop(DropReason::kRtcpMalformed);
  while (auto packet = reader->next()) {
    switch (packet->type) {
      case rtcp::kTypeSenderReport: {
        const auto sr = rtcp::SenderReport::parse(*packet);
        if (!sr) return context.counters.drop(DropReason::kRtcpMalformed);
        if (IngressLayer* layer = ingress.by_ssrc(sr->sender); layer && layer->statistics()) {
          layer->statistics()->on_sender_report(now, sr->ntp, sr->rtp);
          out.sender_reports.push_back({layer->track(), layer->layer(), now, sr->ntp, sr->rtp});
        }
        read_report_blocks(now, sr->blocks);
        break;
      }
      case rtcp::kTypeReceiverReport: {
        const auto rr = rtcp::ReceiverReport::parse(*packet);
        if (!rr) return context.counters.drop(DropReason::kRtcpMalformed);
        read_report_blocks(now, rr->blocks);
        break;
      }
      case rtcp::kTypeExtendedReports: {
        const auto xr = rtcp::ExtendedReports::parse(packet->body);
        if (!xr) return context.counters.drop(DropReason::kRtcpMalformed);
        if (xr->receiver_reference_time) {
          last_rr_compact = xr->receiver_reference_time->compact();
          last_rr_at = now;
          last_rr_from = xr->sender;
        }
        break;
      }
      case rtcp::kTypeRtpFeedback:
      case rtcp::kTypePayloadFeedback: read_feedback(now, *packet, out); break;
      // SDES names nobody we do not know from signalling, and a BYE is not the end of a track: DTLS or REST tells that.
      default: break;
    }
  }
}

void Peer::Impl::read_report_blocks(Timestamp now, std::span<const rtcp::ReportBlock> blocks) {
  // Of all its streams together, each by what was sent of it since its last report.
  double expected = 0, lost = 0;
  for (const rtcp::ReportBlock& block : blocks) {
    const auto slot = slot_of(block.source);
    if (!slot) continue;
    on_reported_loss(now, egress[*slot], block);
    rtpstream::SendStatistics& statistics = egress[*slot].statistics();
    if (const auto& last = statistics.last_block()) {
      const uint32_t since = block.highest_sequence - last->highest_sequence;
      expected += since;
      lost += since * (block.fraction_lost / 256.0);
    }
    if (auto sample = statistics.on_report_block(context.ntp.at(now), block)) on_round_trip(now, *sample);
  }
  if (expected > 0 && congestion && congestion->kind() == FeedbackKind::kReceiverEstimate)
    congestion->estimator().on_receiver_report(now, std::min(lost / expected, 1.0));
}

void Peer::Impl::on_round_trip(Timestamp now, TimeDelta sample) {
  rtt.on_sample(sample);
  if (congestion) congestion->estimator().on_round_trip(now, sample);
  for (IngressLayer& layer : ingress.layers()) layer.nacks().set_round_trip_time(rtt.smoothed());
}

void Peer::Impl::read_feedback(Timestamp now, const rtcp::PacketView& packet, PeerOutput& out) {
  Counters& counters = context.counters;
  if (packet.type == rtcp::kTypeRtpFeedback && packet.format == rtcp::kFormatNack) {
    const auto nack = rtcp::Nack::parse(packet.body);
    if (!nack) return counters.drop(DropReason::kRtcpMalformed);
    const auto slot = slot_of(nack->media);
    if (!slot || !egress[*slot].takes_nacks()) return;
    counters.add(Counter::kNacksReceived, nack->lost.size());
    egress[*slot].nacks += nack->lost.size();
    for (SeqNum sequence : nack->lost) out.nacked.push_back({*slot, sequence});
  } else if (packet.type == rtcp::kTypeRtpFeedback && packet.format == rtcp::kFormatTransportCc) {
    const auto feedback = rtcp::TransportFeedback::parse(packet.body);
    if (!feedback) return counters.drop(DropReason::kRtcpMalformed);
    const auto results = sent_packets.on_feedback(*feedback);
    if (congestion && congestion->kind() == FeedbackKind::kTransportWide && !results.empty()) congestion->estimator().on_feedback(now, results);
    if (congestion) on_path_loss(now, congestion->estimator().estimate().loss);
  } else if (packet.type == rtcp::kTypeRtpFeedback && packet.format == rtcp::kFormatCongestionFeedback) {
    const auto feedback = rtcp::CongestionFeedback::parse(packet.body);
    if (!feedback) return counters.drop(DropReason::kRtcpMalformed);
    if (!congestion || congestion->kind() != FeedbackKind::kStreams) return;
    if (const auto results = sent_packets.on_feedback(*feedback); !results.empty()) congestion->estimator().on_feedback(now, results);
  } else if (packet.type == rtcp::kTypePayloadFeedback && packet.format == rtcp::kFormatPli) {
    const auto pli = rtcp::Pli::parse(packet.body);
    if (!pli) return counters.drop(DropReason::kRtcpMalformed);
    if (const auto slot = slot_of(pli->media)) {
      ++egress[*slot].plis;
      out.keyframes_wanted.push_back(*slot);
    }
  } else if (packet.type == rtcp::kTypePayloadFeedback && packet.format == rtcp::kFormatFir) {
    const auto fir = rtcp::Fir::parse(packet.body);
    if (!fir) return counters.drop(DropReason::kRtcpMalformed);
    for (const auto& entry : fir->entries) {
      if (const auto slot = slot_of(entry.source)) out.keyframes_wanted.push_back(*slot);
    }
  } else if (packet.type == rtcp::kTypePayloadFeedback && packet.format == rtcp::kFormatRemb) {
    // Other application layer feedback is nobody's.
    if (const auto estimate = rtcp::Remb::parse(packet.body)) read_remb(now, estimate->bitrate);
  }
}

// Who negotiated REMB and never sends one has not limited itself: its path is taken to be known from the first on.
void Peer::Impl::read_remb(Timestamp now, DataRate rate) {
  if (!congestion && has_agreed_remb()) begin_congestion(now, FeedbackKind::kReceiverEstimate);
  if (congestion && congestion->kind() == FeedbackKind::kReceiverEstimate) congestion->estimator().on_remb(now, rate);
}

template <class Write>
bool Peer::Impl::send_rtcp(SealBatch& batch, Write write) {
  if (batch.full()) return false;
  const auto path = transport->send_path();
  if (!path || !transport->is_ready()) return true;
  auto& bytes = batch.datagrams().next().bytes;
  size_t size = write(std::span<uint8_t>(bytes).first(bytes.size() - srtp::kMaxOverhead));
  if (size == 0) return true;
  if (srtp::Session* session = transport->session()) size = session->seal_rtcp(bytes, size);
  if (size == 0) {
    context.counters.drop(DropReason::kSealFailed);
    return true;
  }
  batch.datagrams().commit(*path, size);
  context.counters.add(Counter::kRtcpSent);
  return true;
}

bool Peer::Impl::poll_feedback(Timestamp now, SealBatch& batch) {
  // Feedback is sent alone (RFC 5506): its loss is mended by the next.
  while (transport_feedback.next_deadline() <= now) {
    if (batch.full()) return false;
    const auto feedback = transport_feedback.poll(now);
    if (!feedback) break;
    send_rtcp(batch, [&](std::span<uint8_t> out) { return feedback->serialize(out); });
  }
  for (IngressLayer& layer : ingress.layers()) {
    if (!layer.ssrc()) continue;
    const CodecSpec& codec = publish[layer.track()].codec;
    while (layer.nacks().next_deadline() <= now) {
      if (batch.full()) return false;
      std::array<SeqNum, 256> lost;
      const size_t n = layer.nacks().poll(now, lost);
      if (layer.nacks().take_given_up() && publish[layer.track()].kind == MediaKind::kVideo) layer.keyframes().request(now);
      if (n == 0) break;
      context.counters.add(Counter::kNacksSent, n);
      rtcp::Nack nack{rtcp_ssrc, *layer.ssrc(), {lost.begin(), lost.begin() + static_cast<std::ptrdiff_t>(n)}};
      send_rtcp(batch, [&](std::span<uint8_t> out) { return nack.serialize(out); });
    }
    if (batch.full()) return false;
    if (layer.keyframes().next_deadline() <= now && layer.keyframes().poll(now)) {
      context.counters.add(Counter::kKeyframeRequestsSent);
      if (codec.pli || !codec.fir) {
        send_rtcp(batch, [&](std::span<uint8_t> out) { return rtcp::Pli{rtcp_ssrc, *layer.ssrc()}.serialize(out); });
      } else {
        rtcp::Fir fir{rtcp_ssrc, {{*layer.ssrc(), fir_sequence++}}};
        send_rtcp(batch, [&](std::span<uint8_t> out) { return fir.serialize(out); });
      }
    }
  }
  return next_report > now || send_reports(now, batch);
}

// One compound (RFC 3550 §6.1): sender reports of what we send, the report blocks of what we receive, our CNAME.
bool Peer::Impl::send_reports(Timestamp now, SealBatch& batch) {
  if (batch.full()) return false;
  next_report = now + kReportInterval;
  SmallVector<rtcp::ReportBlock, rtcp::kMaxCount> blocks;
  for (IngressLayer& layer : ingress.layers()) {
    if (!layer.statistics() || blocks.size() == rtcp::kMaxCount) continue;
    if (auto block = layer.statistics()->make_report_block(now)) blocks.push_back(*block);
  }
  return send_rtcp(batch, [&](std::span<uint8_t> out) -> size_t {
    size_t size = 0, senders = 0;
    auto append = [&](const auto& packet) { size += packet.serialize(out.subspan(size)); };
    Ssrc named = rtcp_ssrc;
    // Whoever found no room is first the next time.
    const size_t first = next_reported;
    for (size_t i = 0; i < egress.size(); ++i) {
      const size_t index = (first + i) % egress.size();
      next_reported = index;
      if (size > kReportBytes) break;
      const EgressStream& stream = egress[index];
      const auto rtp = stream.rtp_at(now);
      if (stream.statistics().packets() == 0 || !rtp) continue;
      rtcp::SenderReport report{stream.spec().ssrc, context.ntp.at(now), *rtp, static_cast<uint32_t>(stream.statistics().packets()),
                                static_cast<uint32_t>(stream.statistics().bytes()), {}};
      if (senders++ == 0) {
        named = report.sender;
        report.blocks = blocks;
      }
      append(report);
    }
    if (senders == 0) {
      if (blocks.empty()) return 0;
      append(rtcp::ReceiverReport{rtcp_ssrc, blocks});
    }
    append(rtcp::Sdes{{{named, cname}}});
    if (last_rr_compact) {
      rtcp::ExtendedReports xr;
      xr.sender = rtcp_ssrc;
      xr.dlrr.push_back({last_rr_from, *last_rr_compact, to_compact_ntp(now - last_rr_at)});
      append(xr);
      last_rr_compact.reset();
    }
    return size;
  });
}

bool Peer::Impl::send_bye(SealBatch& batch) {
  if (batch.full()) return false;
  bye_pending = false;
  rtcp::Bye bye;
  for (const EgressStream& stream : egress) {
    if (bye.sources.size() < rtcp::kMaxCount) bye.sources.push_back(stream.spec().ssrc);
  }
  if (bye.sources.empty()) bye.sources.push_back(rtcp_ssrc);
  return send_rtcp(batch, [&](std::span<uint8_t> out) -> size_t {
    // A compound begins with a report, even an empty one.
    const size_t size = rtcp::ReceiverReport{rtcp_ssrc, {}}.serialize(out);
    return size + bye.serialize(out.subspan(size));
  });
}

Timestamp Peer::Impl::next_feedback() const {
  if (!transport->is_ready() || !transport->send_path()) return Timestamp::never();
  Timestamp next = std::min(next_report, transport_feedback.next_deadline());
  for (const IngressLayer& layer : ingress.layers()) {
    if (layer.ssrc()) next = std::min({next, layer.nacks().next_deadline(), layer.keyframes().next_deadline()});
  }
  return next;
}

}  // namespace tutti::peer
