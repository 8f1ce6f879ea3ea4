#include "proto/cc/robust_throughput.hpp"

#include <algorithm>

namespace tutti::cc {

void RobustThroughput::on_packet(Timestamp sent, Timestamp arrived, DataSize size) {
  const auto bytes = static_cast<uint32_t>(size.bytes());
  if (count_ > 0 && arrived < newest().last_arrived - kMaxReordering) *this = {};  // the receiver's clock was set
  if (count_ == 0 || arrived >= newest().first_arrived + kBin) {
    if (count_ == kBins) {
      packets_ -= bin(0).packets;
      first_ = (first_ + 1) % kBins;
      --count_;
    }
    ++count_;
    newest() = {sent, sent, arrived, arrived, {}, bytes, 1, bytes, bytes};
  } else {
    Bin& b = newest();
    if (arrived > b.last_arrived) {
      b.longest_gap = std::max(b.longest_gap, arrived - b.last_arrived);
      b.last_arrived = arrived;
    }
    if (sent > b.last_sent) {
      b.last_sent = sent;
      b.last_sent_bytes = bytes;
    }
    b.first_sent = std::min(b.first_sent, sent);
    b.bytes += bytes;
    ++b.packets;
  }
  ++packets_;
  drop_old();
}

void RobustThroughput::drop_old() {
  const auto is_old = [this] {
    const TimeDelta without = newest().last_arrived - bin(1).first_arrived;
    return newest().last_arrived - bin(0).first_arrived > kMaxWindow ||
           (without >= kMinWindow && packets_ - bin(0).packets >= kWindowPackets);
  };
  while (count_ > 1 && is_old()) {
    packets_ -= bin(0).packets;
    first_ = (first_ + 1) % kBins;
    --count_;
  }
}

std::optional<RobustThroughput::Rates> RobustThroughput::rates() const {
  if (packets_ < kRequiredPackets) return std::nullopt;
  const Bin& oldest = bin(0);
  Timestamp first_sent = oldest.first_sent, last_sent = oldest.last_sent, last_arrived = oldest.last_arrived;
  TimeDelta longest, second;
  const auto gap = [&](TimeDelta g) {
    second = std::max(second, std::min(longest, g));
    longest = std::max(longest, g);
  };
  uint32_t last_sent_bytes = oldest.last_sent_bytes;
  DataSize size;
  for (size_t i = 0; i < count_; ++i) {
    const Bin& b = bin(i);
    if (i > 0) gap(b.first_arrived - last_arrived);
    gap(b.longest_gap);
    last_arrived = std::max(last_arrived, b.last_arrived);
    first_sent = std::min(first_sent, b.first_sent);
    if (b.last_sent > last_sent) {
      last_sent = b.last_sent;
      last_sent_bytes = b.last_sent_bytes;
    }
    size += DataSize::bytes(b.bytes);
  }
  // n packets have n - 1 spaces: by arrival the first one's size is outside of the time measured, by sending the last
  // one's.
  const TimeDelta least = TimeDelta::millis(1);
  const TimeDelta arriving = std::max(last_arrived - oldest.first_arrived - longest + second, least);
  const TimeDelta sending = std::max(last_sent - first_sent, least);
  return Rates{(size - DataSize::bytes(last_sent_bytes)) / sending,
               (size - DataSize::bytes(oldest.first_arrived_bytes)) / arriving};
}

}  // namespace tutti::cc
