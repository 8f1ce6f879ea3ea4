#include "tutti/proto/fec/flexfec_writer.hpp"

#include <algorithm>

#include "proto/fec/packet_sum.hpp"

namespace tutti::fec {

FlexfecWriter::FlexfecWriter(Ssrc source, const rtp::ExtensionIds& ids)
    : ids_(ids), sum_(std::make_unique<PacketSum>()) {
  header_.source = source;
}
FlexfecWriter::~FlexfecWriter() = default;

bool FlexfecWriter::add(std::span<const uint8_t> header, std::span<const uint8_t> prefix,
                        std::span<const uint8_t> rest) {
  if (header.size() < rtp::kFixedHeaderSize) return false;
  const SeqNum sequence(static_cast<uint16_t>(header[2] << 8 | header[3]));
  const int distance = packets_ == 0 ? 0 : wrap_distance(header_.base.value(), sequence.value());
  if (distance < 0 || distance >= static_cast<int>(FlexfecHeader::kMaxProtected)) return false;
  const auto bit = static_cast<size_t>(distance);
  if (packets_ > 0 && header_.mask[bit]) return false;
  if (!sum_->add(std::array{header, prefix, rest}, ids_)) return false;
  if (packets_ == 0) header_.base = sequence;
  header_.mask[bit] = true;
  next_ = std::max(next_, bit + 1);
  ++packets_;
  return true;
}

size_t FlexfecWriter::size() const { return FlexfecHeader::kMaxSize + sum_->body_size; }

size_t FlexfecWriter::write(std::span<uint8_t> out) {
  if (packets_ == 0) return 0;
  header_.start = sum_->start;
  header_.length = sum_->length;
  header_.timestamp = sum_->timestamp;
  const size_t header = header_.serialize(out);
  if (header == 0 || header + sum_->body_size > out.size()) return 0;
  std::copy_n(sum_->body.begin(), sum_->body_size, out.begin() + static_cast<std::ptrdiff_t>(header));
  const size_t size = header + sum_->body_size;
  clear();
  return size;
}

void FlexfecWriter::clear() {
  *sum_ = {};
  header_.mask.reset();
  packets_ = next_ = 0;
}

}  // namespace tutti::fec
