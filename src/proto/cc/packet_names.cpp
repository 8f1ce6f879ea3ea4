#include "tutti/proto/cc/packet_names.hpp"

#include <algorithm>
#include <utility>

namespace tutti::cc {

void PacketNames::resize(size_t capacity, int64_t next) {
  const auto before = static_cast<int64_t>(names_.size());
  first_ = before == 0 ? next : std::max(first_, next - before);
  std::vector<Name> names(capacity);
  std::swap(names_, names);
  newest_.assign(capacity, kNone);
  for (int64_t number = first_; number < next; ++number) {
    const Name& name = names[static_cast<size_t>(number) & (names.size() - 1)];
    add(number, name.stream, name.sequence);
  }
}

void PacketNames::clear() {
  names_ = {};
  newest_ = {};
}

void PacketNames::add(int64_t number, Ssrc stream, SeqNum sequence) {
  int64_t& newest = newest_[chain_of(stream, sequence)];
  names_[static_cast<size_t>(number) & (names_.size() - 1)] = {stream, sequence, newest};
  newest = number;
}

std::optional<int64_t> PacketNames::find(Ssrc stream, SeqNum sequence, int64_t oldest) const {
  if (names_.empty()) return std::nullopt;
  int64_t number = newest_[chain_of(stream, sequence)];
  while (number >= oldest) {
    const Name& name = names_[static_cast<size_t>(number) & (names_.size() - 1)];
    if (name.stream == stream && name.sequence == sequence) return number;
    number = name.older;
  }
  return std::nullopt;
}

// The packets of one stream, numbered one by one, each have a chain of their own.
size_t PacketNames::chain_of(Ssrc stream, SeqNum sequence) const {
  return (size_t{stream.value()} * 0x9E37'79B1 + sequence.value()) & (newest_.size() - 1);
}

}  // namespace tutti::cc
