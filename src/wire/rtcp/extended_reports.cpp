#include "tutti/wire/rtcp/extended_reports.hpp"

#include "tutti/base/byte_reader.hpp"
#include "wire/rtcp/packet_writer.hpp"

namespace tutti::rtcp {

// RFC 3611 §3: after the sender's SSRC come blocks, each with
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |      BT       | type-specific |         block length          |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// and the length in 32-bit words, this one not counted.
constexpr uint8_t kReceiverReferenceTime = 4;
constexpr uint8_t kDlrr = 5;
constexpr size_t kReferenceTimeSize = 8;
constexpr size_t kDlrrItemSize = 12;

// §4.5: sub-blocks of SSRC, last RR and delay since last RR. False if they are not whole, or too many.
static bool read_dlrr(ByteReader block, SmallVector<ExtendedReports::Dlrr, 4>& out) {
  const size_t count = block.remaining() / kDlrrItemSize;
  if (block.remaining() % kDlrrItemSize != 0 || out.size() + count > ExtendedReports::kMaxDlrr) return false;
  for (size_t i = 0; i < count; ++i) {
    ExtendedReports::Dlrr item;
    item.receiver = Ssrc(block.u32());
    item.last_rr = block.u32();
    item.delay_since_last_rr = block.u32();
    out.push_back(item);
  }
  return true;
}

std::optional<ExtendedReports> ExtendedReports::parse(std::span<const uint8_t> body) {
  ByteReader r(body);
  ExtendedReports xr;
  xr.sender = Ssrc(r.u32());
  while (r.ok() && !r.at_end()) {
    const uint8_t type = r.u8();
    r.skip(1);
    ByteReader block = r.sub(size_t{r.u16()} * 4);
    if (!block.ok()) return std::nullopt;
    if (type == kReceiverReferenceTime) {
      // §4.4: "The block length MUST be set to the constant 2".
      if (block.remaining() != kReferenceTimeSize) return std::nullopt;
      xr.receiver_reference_time = NtpTime{block.u64()};
    } else if (type == kDlrr) {
      if (!read_dlrr(block, xr.dlrr)) return std::nullopt;
    }
  }
  if (!r.ok()) return std::nullopt;
  return xr;
}

static void write_block_header(ByteWriter& w, uint8_t type, size_t size) {
  w.u8(type);
  w.u8(0);
  w.u16(static_cast<uint16_t>(size / 4));
}

size_t ExtendedReports::serialize(std::span<uint8_t> out) const {
  if (dlrr.size() > kMaxDlrr) return 0;
  ByteWriter w(out);
  begin_packet(w, kTypeExtendedReports, 0);
  w.u32(sender.value());
  if (receiver_reference_time) {
    write_block_header(w, kReceiverReferenceTime, kReferenceTimeSize);
    w.u64(receiver_reference_time->value);
  }
  if (!dlrr.empty()) {
    write_block_header(w, kDlrr, dlrr.size() * kDlrrItemSize);
    for (const Dlrr& item : dlrr) {
      w.u32(item.receiver.value());
      w.u32(item.last_rr);
      w.u32(item.delay_since_last_rr);
    }
  }
  return finish_packet(w);
}

}  // namespace tutti::rtcp
