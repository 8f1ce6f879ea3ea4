#include "harness/send_stream.hpp"

#include <algorithm>

#include "tutti/wire/payload/vp8.hpp"

namespace tutti::bench {

void PacketPrefix::append(std::span<const uint8_t> more) {
  std::copy(more.begin(), more.end(), bytes.begin() + size);
  size = static_cast<uint8_t>(size + more.size());
}

// Numbers begin in the lower half: what wraps early would test the server, not measure it.
SendStream::SendStream(const Config& config, Random& random)
    : config_(config),
      timestamp_base_(random.u32()),
      sequence_(static_cast<uint16_t>(random.below(0x8000))),
      rtx_sequence_(static_cast<uint16_t>(random.below(0x8000))),
      picture_id_(static_cast<uint16_t>(random.below(0x8000))),
      tl0_pic_idx_(static_cast<uint8_t>(random.below(256))) {
  if (config_.rtx_ssrc) kept_.resize(kKept);
}

// Silence with DTX does not begin with a packet, so the first frame's own time is taken off.
void SendStream::start(Timestamp at) {
  loop_begin_ = at - config_.program->frames.front().due;
  frame_ = 0;
  due_ = at;
}

size_t SendStream::take_frame() {
  const Program& program = *config_.program;
  taken_ = &program.frames[frame_];
  if (keyframe_wanted_ && !taken_->keyframe) {
    ++keyframes_asked_;
    if (!program.keyframe.packets.empty()) {
      taken_ = &program.keyframe;
    } else {
      // Real VP8 has its keyframe at the loop's beginning only: the loop begins anew, and the stream's time goes on.
      timestamp_base_ += taken_->timestamp;
      loop_begin_ = due_;
      frame_ = 0;
      taken_ = &program.frames.front();
    }
  }
  keyframe_wanted_ = false;
  last_due_ = due_;
  timestamp_ = RtpTimestamp(timestamp_base_ + program.frames[frame_].timestamp);
  picture_id_ = static_cast<uint16_t>((picture_id_ + 1) & 0x7FFF);
  ++tl0_pic_idx_;
  packet_ = 0;

  if (++frame_ == program.frames.size()) {
    frame_ = 0;
    loop_begin_ = loop_begin_ + program.length;
    timestamp_base_ += program.length_ticks;
  }
  due_ = loop_begin_ + program.frames[frame_].due;
  return taken_->packets.size();
}

OutgoingPacket SendStream::next_packet() {
  OutgoingPacket out;
  out.shared = &taken_->packets[packet_++];
  const bool last = packet_ == taken_->packets.size();
  out.header = {config_.kind == MediaKind::kVideo && last, config_.payload_type, sequence_, timestamp_, config_.ssrc};
  write_prefix(*out.shared, out.prefix);
  sequence_ = sequence_ + 1;
  ++packets_;
  octets_ += out.prefix.size + out.shared->rest.size();
  return out;
}

void SendStream::write_prefix(const ProgramPacket& packet, PacketPrefix& prefix) const {
  const Program& program = *config_.program;
  if (config_.kind == MediaKind::kVideo) {
    payload::Vp8Descriptor descriptor;
    descriptor.start_of_partition = packet.starts_frame;
    descriptor.picture_id = picture_id_;
    descriptor.tl0_pic_idx = tl0_pic_idx_;
    descriptor.temporal_id = 0;
    std::array<uint8_t, payload::Vp8Descriptor::kMaxSize> bytes;
    prefix.append(std::span(bytes).first(descriptor.write(bytes)));
    if (program.stamped && packet.starts_frame) {
      // RFC 6386 §9.1: not a keyframe (bit 0), shown (bit 4); behind a keyframe's tag its start code and size.
      std::array<uint8_t, kVp8FrameHeaderSize> header = {0x11};
      if (taken_->keyframe) {
        header = {0x10,
                  0,
                  0,
                  0x9D,
                  0x01,
                  0x2A,
                  static_cast<uint8_t>(program.width),
                  static_cast<uint8_t>(program.width >> 8),
                  static_cast<uint8_t>(program.height),
                  static_cast<uint8_t>(program.height >> 8)};
      }
      prefix.append(header);
    }
  } else if (program.stamped) {
    const uint8_t toc = 0xF8;  // RFC 6716 §3.1: CELT, full band, 20 ms, mono, one frame
    prefix.append({&toc, 1});
  }
  if (!program.stamped) return;
  prefix.stamp_at = prefix.size;
  prefix.size = static_cast<uint8_t>(prefix.size + kStampSize);
}

void SendStream::keep(const OutgoingPacket& packet) {
  if (!kept_.empty()) kept_[packet.header.sequence.value() % kKept] = packet;
}

// RFC 4588 §4: "the OSN (original sequence number) field", then the original payload.
std::optional<OutgoingPacket> SendStream::again(SeqNum lost) {
  if (kept_.empty()) return std::nullopt;
  const OutgoingPacket& kept = kept_[lost.value() % kKept];
  if (kept.shared == nullptr || kept.header.sequence != lost) return std::nullopt;
  OutgoingPacket out = kept;
  out.header.ssrc = *config_.rtx_ssrc;
  out.header.payload_type = config_.rtx_payload_type;
  out.header.sequence = rtx_sequence_;
  rtx_sequence_ = rtx_sequence_ + 1;
  const std::array<uint8_t, rtpstream::kRtxHeaderSize> original = {static_cast<uint8_t>(lost.value() >> 8),
                                                                   static_cast<uint8_t>(lost.value())};
  out.prefix = {};
  out.prefix.append(original);
  out.prefix.append(std::span(kept.prefix.bytes).first(kept.prefix.size));
  return out;
}

}  // namespace tutti::bench
