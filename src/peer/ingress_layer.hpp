// IngressLayer: everything about one SSRC that a participant publishes (one encoding of one track): numbering,
// duplicates, loss repair, statistics and keyframe requests. Owned by its IngressTable.
#pragma once

#include <optional>

#include "peer/layer_reader.hpp"
#include "tutti/base/drop_reason.hpp"
#include "tutti/peer/media_packet.hpp"
#include "tutti/peer/media_spec.hpp"
#include "tutti/proto/rtpstream/duplicate_filter.hpp"
#include "tutti/proto/rtpstream/keyframe_requester.hpp"
#include "tutti/proto/rtpstream/nack_requester.hpp"
#include "tutti/proto/rtpstream/receive_statistics.hpp"
#include "tutti/wire/rtp/header.hpp"

namespace tutti::peer {

class IngressLayer {
 public:
  IngressLayer(uint16_t track, uint8_t layer, const LayerSpec& spec) : track_(track), layer_(layer), rid_(spec.rid) {}

  uint16_t track() const { return track_; }
  uint8_t layer() const { return layer_; }
  const Rid& rid() const { return rid_; }
  std::optional<Ssrc> ssrc() const { return ssrc_; }
  std::optional<Ssrc> rtx_ssrc() const { return rtx_ssrc_; }

  // Names the SSRC. Another one than before starts the numbering anew, under the next epoch.
  void bind(Ssrc ssrc, const CodecSpec& codec);
  void bind_rtx(Ssrc ssrc) { rtx_ssrc_ = ssrc; }

  // Whether a packet that claims to be of this layer was here already. Changes nothing.
  bool is_duplicate(SeqNum sequence) const { return duplicates_.contains(unwrapper_.peek(sequence)); }

  // Whether this number lies behind the first packet of the layer and was not here yet.
  bool misses(SeqNum sequence) const {
    const ExtSeqNum ext = unwrapper_.peek(sequence);
    return first_ && ext > *first_ && !duplicates_.contains(ext);
  }

  // Counts an authenticated packet and fills `out` from it. `payload` is what stands behind the header (behind the
  // original sequence number, for a recovered one); `sequence` the original number. Returns why there is nothing to
  // hand on.
  std::optional<DropReason> accept(Timestamp now, const PublishSpec& spec, const rtp::Packet& packet, SeqNum sequence,
                                   std::span<const uint8_t> payload, bool recovered, MediaPacket& out);

  // The round trip to the publisher, if the packet accepted last was the answer to our one question for it.
  std::optional<TimeDelta> round_trip() const { return round_trip_; }

  rtpstream::NackRequester& nacks() { return nacks_; }
  const rtpstream::NackRequester& nacks() const { return nacks_; }
  rtpstream::KeyframeRequester& keyframes() { return keyframes_; }
  const rtpstream::KeyframeRequester& keyframes() const { return keyframes_; }
  rtpstream::ReceiveStatistics* statistics() { return statistics_ ? &*statistics_ : nullptr; }
  const rtpstream::ReceiveStatistics* statistics() const { return statistics_ ? &*statistics_ : nullptr; }
  uint64_t recovered_by_red = 0;

 private:
  void read_descriptor(const PublishSpec& spec, std::span<const uint8_t> payload, MediaPacket& out);

  uint16_t track_;
  uint8_t layer_;
  uint8_t epoch_ = 0;
  Rid rid_;
  std::optional<Ssrc> ssrc_, rtx_ssrc_;
  SeqNumUnwrapper unwrapper_;
  std::optional<ExtSeqNum> first_;
  rtpstream::DuplicateFilter duplicates_;
  rtpstream::NackRequester nacks_;
  std::optional<TimeDelta> round_trip_;
  rtpstream::KeyframeRequester keyframes_;
  std::optional<rtpstream::ReceiveStatistics> statistics_;  // once the SSRC is known
  LayerReader layers_;
};

}  // namespace tutti::peer
