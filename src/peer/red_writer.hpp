// RedWriter: puts the last one or two Opus packets of a slot in front of the next one, RFC 2198, while its receiver
// loses some. Nothing is encoded: a block is the very payload that was sent before. Owned by an EgressStream whose
// receiver accepts RED.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "peer/loss_gate.hpp"
#include "tutti/peer/media_packet.hpp"
#include "tutti/peer/rewrite.hpp"

namespace tutti::peer {

class RedWriter {
 public:
  static constexpr size_t kMaxBlocks = 2;
  // What a subscription remembers to have sent: a second, or 64 packets of 20 ms (room::SentHistory).
  static constexpr TimeDelta kAskedForWithin = TimeDelta::seconds(4);

  RedWriter(PayloadType codec, PayloadType red) : codec_(codec), red_(red) {}

  // What the receiver calls them from now on.
  void set_types(PayloadType codec, PayloadType red);
  void on_loss(Timestamp now, double share);
  bool is_on() const { return gate_.is_on(); }

  // `datagram` begins with the finished header of `packet` as the slot's receiver gets it. Where there is something to
  // repeat, writes the block headers and the earlier payloads behind it, changes the payload type in it and returns how
  // many bytes stand between header and payload; else 0: the packet goes out as it is.
  size_t write(Timestamp now, const PacketRef& packet, const Rewrite& rewrite, size_t header_size,
               std::span<uint8_t> datagram);

  // Whether packets that may be asked for again went out with redundancy. A repeat would differ from them.
  bool sent_lately(Timestamp now) const { return last_sent_ && now - *last_sent_ < kAskedForWithin; }
  uint64_t packets() const { return packets_; }

 private:
  struct Sent {
    PacketRef packet;
    RtpTimestamp timestamp;
    SeqNum sequence;
  };
  bool repeats(const Sent& earlier, const Rewrite& rewrite) const;
  void remember(const PacketRef& packet, const Rewrite& rewrite);
  void forget();

  PayloadType codec_, red_;
  LossGate gate_{{.on = 0.02, .off = 0.005, .hold = TimeDelta::seconds(15)}};
  std::array<Sent, kMaxBlocks> sent_;  // newest first
  std::optional<Timestamp> last_sent_;
  uint64_t packets_ = 0;
};

}  // namespace tutti::peer
