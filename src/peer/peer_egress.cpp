#include "peer/peer_impl.hpp"
#include "tutti/base/datagram.hpp"
#include "tutti/base/prefetch.hpp"

namespace tutti::peer {

void Peer::send_rtp(uint16_t slot, PacketRef packet, const Rewrite& rewrite, bool retransmission) {
  if (impl_->queue.size() >= Impl::kMaxQueue) return impl_->context.counters.drop(DropReason::kQueueFull);
  impl_->queue.push_back({std::move(packet), rewrite, slot, retransmission});
}

void Peer::prefetch(Prefetch step) const {
  // A frame's packets, and a session with its expanded key.
  constexpr size_t kQueued = 6 * sizeof(Outgoing), kSession = 1'536, kTransport = 128;
  switch (step) {
    case Prefetch::kSelf: return tutti::prefetch(impl_.get(), sizeof(Impl));
    case Prefetch::kStreams:
      tutti::prefetch(impl_->queue.data(), kQueued);
      tutti::prefetch(impl_->egress.data(), sizeof(EgressStream));
      if (impl_->congestion) tutti::prefetch(impl_->congestion.get(), sizeof(Congestion));
      return tutti::prefetch(impl_->transport.get(), kTransport);
    case Prefetch::kKeys:
      if (const srtp::Session* session = impl_->transport->session()) tutti::prefetch(session, kSession);
      return;
  }
}

bool Peer::Impl::poll_media(Timestamp now, SealBatch& batch) {
  if (queue.empty() && !congestion) return true;
  const auto path = transport->send_path();
  if (!path || !transport->is_ready()) {
    drop_unroutable();
    return true;
  }
  if (congestion) return poll_paced(now, *path, batch);
  for (; queue_front < queue.size(); ++queue_front) {
    if (batch.full()) return false;
    Outgoing& item = queue[queue_front];
    if (!item.retransmission || admit_retransmission(now, item)) write_media(now, *path, item, batch);
  }
  begin_queue();
  return true;
}

void Peer::Impl::drop_unroutable() {
  context.counters.drop(DropReason::kNoRoute, queue.size() - queue_front);
  begin_queue();
  if (!congestion) return;
  context.counters.drop(DropReason::kNoRoute, congestion->waiting().packets());
  congestion->waiting().clear();
}

void Peer::Impl::begin_queue() {
  queue.clear();
  queue_front = 0;
  if (queue.capacity() > kKeptQueue) queue.shrink_to_fit();
}

bool Peer::Impl::admit_retransmission(Timestamp now, const Outgoing& item) {
  EgressStream& stream = egress[item.slot];
  if (!stream.rtx_type(item.rewrite.payload_type) && !stream.repeats_exactly(now)) {
    context.counters.add(Counter::kRtxMissing);
    return false;
  }
  // No answer can have come sooner than the fastest did.
  const TimeDelta round_trip = rtt.has_sample() ? rtt.minimum() : TimeDelta::zero();
  std::optional<DropReason> refused;
  // Where the path has room the picture before a keyframe is worth its packet.
  const bool is_scarce = congestion && congestion->is_path_full() && stream.spec().kind == MediaKind::kVideo;
  if (stream.awaits_keyframe || (is_scarce && stream.is_outdated(item.rewrite.sequence))) {
    refused = DropReason::kRtxOutdated;
  } else if (!stream.may_repeat(now, item.rewrite.sequence, round_trip)) {
    refused = DropReason::kRtxRepeated;
  } else if (!stream.take_turn(true)) {
    refused = DropReason::kRtxLimit;
  } else if (congestion && !congestion->take_repair(now, datagram_size(item))) {
    refused = DropReason::kRtxBudget;
  }
  if (!refused) return true;
  context.counters.drop(*refused);
  if (congestion) congestion->on_held_back();
  return false;
}

void Peer::Impl::write_media(Timestamp now, const Path& path, Outgoing& item, SealBatch& batch) {
  EgressStream& stream = egress[item.slot];
  const bool as_rtx = item.retransmission && stream.rtx_type(item.rewrite.payload_type).has_value();
  // It waited, and another offer came meanwhile.
  if (item.retransmission && !as_rtx && !stream.repeats_exactly(now)) return context.counters.add(Counter::kRtxMissing);
  if (!item.retransmission) stream.take_turn(false);

  const MediaPacket* packet = item.packet ? &*item.packet : nullptr;
  const size_t payload_size = packet && !item.rewrite.padding_only ? packet->payload_size : 0;
  const auto wire =
      stream.write(now, packet, item.rewrite, as_rtx, next_number(stream), batch.datagrams().next().bytes);
  std::span<const uint8_t> rest;
  if (payload_size > 0) rest = packet->payload().subspan(wire.skip);
  // The publisher's headers may have been shorter than ours.
  if (wire.header_size == 0 || stream.overhead() + wire.prefix_size + rest.size() > kMaxDatagram)
    return context.counters.drop(DropReason::kTooLong);

  size_t redundant = 0;
  if (stream.red() && packet && !item.retransmission && !item.rewrite.padding_only) {
    redundant = stream.red()->write(now, item.packet, item.rewrite, wire.header_size, batch.datagrams().next().bytes);
    if (redundant > 0) context.counters.add(Counter::kRedSent);
  }
  if (!item.retransmission) stream.on_sent(packet, item.rewrite);
  const size_t sent_size = redundant + wire.prefix_size + rest.size();
  stream.statistics().on_packet(sent_size, item.retransmission);
  context.counters.add(item.retransmission ? Counter::kRtxSent : Counter::kRtpForwarded);
  on_sent(now, stream, wire.ssrc, wire.sequence, EgressStream::sealed_size(wire.header_size + sent_size));
  if (congestion && payload_size > 0 && !item.retransmission && stream.spec().rtx_ssrc) congestion->remember(now, item);
  if (redundant > 0) return batch.add_written(path, transport->session(), wire.header_size, redundant, rest, std::move(item.packet));
  const auto prefix = std::span(wire.prefix).first(wire.prefix_size);
  const auto header = std::span<const uint8_t>(batch.datagrams().next().bytes).first(wire.header_size);
  batch.add(path, transport->session(), wire.header_size, prefix, rest, std::move(item.packet));
  if (stream.fec() && stream.fec()->is_on() && !item.retransmission && !rest.empty())
    protect(now, path, stream, item.rewrite, header, prefix, rest, batch);
}

std::optional<SeqNum> Peer::Impl::next_number(const EgressStream& stream) const {
  return is_numbered(stream) ? std::optional(sent_packets.next()) : std::nullopt;
}

void Peer::Impl::on_sent(Timestamp now, const EgressStream& stream, Ssrc ssrc, SeqNum sequence, DataSize size) {
  const uint8_t probe = congestion ? congestion->probe_id() : 0;
  if (is_numbered(stream)) {
    sent_packets.on_sent(now, size, probe);
  } else if (congestion && congestion->kind() == FeedbackKind::kStreams) {
    sent_packets.on_sent(now, size, probe, ssrc, sequence);
  }
  if (congestion) congestion->on_sent(now, size, is_covered(stream));
}

}  // namespace tutti::peer
