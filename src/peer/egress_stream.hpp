// EgressStream: one slot towards its receiver: what is the same for every packet of it (SSRC, payload types, the ids of its
// header extensions), its RTX sequence, its totals and its clock for sender reports. Owned by a Peer.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "peer/fec_sender.hpp"
#include "peer/red_writer.hpp"
#include "peer/sent_numbers.hpp"
#include "tutti/base/units.hpp"
#include "tutti/peer/media_packet.hpp"
#include "tutti/peer/media_spec.hpp"
#include "tutti/peer/rewrite.hpp"
#include "tutti/proto/rtpstream/send_statistics.hpp"

namespace tutti::peer {

class EgressStream {
 public:
  explicit EgressStream(ReceiveSpec spec);

  const ReceiveSpec& spec() const { return spec_; }
  // What another offer made of the slot. Of the SSRCs that it keeps all numbers go on.
  void update(Timestamp now, const ReceiveSpec& spec);

  // How one packet stands on the wire: header written into `out`, and the bytes that go between it and the shared payload.
  struct Wire {
    size_t header_size = 0;  // 0: does not fit
    Ssrc ssrc;               // as in the header
    SeqNum sequence;
    size_t prefix_size = 0;
    size_t skip = 0;         // bytes of the shared payload that the prefix replaces
    std::array<uint8_t, 2 + payload::Vp8Descriptor::kMaxSize> prefix;
  };
  // `transport_sequence` is stamped if the receiver negotiated it.
  Wire write(Timestamp now, const MediaPacket* packet, const Rewrite& rewrite, bool as_rtx,
             std::optional<SeqNum> transport_sequence, std::span<uint8_t> out);
  // The header of a packet of nothing but padding on the RTX stream. RFC 3550 §5.1: the padding, its count in its last byte, is all its
  // payload. Only if can_pad().
  Wire write_padding(Timestamp now, std::optional<SeqNum> transport_sequence, std::span<uint8_t> out);
  bool can_pad() const;
  // What a datagram has beside its payload, as the last packet had it: headers, and a tag of SRTP.
  size_t overhead() const { return overhead_; }
  // Of a datagram with so many bytes of header and payload.
  static DataSize sealed_size(size_t plain) { return DataSize::bytes(static_cast<int64_t>(plain + kTagSize)); }
  // Whether its receiver agreed to ask for what it misses.
  bool takes_nacks() const {
    return std::any_of(spec_.codecs.begin(), spec_.codecs.end(), [](const CodecSpec& c) { return c.nack; });
  }
  // Whether the slot can carry retransmissions of this payload type by RFC 4588.
  std::optional<PayloadType> rtx_type(PayloadType type) const;
  bool wants_transport_sequence() const { return spec_.extensions.has(rtp::Extension::kTransportSequenceNumber); }
  // Without RTX a packet may be sent again only if nothing in it differs: AES-GCM must never see two texts under one nonce.
  bool repeats_exactly(Timestamp now) const {
    return !wants_transport_sequence() && !spec_.extensions.has(rtp::Extension::kAbsSendTime) &&
           !(red_ && red_->sent_lately(now)) && now - updated_at_ >= RedWriter::kAskedForWithin;
  }
  // Null if the receiver does not accept RED.
  RedWriter* red() const { return red_.get(); }
  // Null if the receiver does not take FlexFEC.
  FecSender* fec() const { return fec_.get(); }
  // The FEC packet that is due.
  FecSender::Written write_fec(Timestamp now, std::optional<SeqNum> transport_sequence, std::span<uint8_t> out);
  // What the receiver, or its path, lost of late, and how far away it is.
  void on_loss(Timestamp now, double share, TimeDelta round_trip);

  // Whether a packet may go out: in the long run no more is sent again than was sent. A receiver that asks for everything,
  // over and over, gets it twice, not a thousand times for one datagram of NACKs.
  bool take_turn(bool retransmission) {
    if (retransmission && retransmissions_left_ == 0) return false;
    retransmissions_left_ = retransmission ? retransmissions_left_ - 1 : std::min(retransmissions_left_ + 1, kMaxRetransmissions);
    return true;
  }

  // Whether this number may be sent again now: not while the answer to the request before may still be on its way, and never if it was
  // not sent at all. `round_trip`: the least that was seen.
  bool may_repeat(Timestamp now, SeqNum sequence, TimeDelta round_trip);
  // These numbers were given up before they were sent.
  void set_unsent(Timestamp now, SeqNum first, SeqNum last);
  // Until a keyframe begins, packets are of no use to the receiver.
  bool awaits_keyframe = false;
  Timestamp keyframe_wanted_at;

  void set_timing(Timestamp captured, RtpTimestamp rtp) {
    timing_at_ = captured;
    timing_rtp_ = rtp;
  }
  // The RTP timestamp of `now` on this stream; nothing before something was sent.
  std::optional<RtpTimestamp> rtp_at(Timestamp now) const;

  rtpstream::SendStatistics& statistics() { return statistics_; }
  const rtpstream::SendStatistics& statistics() const { return statistics_; }
  uint64_t nacks = 0, plis = 0;
  // A packet left under a number that was not used before. A keyframe may announce itself with more than one packet
  // (the parameter sets of H.264, then its slices), and late ones may come after those of the next.
  void on_sent(const MediaPacket* packet, const Rewrite& rewrite) {
    const bool begins = packet && packet->keyframe && !rewrite.padding_only && keyframe_picture_ != rewrite.timestamp;
    if (begins && (!keyframe_ || is_newer(rewrite.sequence, *keyframe_))) {
      keyframe_ = rewrite.sequence;
      keyframe_picture_ = rewrite.timestamp;
    } else if (keyframe_ && wrap_distance(keyframe_->value(), rewrite.sequence.value()) > kKeyframeReach) {
      keyframe_.reset();
    }
    if (numbers_) numbers_->on_sent(rewrite.sequence);
  }
  // Of pictures: whether the newest keyframe began after this number.
  bool is_outdated(SeqNum sequence) const { return keyframe_ && is_newer(*keyframe_, sequence); }
  // That of the newest keyframe that has begun to leave.
  std::optional<RtpTimestamp> keyframe_picture() const { return keyframe_picture_; }
  // Of what a report says, the part that was lost on the way; nothing where nobody asks: there is no redundancy to turn
  // on.
  std::optional<double> path_loss(const rtcp::ReportBlock& block) {
    return numbers_ ? std::optional(numbers_->path_loss(block)) : std::nullopt;
  }

 private:
  // Of SRTP with GCM; others have less.
  static constexpr size_t kTagSize = 16;
  // As many as a subscription remembers to have sent (room::Forwarder).
  static constexpr uint32_t kMaxRetransmissions = 512;

  static constexpr size_t kUnsentRanges = 32;
  // Further behind, numbers could be of the lap before. They come round again.
  static constexpr int kKeyframeReach = 1 << 14;

  struct Repeat {
    SeqNum sequence;
    Timestamp at = Timestamp::long_ago();
  };
  static constexpr size_t kRepeats = 64;

  // What follows from the spec.
  void agree();
  void add_common_extensions(Timestamp now, std::optional<SeqNum> transport_sequence, rtp::ExtensionWriter& extensions) const;

  ReceiveSpec spec_;
  Timestamp updated_at_ = Timestamp::long_ago();
  bool two_byte_extensions_ = false;
  size_t overhead_ = 60;
  std::vector<Repeat> repeats_;  // by number modulo kRepeats; none before the first request
  std::vector<std::pair<SeqNum, SeqNum>> unsent_;  // the newest kUnsentRanges
  std::optional<SeqNum> keyframe_;
  std::optional<RtpTimestamp> keyframe_picture_;
  Timestamp unsent_at_;
  uint16_t rtx_sequence_ = 0;
  uint32_t retransmissions_left_ = 64;
  rtpstream::SendStatistics statistics_;
  std::optional<Timestamp> timing_at_;
  RtpTimestamp timing_rtp_;
  uint32_t clock_rate_hz_ = 0;
  std::unique_ptr<RedWriter> red_;
  std::unique_ptr<FecSender> fec_;
  std::unique_ptr<SentNumbers> numbers_;  // beside either of them
};

}  // namespace tutti::peer
