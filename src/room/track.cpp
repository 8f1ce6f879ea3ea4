#include "tutti/room/track.hpp"

#include <algorithm>
#include <cmath>

namespace tutti::room {
namespace {

// How long a publisher may take to send a layer that it had stopped because nobody wanted it.
constexpr TimeDelta kPublisherMayTake = TimeDelta::seconds(1);
// Nobody is paused because of what is only guessed: what is lowest costs no more until it is measured.
constexpr DataRate kLowestGuess = DataRate::kbps(150);
// Rates that have moved by less are the same.
constexpr double kNotable = 0.05;

size_t cache_size(MediaKind kind) { return kind == MediaKind::kVideo ? 512 : 64; }

bool differs_notably(const LayerOption& a, const LayerOption& b) {
  if (a.key != b.key || a.height != b.height || a.state != b.state || a.usual != b.usual) return true;
  const auto moved = std::abs(static_cast<double>(a.rate.bps() - b.rate.bps()));
  return moved > kNotable * static_cast<double>(a.rate.bps()) || std::abs(a.fps - b.fps) > 2;
}

}  // namespace

Track::Track(uint64_t number, TrackId id, Participant* publisher, uint16_t index, const peer::PublishSpec& spec)
    : number_(number), id_(std::move(id)), publisher_(publisher), index_(index), spec_(spec) {
  for (const peer::LayerSpec& layer : spec.layers) add_layer(layer.rid);
}

TrackLayer& Track::add_layer(const Rid& rid) {
  return layers.emplace_back(rid, cache_size(kind()),
                             kind() == MediaKind::kVideo ? TrackLayer::kCachedPicture : TrackLayer::kCachedSound);
}

void Track::update_options(Timestamp now) {
  scratch_.clear();
  for (size_t i = 0; i < layers.size(); ++i) {
    const TrackLayer& layer = layers[i];
    const bool just_wanted = !layer.wanted || now - layer.wanted_since < kPublisherMayTake;
    const LayerState state = layer.active(now) ? LayerState::kSent
                             : just_wanted     ? LayerState::kPromised
                                               : LayerState::kAbsent;
    // Halves from the top, where nothing has been said of it.
    const uint32_t height = layer.dimensions ? layer.dimensions->height : 720u >> (layers.size() - 1 - i);
    const uint8_t spatial_count = layer.rates.spatial_count(), temporal_count = layer.rates.temporal_count();
    for (uint8_t s = 0; s < spatial_count; ++s) {
      const uint32_t announced = layer.rates.height(s);
      const uint32_t lines = announced > 0 ? announced : height >> (spatial_count - 1 - s);
      for (uint8_t t = 0; t < temporal_count; ++t) {
        LayerOption option{
            {static_cast<uint8_t>(i), s, t}, lines, layer.rates.fps(s, t), layer.rates.bitrate(s, t), state};
        if (option.rate == DataRate()) {
          option.usual = usual_bitrate(lines);
          option.rate = scratch_.empty() ? std::min(option.usual, kLowestGuess) : option.usual;
        }
        scratch_.push_back(option);
      }
    }
  }
  if (scratch_.size() == options_.size() &&
      std::equal(scratch_.begin(), scratch_.end(), options_.begin(),
                 [](const auto& a, const auto& b) { return !differs_notably(a, b); }))
    return;
  options_ = scratch_;
  ++options_version_;
}

const LayerOption* Track::find_option(const LayerKey& key) const {
  const auto found = std::find_if(options_.begin(), options_.end(), [&](const LayerOption& o) { return o.key == key; });
  return found == options_.end() ? nullptr : &*found;
}

}  // namespace tutti::room
