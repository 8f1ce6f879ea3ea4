#include "harness/impairment.hpp"

#include <algorithm>
#include <tuple>

namespace tutti::bench {

Fate Impairer::draw() {
  Fate fate;
  if (!active_) return fate;
  // Always as many draws, so that one setting does not change what another one does.
  const double lost = random_.unit(), doubled = random_.unit();
  fate.delays = {delay(), delay()};
  fate.copies = lost < what_.loss ? 0 : doubled < what_.duplicate ? 2 : 1;
  return fate;
}

TimeDelta Impairer::delay() {
  return what_.delay + TimeDelta::micros(static_cast<int64_t>(random_.unit() * static_cast<double>(what_.jitter.us())));
}

bool DelayQueue::later(const Entry& a, const Entry& b) {
  return std::tie(a.packet.at, a.order) > std::tie(b.packet.at, b.order);
}

void DelayQueue::push(Timestamp at, int64_t wall_ns, std::span<const uint8_t> bytes) {
  heap_.push_back({{at, wall_ns, {bytes.begin(), bytes.end()}}, pushed_++});
  std::push_heap(heap_.begin(), heap_.end(), later);
}

std::optional<DelayQueue::Packet> DelayQueue::pop(Timestamp now) {
  if (next() > now) return std::nullopt;
  if (heap_.empty()) return std::nullopt;
  std::pop_heap(heap_.begin(), heap_.end(), later);
  Packet packet = std::move(heap_.back().packet);
  heap_.pop_back();
  return packet;
}

}  // namespace tutti::bench
