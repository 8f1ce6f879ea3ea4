#include "peer/fec_sender.hpp"

#include "tutti/wire/rtp/header.hpp"

namespace tutti::peer {
namespace {

// Below this a retransmission is there before the picture is waited for.
constexpr TimeDelta kFar = TimeDelta::millis(120), kNear = TimeDelta::millis(90);

}  // namespace

FecSender::FecSender(const ReceiveSpec& slot)
    : source_(slot.ssrc), ssrc_(*slot.fec_ssrc), payload_type_(*slot.fec_payload_type), ids_(slot.extensions) {}

void FecSender::update(const ReceiveSpec& slot) {
  payload_type_ = *slot.fec_payload_type;
  ids_ = slot.extensions;
  if (writer_) writer_ = std::make_unique<fec::FlexfecWriter>(source_, ids_);
}

void FecSender::on_loss(Timestamp now, double share, TimeDelta round_trip) {
  gate_.on_loss(now, share);
  round_trip_ = round_trip;
  const bool wanted = gate_.is_on() && round_trip >= (is_on() ? kNear : kFar);
  if (!wanted) {
    writer_.reset();
  } else if (!writer_) {
    writer_ = std::make_unique<fec::FlexfecWriter>(source_, ids_);
  }
}

bool FecSender::protect(Timestamp now, std::span<const uint8_t> header, std::span<const uint8_t> prefix,
                        std::span<const uint8_t> rest, const Rewrite& rewrite) {
  if (writer_->packets() == 0) began_ = now;
  writer_->add(header, prefix, rest);
  timestamp_ = rewrite.timestamp;
  if (writer_->packets() == 0) return false;
  // What small frames lack to a group is not waited for longer than a retransmission would take from where it is asked
  // for.
  return writer_->packets() >= group() || writer_->is_full() || (rewrite.marker && now - began_ >= round_trip_ / 2);
}

// A group loses two, beyond repair, about as often at each step.
size_t FecSender::group() const {
  const double loss = gate_.loss();
  return loss >= 0.12 ? 3 : loss >= 0.06 ? 4 : loss >= 0.03 ? 6 : 10;
}

FecSender::Written FecSender::write(std::span<const uint8_t> extension_block, std::span<uint8_t> out) {
  const rtp::HeaderFields fields{false, payload_type_, SeqNum(sequence_), timestamp_, ssrc_, {}};
  const size_t header = rtp::write_header(fields, extension_block, out);
  const size_t payload = header == 0 ? 0 : writer_->write(out.subspan(header));
  if (payload == 0) {
    skip();
    return {};
  }
  ++packets_;
  return {header, payload, SeqNum(sequence_++)};
}

}  // namespace tutti::peer
