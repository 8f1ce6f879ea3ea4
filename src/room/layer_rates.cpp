#include "tutti/room/layer_rates.hpp"

namespace tutti::room {
namespace {

// What is announced is the encoder's; its packets are of about 1,000 bytes.
constexpr double kWithHeaders = 1.04;
// An encoder may spend what it announces, but a still picture takes a tenth of it. As much more than now is allowed for.
constexpr double kHeadroom = 1.5;
// Nor is it believed that far less will come than does: whoever says so would fill the paths of all who watch.
constexpr double kBelieved = 0.5;
constexpr uint32_t kSettled = 6;
// More than so many times what is usual is announced by nobody's encoder.
constexpr uint32_t kMostLines = 2160;
constexpr double kMostUsual = 4;

}  // namespace

DataRate usual_bitrate(uint32_t height) {
  // Two bits for each pixel of a small picture; a large one costs less, because its detail is coarser.
  const double pixels = static_cast<double>(height) * height * 16 / 9;
  const double free = 1280.0 * 720;
  return DataRate::bps(static_cast<int64_t>(pixels <= free ? 2 * pixels : 2 * free + (pixels - free)));
}

void LayerRates::update(Timestamp now, bool active) {
  if (!active) {
    running_ = false;
    return;
  }
  if (!running_) {
    running_ = true;
    block_start_ = now;
    for (Cell& cell : cells_) cell.bytes = 0;
    frames_ = {};
    return;
  }
  const TimeDelta elapsed = now - block_start_;
  if (elapsed < kBlock) return;
  block_start_ = now;
  ++blocks_;
  // While there are few blocks, their mean.
  const auto share = [&](TimeDelta constant) { return std::max(1.0 / blocks_, std::min(1.0, elapsed / constant)); };
  for (Cell& cell : cells_) {
    const DataRate rate = DataSize::bytes(cell.bytes) / elapsed;
    if (cell.bytes > 0) {
      // A layer that is new does not rise from nothing.
      if (cell.seen == Timestamp::long_ago()) cell.rate = rate;
      cell.seen = now;
    }
    cell.bytes = 0;
    cell.rate = cell.rate + (rate - cell.rate) * share(rate > cell.rate ? kRise : kFall);
    if (now - cell.seen > kSeen) cell.rate = DataRate();
  }
  for (size_t t = 0; t < kTemporal; ++t) {
    frame_rates_[t] += (frames_[t] / elapsed.seconds_f() - frame_rates_[t]) * share(kRise);
    frames_[t] = 0;
  }
}

void LayerRates::announce(uint8_t spatial, std::span<const DataRate> bitrates, uint32_t height, uint8_t fps) {
  if (spatial >= kSpatial || bitrates.empty()) return;
  Announced& a = announced_[spatial];
  a = {static_cast<uint8_t>(std::min(bitrates.size(), kTemporal)), fps, height, {}};
  // Nobody is probed for what no encoder spends.
  const DataRate most = usual_bitrate(height > 0 ? std::min(height, kMostLines) : kMostLines) * kMostUsual;
  std::transform(bitrates.begin(), bitrates.begin() + a.temporal_count, a.bitrates.begin(), [&](DataRate r) { return std::min(r, most); });
  announced_count_ = std::max<uint8_t>(announced_count_, static_cast<uint8_t>(spatial + 1));
}

void LayerRates::clear_announcement() {
  announced_ = {};
  announced_count_ = 0;
}

uint8_t LayerRates::spatial_count() const {
  // What comes unannounced is sent too, and costs what it costs.
  uint8_t count = std::max<uint8_t>(announced_count_, 1);
  for (uint8_t s = count; s < kSpatial; ++s) {
    for (size_t t = 0; t < kTemporal; ++t) {
      if (cells_[s * kTemporal + t].rate > DataRate()) count = static_cast<uint8_t>(s + 1);
    }
  }
  return count;
}

uint8_t LayerRates::temporal_count() const {
  uint8_t count = 1;
  for (const Announced& a : announced_) count = std::max(count, a.temporal_count);
  for (size_t s = 0; s < kSpatial; ++s) {
    for (uint8_t t = 1; t < kTemporal; ++t) {
      if (cells_[s * kTemporal + t].rate > DataRate()) count = std::max(count, static_cast<uint8_t>(t + 1));
    }
  }
  return count;
}

DataRate LayerRates::bitrate(uint8_t spatial, uint8_t temporal) const {
  DataRate sum;
  for (size_t s = 0; s <= std::min<size_t>(spatial, kSpatial - 1); ++s) {
    for (size_t t = 0; t <= std::min<size_t>(temporal, kTemporal - 1); ++t) sum = sum + cells_[s * kTemporal + t].rate;
  }
  if (spatial >= announced_count_ || announced_[spatial].temporal_count == 0) return sum;
  const Announced& a = announced_[spatial];
  const DataRate announced = a.bitrates[std::min<size_t>(temporal, a.temporal_count - 1u)] * kWithHeaders;
  const Cell& top = cells_[std::min<size_t>(spatial, kSpatial - 1) * kTemporal + std::min<size_t>(temporal, kTemporal - 1)];
  return top.rate > DataRate() && blocks_ >= kSettled ? std::clamp(announced, sum * kBelieved, sum * kHeadroom) : announced;
}

double LayerRates::fps(uint8_t spatial, uint8_t temporal) const {
  const uint8_t count = temporal_count();
  if (const Announced& a = announced_[std::min<size_t>(spatial, kSpatial - 1)]; a.fps > 0) {
    // Each layer of the usual patterns doubles the rate.
    return static_cast<double>(a.fps) / (1 << (a.temporal_count - 1 - std::min<int>(temporal, a.temporal_count - 1)));
  }
  double sum = 0;
  for (size_t t = 0; t <= std::min<size_t>(temporal, kTemporal - 1); ++t) sum += frame_rates_[t];
  return blocks_ > 0 ? sum : 30.0 / (1 << (count - 1 - std::min<int>(temporal, count - 1)));
}

}  // namespace tutti::room
