#include "tutti/routing/auto_slots.hpp"

#include <algorithm>
#include <tuple>

namespace tutti::routing {
namespace {

// A track that is shown counts as this much louder, so that two alike do not take turns.
constexpr double kStayBonus = 6;

uint32_t companion_pair(const std::vector<Companion>& companions, uint64_t publisher) {
  for (const Companion& c : companions) {
    if (c.publisher == publisher) return c.pair;
  }
  return kNoPair;
}

}  // namespace

void fill_auto_slots(MediaKind kind, const std::vector<AutoCandidate>& candidates, const std::vector<Companion>& companions,
                     std::vector<AutoSlot>& slots) {
  auto is_shown = [&](uint64_t track) {
    return std::any_of(slots.begin(), slots.end(), [&](const AutoSlot& s) { return s.shows == track; });
  };
  // Best first; among equals who is shown stays, then who came first.
  std::vector<std::tuple<int, double, int64_t, int, const AutoCandidate*>> ranked;
  for (const AutoCandidate& c : candidates) {
    const bool shown = is_shown(c.track);
    const double loudness = kind == MediaKind::kAudio && c.loudness > 0 ? c.loudness + (shown ? kStayBonus : 0) : 0;
    // Whole seconds: who spoke a moment earlier does not make room.
    ranked.emplace_back(c.screen ? 0 : 1, -loudness, -(c.last_spoke.us() / 1'000'000), shown ? 0 : 1, &c);
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    return std::tie(std::get<0>(a), std::get<1>(a), std::get<2>(a), std::get<3>(a)) <
           std::tie(std::get<0>(b), std::get<1>(b), std::get<2>(b), std::get<3>(b));
  });
  if (ranked.size() > slots.size()) ranked.resize(slots.size());

  for (AutoSlot& slot : slots) {
    const bool stays = std::any_of(ranked.begin(), ranked.end(), [&](const auto& r) { return std::get<4>(r)->track == slot.shows; });
    if (!stays) slot.shows = 0;
  }
  for (const auto& r : ranked) {
    const AutoCandidate& c = *std::get<4>(r);
    if (is_shown(c.track)) continue;
    const uint32_t pair = companion_pair(companions, c.publisher);
    auto free = std::find_if(slots.begin(), slots.end(), [&](const AutoSlot& s) { return s.shows == 0 && s.pair == pair; });
    if (free == slots.end()) free = std::find_if(slots.begin(), slots.end(), [](const AutoSlot& s) { return s.shows == 0; });
    free->shows = c.track;
  }
}

}  // namespace tutti::routing
