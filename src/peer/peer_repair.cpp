// Redundancy towards receivers that lose packets: what they lose, and the FEC packets beside a slot.
#include "peer/peer_impl.hpp"

namespace tutti::peer {

void Peer::Impl::on_reported_loss(Timestamp now, EgressStream& stream, const rtcp::ReportBlock& block) {
  const auto path = stream.path_loss(block);
  // Transport-wide feedback knows nothing of numbers that nothing was sent under, and comes sooner.
  if (!path || (congestion && congestion->kind() == FeedbackKind::kTransportWide && stream.wants_transport_sequence()))
    return;
  stream.on_loss(now, *path, rtt.smoothed());
}

void Peer::Impl::on_path_loss(Timestamp now, double share) {
  for (EgressStream& stream : egress) stream.on_loss(now, share, rtt.smoothed());
}

void Peer::Impl::protect(Timestamp now, const Path& path, EgressStream& stream, const Rewrite& rewrite,
                         std::span<const uint8_t> header, std::span<const uint8_t> prefix,
                         std::span<const uint8_t> rest, SealBatch& batch) {
  FecSender& fec = *stream.fec();
  if (!fec.protect(now, header, prefix, rest, rewrite) || batch.full()) return;
  const DataSize size = DataSize::bytes(static_cast<int64_t>(fec.size() + stream.overhead()));
  // A path that is full is not helped by more; and repair of either kind has one budget.
  if (congestion && (congestion->estimator().estimate().use == cc::PathUse::kOver || congestion->is_path_full() ||
                     !congestion->take_repair(now, size)))
    return fec.skip();
  auto& out = batch.datagrams().next().bytes;
  const auto written =
      stream.write_fec(now, next_number(stream), std::span(out).first(out.size() - srtp::kMaxOverhead));
  if (written.payload_size == 0) return context.counters.drop(DropReason::kTooLong);
  on_sent(now, stream, *stream.spec().fec_ssrc, written.sequence,
          EgressStream::sealed_size(written.header_size + written.payload_size));
  context.counters.add(Counter::kFecSent);
  batch.add_written(path, transport->session(), written.header_size, written.payload_size, {}, {});
}

}  // namespace tutti::peer
