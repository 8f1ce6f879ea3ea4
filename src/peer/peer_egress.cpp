#include "peer/peer_impl.hpp"
#include "tutti/base/prefetch.hpp"

namespace tutti::peer {

void Peer::send_rtp(uint16_t slot, PacketRef packet, const Rewrite& rewrite, bool retransmission) {
  if (impl_->queue.size() >= Impl::kMaxQueue) return impl_->context.counters.drop(DropReason::kQueueFull);
  impl_->queue.push_back({std::move(packet), rewrite, slot, retransmission});
}

void Peer::prefetch(Prefetch step) const {
  // A frame's packets, and a session with its expanded key.
  constexpr size_t kQueued = 6 * sizeof(Impl::Queued), kSession = 1'536, kTransport = 128;
  switch (step) {
    case Prefetch::kSelf: return tutti::prefetch(impl_.get(), sizeof(Impl));
    case Prefetch::kStreams:
      tutti::prefetch(impl_->queue.data(), kQueued);
      tutti::prefetch(impl_->egress.data(), sizeof(EgressStream));
      return tutti::prefetch(impl_->transport.get(), kTransport);
    case Prefetch::kKeys:
      if (const srtp::Session* session = impl_->transport->session()) tutti::prefetch(session, kSession);
      return;
  }
}

bool Peer::Impl::poll_media(Timestamp now, SealBatch& batch) {
  if (queue.empty()) return true;
  const auto path = transport->send_path();
  if (!path || !transport->is_ready()) {
    context.counters.drop(DropReason::kNoRoute, queue.size() - queue_front);
  } else {
    for (; queue_front < queue.size(); ++queue_front) {
      if (batch.full()) return false;
      write_media(now, *path, queue[queue_front], batch);
    }
  }
  queue.clear();
  queue_front = 0;
  if (queue.capacity() > kKeptQueue) queue.shrink_to_fit();
  return true;
}

void Peer::Impl::write_media(Timestamp now, const Path& path, Queued& item, SealBatch& batch) {
  EgressStream& stream = egress[item.slot];
  const bool as_rtx = item.retransmission && stream.rtx_type(item.rewrite.payload_type).has_value();
  if (item.retransmission && !as_rtx && !stream.repeats_exactly(now)) return context.counters.add(Counter::kRtxMissing);
  if (!stream.take_turn(item.retransmission)) return context.counters.drop(DropReason::kRtxLimit);

  const MediaPacket* packet = item.packet ? &*item.packet : nullptr;
  const size_t payload_size = packet && !item.rewrite.padding_only ? packet->payload_size : 0;
  std::optional<SeqNum> transport_sequence;
  if (stream.wants_transport_sequence())
    transport_sequence = sent_packets.on_sent(now, DataSize::bytes(static_cast<int64_t>(payload_size + 40)));
  const auto wire = stream.write(now, packet, item.rewrite, as_rtx, transport_sequence, batch.datagrams().next().bytes);
  if (wire.header_size == 0) return context.counters.drop(DropReason::kSealFailed);

  std::span<const uint8_t> rest;
  if (payload_size > 0) rest = packet->payload().subspan(wire.skip);
  size_t redundant = 0;
  if (stream.red() && packet && !item.retransmission && !item.rewrite.padding_only) {
    redundant = stream.red()->write(now, item.packet, item.rewrite, wire.header_size, batch.datagrams().next().bytes);
    if (redundant > 0) context.counters.add(Counter::kRedSent);
  }
  stream.statistics().on_packet(redundant + wire.prefix_size + rest.size(), item.retransmission);
  context.counters.add(item.retransmission ? Counter::kRtxSent : Counter::kRtpForwarded);
  if (redundant > 0) return batch.add_written(path, transport->session(), wire.header_size, redundant, rest, std::move(item.packet));
  batch.add(path, transport->session(), wire.header_size, std::span(wire.prefix).first(wire.prefix_size), rest, std::move(item.packet));
}

}  // namespace tutti::peer
