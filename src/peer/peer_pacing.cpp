// Media towards a receiver that tells how its path fares: sound at once, repair and pictures as fast as the path
// carries them, and probes whether it carries more.
#include <algorithm>
#include <array>
#include <iterator>

#include "peer/peer_impl.hpp"

namespace tutti::peer {
namespace {

// While a slot waits for its keyframe, it is asked for again so often: the request, or the keyframe, may be lost.
constexpr TimeDelta kKeyframeInterval = TimeDelta::millis(500);

// What has waited longer is not sent any more when a keyframe stands behind it.
constexpr TimeDelta kOldPicture = TimeDelta::millis(100);
// When a slot falls to a smaller picture, what waits of the larger one may take so long.
constexpr TimeDelta kWorthWaiting = TimeDelta::millis(300);

// RFC 3550 §5.1: zeros, and their count in the last byte.
constexpr std::array<uint8_t, 255> kPadding = [] {
  std::array<uint8_t, 255> bytes{};
  bytes.back() = 255;
  return bytes;
}();

bool begins_keyframe(const Outgoing& item) {
  return item.packet && !item.rewrite.padding_only && item.packet->keyframe;
}

}  // namespace

void Peer::Impl::update_congestion(Timestamp now) {
  const FeedbackKind before = congestion ? congestion->kind() : FeedbackKind::kNone, kind = agreed_feedback();
  // A receiver's own estimate counts from its first on.
  const bool stays =
      before == kind || (kind == FeedbackKind::kNone && before == FeedbackKind::kReceiverEstimate && has_agreed_remb());
  if (stays) return;
  if (kind == FeedbackKind::kNone) {
    end_congestion(now);
  } else {
    begin_congestion(now, kind);
  }
}

FeedbackKind Peer::Impl::agreed_feedback() const {
  FeedbackKind kind = FeedbackKind::kNone;
  bool has_pictures = false, can_probe = false;
  for (const ReceiveSpec& slot : receive) {
    for (const CodecSpec& codec : slot.codecs) {
      has_pictures |= slot.kind == MediaKind::kVideo;
      can_probe |= slot.rtx_ssrc && codec.rtx_payload_type;
      if (codec.transport_cc && slot.extensions.has(rtp::Extension::kTransportSequenceNumber))
        kind = FeedbackKind::kTransportWide;
      if (codec.stream_cc && kind == FeedbackKind::kNone) kind = FeedbackKind::kStreams;
    }
  }
  // Pictures that were paused come back after a probe, and that needs an RTX stream for its padding. Without one a low
  // estimate would stay so for ever.
  return has_pictures && !can_probe ? FeedbackKind::kNone : kind;
}

bool Peer::Impl::has_agreed_remb() const {
  return std::any_of(receive.begin(), receive.end(), [](const ReceiveSpec& slot) {
    return slot.active &&
           std::any_of(slot.codecs.begin(), slot.codecs.end(), [](const CodecSpec& c) { return c.remb; });
  });
}

void Peer::Impl::begin_congestion(Timestamp now, FeedbackKind kind) {
  auto begun = std::make_unique<Congestion>(kind, context.bandwidth, now);
  if (congestion) std::swap(begun->waiting(), congestion->waiting());
  congestion = std::move(begun);
  if (needed > DataRate()) congestion->set_needed(now, needed);
}

void Peer::Impl::end_congestion(Timestamp now) {
  PacedQueue& waiting = congestion->waiting();
  std::vector<Outgoing> all;
  while (!waiting.empty()) {
    all.push_back(std::move(waiting.front()));
    waiting.pop(now);
  }
  std::move(queue.begin() + static_cast<std::ptrdiff_t>(queue_front), queue.end(), std::back_inserter(all));
  queue = std::move(all);
  queue_front = 0;
  for (EgressStream& stream : egress) stream.awaits_keyframe = false;
  congestion.reset();
}

DataSize Peer::Impl::datagram_size(const Outgoing& item) const {
  const size_t payload = item.packet && !item.rewrite.padding_only ? item.packet->payload_size : 0;
  return DataSize::bytes(static_cast<int64_t>(payload + egress[item.slot].overhead()));
}

bool Peer::Impl::poll_paced(Timestamp now, const Path& path, SealBatch& batch) {
  PacedQueue& waiting = congestion->waiting();
  congestion->begin_round(now);
  if (congestion->take_sign_of_life() && queue.empty() && !batch.full()) send_padding(now, path, batch);
  begin_probe(now);
  if (!sort_queue(now, path, batch)) return false;
  if (!waiting.empty()) expire(now);
  for (; congestion->probe(); begin_probe(now)) {
    if (!send_probe(now, path, batch)) return false;
    // What leaves between its packets would make the probe faster than it says.
    if (congestion->probe()) return true;
  }
  while (!waiting.empty() && congestion->may_send(now, waiting.front_size())) {
    if (batch.full()) return false;
    send_front(now, path, batch);
  }
  return true;
}

bool Peer::Impl::sort_queue(Timestamp now, const Path& path, SealBatch& batch) {
  PacedQueue& waiting = congestion->waiting();
  for (; queue_front < queue.size(); ++queue_front) {
    if (batch.full()) return false;
    Outgoing& item = queue[queue_front];
    if (item.retransmission ? !admit_retransmission(now, item) : !is_of_use(now, item)) continue;
    const bool is_sound = egress[item.slot].spec().kind == MediaKind::kAudio && !item.retransmission;
    const DataSize size = datagram_size(item);
    if (is_sound || (waiting.empty() && !congestion->probe() && congestion->may_send(now, size))) {
      write_media(now, path, item, batch);
    } else {
      const uint16_t slot = item.slot;
      const bool begins_anew = !item.retransmission && begins_keyframe(item) && waiting.oldest(now, slot) > kOldPicture;
      if (!waiting.push(now, std::move(item), size)) {
        context.counters.drop(DropReason::kQueueFull);
      } else if (begins_anew) {
        leave_out_before_last(now, slot);
      }
    }
  }
  begin_queue();
  return true;
}

void Peer::Impl::leave_out_before_last(Timestamp now, uint16_t slot) {
  // Another keyframe that is on its way is not cut off, or a path on which each takes longer than the next one to come
  // would never see a whole one.
  const auto under_way = egress[slot].keyframe_picture();
  const RtpTimestamp begins = congestion->waiting().back(slot)->rewrite.timestamp;
  congestion->waiting().remove_if(slot, [&](const Outgoing& item) {
    if (item.rewrite.timestamp == begins || item.rewrite.timestamp == under_way) return false;
    leave_out(now, item);
    return true;
  });
}

void Peer::Impl::leave_out(Timestamp now, const Outgoing& item) {
  egress[item.slot].set_unsent(now, item.rewrite.sequence, item.rewrite.sequence);
  context.counters.drop(DropReason::kQueueOutdated);
  congestion->on_expired(1);
}

TimeDelta Peer::waiting_time() const {
  if (!impl_->congestion) return TimeDelta::zero();
  const int64_t bps = std::max<int64_t>(impl_->congestion->estimator().estimate().target.bps(), 1);
  return TimeDelta::micros(impl_->congestion->waiting().size().bytes() * 8'000'000 / bps);
}

void Peer::begin_smaller(Timestamp now, uint16_t slot, bool at_once) {
  if (impl_->congestion) impl_->begin_smaller(now, slot, at_once);
}

void Peer::Impl::begin_smaller(Timestamp now, uint16_t slot, bool at_once) {
  PacedQueue& waiting = congestion->waiting();
  if (!at_once && waiting.size(slot) <= congestion->estimator().estimate().target * kWorthWaiting) return;
  for (auto old = waiting.give_up(slot); old.packets > 0; old = waiting.give_up(slot)) give_up(now, old);
  egress[slot].awaits_keyframe = true;
}

bool Peer::Impl::is_of_use(Timestamp now, const Outgoing& item) {
  EgressStream& stream = egress[item.slot];
  if (!stream.awaits_keyframe) return true;
  if (begins_keyframe(item)) {
    stream.awaits_keyframe = false;
    return true;
  }
  give_up(now, item.slot, item.rewrite.sequence, item.rewrite.sequence, 1);
  return false;
}

void Peer::Impl::expire(Timestamp now) {
  while (true) {
    const PacedQueue::Expired expired = congestion->waiting().expire(now, Congestion::kMaxWait);
    if (expired.packets == 0) return;
    give_up(now, expired);
  }
}

void Peer::Impl::give_up(Timestamp now, const PacedQueue::Expired& expired) {
  EgressStream& stream = egress[expired.slot];
  stream.awaits_keyframe = !expired.has_keyframe;
  stream.keyframe_wanted_at = Timestamp::long_ago();
  give_up(now, expired.slot, expired.first, expired.last, expired.packets);
}

void Peer::Impl::give_up(Timestamp now, uint16_t slot, SeqNum first, SeqNum last, size_t packets) {
  EgressStream& stream = egress[slot];
  stream.set_unsent(now, first, last);
  context.counters.drop(DropReason::kQueueExpired, packets);
  congestion->on_expired(packets);
  if (!stream.awaits_keyframe || now - stream.keyframe_wanted_at < kKeyframeInterval) return;
  stream.keyframe_wanted_at = now;
  congestion->keyframes_wanted.push_back(slot);
}

void Peer::Impl::send_front(Timestamp now, const Path& path, SealBatch& batch) {
  PacedQueue& waiting = congestion->waiting();
  write_media(now, path, waiting.front(), batch);
  congestion->on_waited(waiting.pop(now));
}

void Peer::Impl::begin_probe(Timestamp now) {
  if (congestion->begin_probe(now)) context.counters.add(Counter::kProbesSent);
}

// Media first, then media again, then nothing at all. False if the batch is full.
bool Peer::Impl::send_probe(Timestamp now, const Path& path, SealBatch& batch) {
  std::optional<cc::ProbeRun>& probe = congestion->probe();
  while (!probe->done()) {
    if (!probe->may_send(now)) return true;
    if (batch.full()) return false;
    if (!congestion->waiting().empty()) {
      send_front(now, path, batch);
    } else if (!send_repeat(now, path, batch) && !send_padding(now, path, batch)) {
      break;
    }
  }
  probe.reset();
  return true;
}

bool Peer::Impl::send_repeat(Timestamp now, const Path& path, SealBatch& batch) {
  const Outgoing* recent = congestion->repeat(now);
  if (!recent || !egress[recent->slot].rtx_type(recent->rewrite.payload_type)) return false;
  Outgoing item = *recent;
  item.retransmission = true;
  const size_t before = batch.datagrams().size();
  write_media(now, path, item, batch);
  return batch.datagrams().size() > before;  // as RTX it is longer, maybe too long
}

bool Peer::Impl::send_padding(Timestamp now, const Path& path, SealBatch& batch) {
  const auto stream = std::find_if(egress.begin(), egress.end(), [&](const EgressStream& s) {
    return s.spec().active && s.can_pad() && is_covered(s);
  });
  if (stream == egress.end()) return false;
  const auto wire = stream->write_padding(now, next_number(*stream), batch.datagrams().next().bytes);
  if (wire.header_size == 0) return false;
  batch.add(path, transport->session(), wire.header_size, {}, kPadding, {});
  const DataSize size = EgressStream::sealed_size(wire.header_size + kPadding.size());
  on_sent(now, *stream, wire.ssrc, wire.sequence, size);
  congestion->on_padding(size);
  context.counters.add(Counter::kPaddingSent);
  return true;
}

bool Peer::Impl::is_numbered(const EgressStream& stream) const {
  return stream.wants_transport_sequence() && !(congestion && congestion->kind() == FeedbackKind::kStreams);
}

bool Peer::Impl::is_covered(const EgressStream& stream) const {
  return congestion->kind() != FeedbackKind::kTransportWide || stream.wants_transport_sequence();
}

}  // namespace tutti::peer
