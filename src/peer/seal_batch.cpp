#include "tutti/peer/seal_batch.hpp"

#include <algorithm>
#include <utility>

namespace tutti::peer {

SealBatch::SealBatch() {
  // Jobs point into prefixes_, so neither may move while a batch grows.
  jobs_.reserve(TransmitBatch::kCapacity);
  slots_.reserve(TransmitBatch::kCapacity);
  prefixes_.reserve(TransmitBatch::kCapacity);
  packets_.reserve(TransmitBatch::kCapacity);
}

void SealBatch::add(const Path& path, srtp::Session* session, size_t header_size, std::span<const uint8_t> prefix,
                    std::span<const uint8_t> rest, PacketRef packet) {
  auto& kept = prefixes_.emplace_back();
  std::copy(prefix.begin(), prefix.end(), kept.begin());
  push(path, {session, header_size, std::span<const uint8_t>(kept).first(prefix.size()), rest, datagrams_.next().bytes, 0}, std::move(packet));
}

void SealBatch::add_written(const Path& path, srtp::Session* session, size_t header_size, size_t prefix_size,
                            std::span<const uint8_t> rest, PacketRef packet) {
  const std::span<uint8_t> out = datagrams_.next().bytes;
  push(path, {session, header_size, out.subspan(header_size, prefix_size), rest, out, 0}, std::move(packet));
}

void SealBatch::push(const Path& path, const srtp::SealJob& job, PacketRef packet) {
  slots_.push_back(datagrams_.size());
  jobs_.push_back(job);
  packets_.push_back(std::move(packet));
  datagrams_.commit(path, 0);
}

void SealBatch::seal(srtp::Backend& backend, Counters& counters) {
  backend.seal(jobs_);
  for (size_t i = 0; i < jobs_.size(); ++i) {
    datagrams_.slots()[slots_[i]].size = static_cast<uint16_t>(jobs_[i].sealed_size);
    if (jobs_[i].sealed_size == 0) counters.drop(DropReason::kSealFailed);
  }
  jobs_.clear();
  slots_.clear();
  prefixes_.clear();
  packets_.clear();
}

void SealBatch::clear() { datagrams_.clear(); }

}  // namespace tutti::peer
