#include "tutti/proto/fec/flexfec_receiver.hpp"

#include <algorithm>

#include "proto/fec/packet_sum.hpp"
#include "tutti/base/byte_writer.hpp"

namespace tutti::fec {

std::vector<std::vector<uint8_t>> FlexfecReceiver::on_packet(std::span<const uint8_t> packet) {
  const auto parsed = rtp::parse(packet);
  if (!parsed || parsed->ssrc != source_ || packet.size() > kMaxDatagram || find(parsed->sequence)) return {};
  keep(packet);
  return recover();
}

std::vector<std::vector<uint8_t>> FlexfecReceiver::on_fec(std::span<const uint8_t> payload) {
  const auto header = FlexfecHeader::parse(payload);
  if (!header || header->source != source_ || payload.size() - header->size > kMaxDatagram) return {};
  const auto body = payload.subspan(header->size);
  fec_.push_back({*header, {body.begin(), body.end()}});
  if (fec_.size() > kMaxFec) fec_.pop_front();
  return recover();
}

const FlexfecReceiver::Kept* FlexfecReceiver::find(SeqNum sequence) const {
  const auto at =
      std::find_if(packets_.rbegin(), packets_.rend(), [&](const Kept& k) { return k.sequence == sequence; });
  return at == packets_.rend() ? nullptr : &*at;
}

void FlexfecReceiver::keep(std::span<const uint8_t> packet) {
  packets_.push_back({SeqNum(static_cast<uint16_t>(packet[2] << 8 | packet[3])), {packet.begin(), packet.end()}});
  if (packets_.size() > kMaxPackets) packets_.pop_front();
}

std::vector<std::vector<uint8_t>> FlexfecReceiver::recover() {
  std::vector<std::vector<uint8_t>> out;
  for (bool again = true; again;) {
    again = false;
    for (size_t i = 0; i < fec_.size(); ++i) {
      const FlexfecHeader& header = fec_[i].header;
      size_t missing = 0;
      SeqNum which;
      for (size_t bit = 0; bit < FlexfecHeader::kMaxProtected && missing < 2; ++bit) {
        const SeqNum sequence = header.base + static_cast<int>(bit);
        if (!header.mask[bit] || find(sequence)) continue;
        which = sequence;
        ++missing;
      }
      if (missing > 1) continue;
      auto packet = missing == 1 ? recover_one(fec_[i], which) : std::nullopt;
      fec_.erase(fec_.begin() + static_cast<std::ptrdiff_t>(i--));
      if (!packet) continue;
      ++recovered_;
      keep(*packet);
      out.push_back(std::move(*packet));
      again = true;
    }
  }
  return out;
}

std::optional<std::vector<uint8_t>> FlexfecReceiver::recover_one(const Fec& fec, SeqNum missing) const {
  PacketSum sum;
  sum.start = fec.header.start;
  sum.length = fec.header.length;
  sum.timestamp = fec.header.timestamp;
  sum.combine(0, fec.body);
  for (size_t bit = 0; bit < FlexfecHeader::kMaxProtected; ++bit) {
    const SeqNum sequence = fec.header.base + static_cast<int>(bit);
    if (!fec.header.mask[bit] || sequence == missing) continue;
    if (!sum.add(std::array{std::span<const uint8_t>(find(sequence)->bytes)}, ids_)) return std::nullopt;
  }
  if (sum.length > sum.body.size() || sum.length > std::max(sum.body_size, fec.body.size())) return std::nullopt;
  std::vector<uint8_t> packet(rtp::kFixedHeaderSize + sum.length);
  ByteWriter w(packet);
  w.u8(static_cast<uint8_t>(0x80 | (sum.start[0] & 0x3F)));
  w.u8(sum.start[1]);
  w.u16(missing.value());
  w.u32(sum.timestamp);
  w.u32(source_.value());
  w.bytes(std::span(sum.body).first(sum.length));
  return packet;
}

}  // namespace tutti::fec
