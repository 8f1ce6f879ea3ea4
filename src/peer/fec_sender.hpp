// FecSender: FlexFEC beside one slot of video, while its receiver loses packets and is so far away that asking for them
// again takes too long. One packet protects a few; how few, the loss says. Owned by an EgressStream whose receiver
// takes FlexFEC; costs nothing while it is off.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "peer/loss_gate.hpp"
#include "tutti/peer/media_spec.hpp"
#include "tutti/peer/rewrite.hpp"
#include "tutti/proto/fec/flexfec_writer.hpp"

namespace tutti::peer {

class FecSender {
 public:
  // Has fec_ssrc and fec_payload_type.
  explicit FecSender(const ReceiveSpec& slot);
  // Of the same SSRCs: payload type and extensions may be others. The packets since the last FEC packet go without one.
  void update(const ReceiveSpec& slot);

  void on_loss(Timestamp now, double share, TimeDelta round_trip);
  bool is_on() const { return writer_ != nullptr; }

  // While it is on: a packet of the slot as it goes out. Retransmissions and padding are not protected. True if the FEC
  // packet for it and those before it is due.
  bool protect(Timestamp now, std::span<const uint8_t> header, std::span<const uint8_t> prefix,
               std::span<const uint8_t> rest, const Rewrite& rewrite);
  // Of the FEC packet's payload, at most.
  size_t size() const { return writer_->size(); }
  // The packets since the last FEC packet go without one.
  void skip() { writer_->clear(); }

  struct Written {
    size_t header_size = 0, payload_size = 0;  // 0: it does not fit
    SeqNum sequence;
  };
  // A whole FEC packet into `out`; begins the next.
  Written write(std::span<const uint8_t> extension_block, std::span<uint8_t> out);
  uint64_t packets() const { return packets_; }

 private:
  // How many packets one protects.
  size_t group() const;

  Ssrc source_, ssrc_;
  PayloadType payload_type_;
  rtp::ExtensionIds ids_;
  LossGate gate_{{.on = 0.01, .off = 0.003, .hold = TimeDelta::seconds(15)}};
  TimeDelta round_trip_;
  std::unique_ptr<fec::FlexfecWriter> writer_;  // while it is on
  Timestamp began_;                             // of the first packet not yet protected
  RtpTimestamp timestamp_;
  uint16_t sequence_ = 0;
  uint64_t packets_ = 0;
};

}  // namespace tutti::peer
