// Receiver report: what a participant that sends nothing received from others. RFC 3550 §6.4.2. Value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/base/ids.hpp"
#include "tutti/base/small_vector.hpp"
#include "tutti/wire/rtcp/header.hpp"
#include "tutti/wire/rtcp/report_block.hpp"

namespace tutti::rtcp {

struct ReceiverReport {
  Ssrc sender;
  SmallVector<ReportBlock, kMaxCount> blocks;

  // Profile-specific extensions after the blocks are ignored.
  static std::optional<ReceiverReport> parse(const PacketView& packet);
  // The whole RTCP packet. Returns the bytes written, 0 if `out` is too small or there are more than kMaxCount blocks.
  size_t serialize(std::span<uint8_t> out) const;
  bool operator==(const ReceiverReport&) const = default;
};

}  // namespace tutti::rtcp
