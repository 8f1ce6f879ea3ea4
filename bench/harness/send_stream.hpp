// SendStream: one SSRC that a person sends: where it is in its program, its numbers and times, the VP8 descriptor of
// each packet, and what it needs to send a packet again (RFC 4588). Sans-IO: says what is due, gives packets to seal.
// Owned by its Person.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/program.hpp"
#include "tutti/base/ids.hpp"
#include "tutti/base/random.hpp"
#include "tutti/base/seq_num.hpp"
#include "tutti/proto/rtpstream/rtx.hpp"
#include "tutti/wire/rtp/header.hpp"

namespace tutti::bench {

// What stands before a packet's shared bytes: RTX's original number, then descriptor, frame header and stamp.
struct PacketPrefix {
  std::array<uint8_t, rtpstream::kRtxHeaderSize + kLeastVideoPayload> bytes;
  uint8_t size = 0;
  uint8_t stamp_at = 0;  // where the stamp stands; 0: there is none
  void append(std::span<const uint8_t> more);
};

struct OutgoingPacket {
  rtp::HeaderFields header;
  PacketPrefix prefix;
  const ProgramPacket* shared = nullptr;
};

class SendStream {
 public:
  struct Config {
    MediaKind kind = MediaKind::kVideo;
    const Program* program = nullptr;
    Ssrc ssrc;
    std::optional<Ssrc> rtx_ssrc;
    PayloadType payload_type, rtx_payload_type;
    std::string rid;  // of simulcast
  };
  SendStream(const Config& config, Random& random);

  // Begins with the first frame at `at`.
  void start(Timestamp at);
  void stop() { due_ = Timestamp::never(); }
  // When the next frame is to be sent, never() while stopped.
  Timestamp due() const { return due_; }

  // Takes the frame that is due, however late it is, and returns of how many packets it is; `due` is then the next
  // one's.
  size_t take_frame();
  // The next packet of the frame taken last; at most as many as it has.
  OutgoingPacket next_packet();
  // The level of the frame taken last.
  uint8_t level() const { return taken_->level; }
  // What was sent, with its stamp, so that it can be sent again; does nothing without RTX.
  void keep(const OutgoingPacket& packet);
  // An earlier packet under the RTX stream's SSRC; nothing without RTX or if it is too long ago.
  std::optional<OutgoingPacket> again(SeqNum lost);

  // The next frame will be a keyframe.
  void want_keyframe() { keyframe_wanted_ = true; }
  uint64_t keyframes_asked() const { return keyframes_asked_; }

  const Config& config() const { return config_; }
  uint64_t packets() const { return packets_; }
  uint64_t octets() const { return octets_; }
  // Of the frame taken last, and when it was due.
  RtpTimestamp last_timestamp() const { return timestamp_; }
  Timestamp last_due() const { return last_due_; }

 private:
  static constexpr size_t kKept = 256;

  void write_prefix(const ProgramPacket& packet, PacketPrefix& prefix) const;

  Config config_;
  Timestamp due_ = Timestamp::never();
  Timestamp loop_begin_, last_due_;
  size_t frame_ = 0;  // the next one
  const ProgramFrame* taken_ = nullptr;
  size_t packet_ = 0;  // of it, the next one
  bool keyframe_wanted_ = false;
  uint32_t timestamp_base_;
  RtpTimestamp timestamp_;
  SeqNum sequence_, rtx_sequence_;
  uint16_t picture_id_;
  uint8_t tl0_pic_idx_;
  std::vector<OutgoingPacket> kept_;
  uint64_t packets_ = 0, octets_ = 0, keyframes_asked_ = 0;
};

}  // namespace tutti::bench
