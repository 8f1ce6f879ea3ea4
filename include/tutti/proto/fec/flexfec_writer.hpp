// FlexfecWriter: protects a run of packets of one source by one that is their exclusive-or, so that any single one of
// them can be had back without asking. Combines at the time of sending and keeps one buffer, no packets.
// draft-ietf-payload-flexible-fec-scheme-03. Owned by an egress stream whose receiver gets FEC.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "tutti/proto/fec/flexfec_header.hpp"
#include "tutti/wire/rtp/extensions.hpp"

namespace tutti::fec {

struct PacketSum;

class FlexfecWriter {
 public:
  // `ids`: of the source's packets.
  FlexfecWriter(Ssrc source, const rtp::ExtensionIds& ids);
  ~FlexfecWriter();

  // The packet is `header`, `prefix` and `rest` one behind the other, as they will be encrypted. Not protected, and
  // false, is what is older than the run's first packet or too far from it.
  bool add(std::span<const uint8_t> header, std::span<const uint8_t> prefix, std::span<const uint8_t> rest);
  size_t packets() const { return packets_; }
  // Whether the next number still fits the shortest header.
  bool is_full() const { return packets_ > 0 && next_ >= FlexfecHeader::kShortMask; }

  // How much `write` needs.
  size_t size() const;
  // The payload of the FEC packet for what was added; begins the next run. 0 if nothing was, or `out` is too small.
  size_t write(std::span<uint8_t> out);
  // Begins the next run without a packet for this one.
  void clear();

 private:
  rtp::ExtensionIds ids_;
  FlexfecHeader header_;
  size_t packets_ = 0, next_ = 0;  // next_: behind the highest bit of the mask
  std::unique_ptr<PacketSum> sum_;
};

}  // namespace tutti::fec
