// FlexfecReceiver: gives back packets of one source that were lost, from FlexFEC packets and what else of their runs
// arrived. The other half of FlexfecWriter, for receivers in tests and measurements: the daemon asks publishers for
// what it misses. draft-ietf-payload-flexible-fec-scheme-03 §6.3. Bounded; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "tutti/proto/fec/flexfec_header.hpp"
#include "tutti/wire/rtp/extensions.hpp"

namespace tutti::fec {

class FlexfecReceiver {
 public:
  static constexpr size_t kMaxPackets = 256, kMaxFec = 64;

  FlexfecReceiver(Ssrc source, const rtp::ExtensionIds& ids) : source_(source), ids_(ids) {}

  // A plain packet of the source, retransmissions aside. Returns what can be had back now that it is here: whole
  // packets, those of their extensions that are stamped at the last moment being zero.
  std::vector<std::vector<uint8_t>> on_packet(std::span<const uint8_t> packet);
  // The payload of a plain FEC packet.
  std::vector<std::vector<uint8_t>> on_fec(std::span<const uint8_t> payload);
  uint64_t recovered() const { return recovered_; }

 private:
  struct Kept {
    SeqNum sequence;
    std::vector<uint8_t> bytes;
  };
  struct Fec {
    FlexfecHeader header;
    std::vector<uint8_t> body;
  };
  const Kept* find(SeqNum sequence) const;
  void keep(std::span<const uint8_t> packet);
  // Until nothing more comes of it: a packet that is back may be what another run lacked.
  std::vector<std::vector<uint8_t>> recover();
  std::optional<std::vector<uint8_t>> recover_one(const Fec& fec, SeqNum missing) const;

  Ssrc source_;
  rtp::ExtensionIds ids_;
  std::deque<Kept> packets_;
  std::deque<Fec> fec_;
  uint64_t recovered_ = 0;
};

}  // namespace tutti::fec
