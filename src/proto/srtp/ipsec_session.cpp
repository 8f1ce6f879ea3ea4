#include "proto/srtp/ipsec_session.hpp"

#include <algorithm>

#include "proto/srtp/packet_index.hpp"
#include "proto/srtp/suite_shape.hpp"
#include "tutti/base/byte_reader.hpp"

namespace tutti::srtp {
namespace {

constexpr uint32_t kMaxRtcpIndex = 0x7FFFFFFF;
constexpr uint64_t kMaxRtpIndex = 0xFFFF'FFFF'FFFF;

uint32_t u32_at(std::span<const uint8_t> packet, size_t at) { return ByteReader(packet.subspan(at)).u32(); }

// RFC 3550 §5.1, §5.3.1: what stays readable, up to the end of the CSRCs or of the header extension. 0 if it is cut.
size_t rtp_header_size(std::span<const uint8_t> packet) {
  ByteReader reader(packet);
  const uint8_t first = reader.u8();
  reader.skip(kRtpFixedHeaderSize - 1 + 4 * (first & 0x0F));
  if (first & 0x10) {
    reader.skip(2);
    reader.skip(4 * size_t{reader.u16()});
  }
  return reader.ok() ? reader.position() : 0;
}

}  // namespace

// RFC 3711 §3.3, steps 2 to 8 of a receiver: nothing changes before the packet has authenticated.
OpenResult IpsecSession::open_rtp(std::span<uint8_t> packet) {
  const size_t tag_size = rtp_tag_size(suite_);
  if (packet.size() < kRtpFixedHeaderSize + tag_size) return DropReason::kTooShort;
  const Ssrc ssrc(u32_at(packet, 8));
  ReceivedSource* source = received_.find(ssrc);
  if (!source && retired_.contains(ssrc)) return DropReason::kSrtpReplay;
  if (!source && received_.size() == kMaxReceivedSources) return DropReason::kRtpUnknownSsrc;
  const size_t header_size = rtp_header_size(packet);
  if (header_size == 0) return DropReason::kTooShort;

  const ReplayWindow<kRtpReplayWindow>* window = source ? source->rtp.get() : nullptr;
  const uint64_t index = estimate_index(window ? window->highest() : 0, ByteReader(packet.subspan(2)).u16());
  if (window && !window->is_new(index)) return DropReason::kSrtpReplay;
  if (packet.size() < header_size + tag_size) return DropReason::kTooShort;
  if (!open_rtp_text(packet, header_size, ssrc, index)) return DropReason::kSrtpAuth;

  if (!source) source = &received_.get(ssrc);
  if (!source->rtp) source->rtp = std::make_unique<ReplayWindow<kRtpReplayWindow>>();
  source->rtp->mark(index);
  return packet.size() - tag_size;
}

// RFC 3711 §3.4
OpenResult IpsecSession::open_rtcp(std::span<uint8_t> packet) {
  const size_t overhead = rtcp_overhead(suite_);
  if (packet.size() < kRtcpHeaderSize + overhead) return DropReason::kTooShort;
  const Ssrc ssrc(u32_at(packet, 4));
  ReceivedSource* source = received_.find(ssrc);
  if (!source && retired_.contains(ssrc)) return DropReason::kSrtpReplay;
  if (!source && received_.size() == kMaxReceivedSources) return DropReason::kRtpUnknownSsrc;

  const uint32_t index_word = rtcp_index_word(suite_, packet);
  if ((index_word & kRtcpEncrypted) == 0) return DropReason::kSrtpAuth;
  const uint32_t index = index_word & ~kRtcpEncrypted;
  if (source && !source->rtcp.is_new(index)) return DropReason::kSrtpReplay;
  if (!open_rtcp_text(packet, ssrc, index_word)) return DropReason::kSrtpAuth;

  if (!source) source = &received_.get(ssrc);
  source->rtcp.mark(index);
  return packet.size() - overhead;
}

size_t IpsecSession::seal_rtcp(std::span<uint8_t> buffer, size_t size) {
  if (size < kRtcpHeaderSize || size + kMaxOverhead > buffer.size()) return 0;
  const Ssrc ssrc(u32_at(buffer, 4));
  SentSource& source = sent_.get(ssrc);
  // RFC 3711 §9.2: a key does not outlive its indices.
  if (source.rtcp_index == kMaxRtcpIndex) return 0;
  seal_rtcp_text(buffer, size, ssrc, ++source.rtcp_index | kRtcpEncrypted);
  return size + rtcp_overhead(suite_);
}

std::optional<uint64_t> IpsecSession::index_to_send(Ssrc ssrc, uint16_t sequence) {
  SentSource& source = sent_.get(ssrc);
  const uint64_t index = estimate_index(source.highest_index, sequence);
  // A receiver would not take it, and a rollover counter that is wrong would reuse a keystream.
  if (index + kRtpReplayWindow <= source.highest_index || index > kMaxRtpIndex) return std::nullopt;
  source.highest_index = std::max(source.highest_index, index);
  return index;
}

}  // namespace tutti::srtp
