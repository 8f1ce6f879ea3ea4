#include "tutti/media/video/layout.hpp"

#include <algorithm>
#include <span>

#include "media/video/layout_geometry.hpp"

namespace tutti::video {
namespace {

constexpr struct {
  LayoutKind kind;
  std::string_view name;
} kKinds[] = {
    {LayoutKind::kGrid, "grid"},
    {LayoutKind::kSpeaker, "speaker"},
    {LayoutKind::kSpotlight, "spotlight"},
    {LayoutKind::kSideBySide, "side-by-side"},
    {LayoutKind::kPip, "pip"},
    {LayoutKind::kCustom, "custom"},
};

// A source, and what decides whether it is shown and where.
struct Candidate {
  const LayoutSource* source = nullptr;
  size_t joined = 0;            // place in the order of joining
  std::optional<size_t> place;  // where it stood before
};
using Candidates = std::vector<Candidate>;

Candidates candidates_of(const std::vector<LayoutSource>& sources, const std::vector<Tile>& previous) {
  Candidates out;
  for (size_t i = 0; i < sources.size(); ++i) {
    Candidate candidate{&sources[i], i, {}};
    const auto tile =
        std::find_if(previous.begin(), previous.end(), [&](const Tile& t) { return t.source == sources[i].id; });
    if (tile != previous.end()) candidate.place = static_cast<size_t>(tile - previous.begin());
    out.push_back(candidate);
  }
  return out;
}

// Who speaks or spoke last; of those who never did, who has a camera; of these, who stands at `place` or anywhere
// already; then who came first.
bool outranks(const Candidate& a, const Candidate& b, std::optional<size_t> place = {}) {
  const LayoutSource& x = *a.source;
  const LayoutSource& y = *b.source;
  if (x.speaking != y.speaking) return x.speaking;
  if (x.last_spoke_us != y.last_spoke_us) return x.last_spoke_us > y.last_spoke_us;
  if (x.has_video != y.has_video) return x.has_video;
  const bool a_stays = place ? a.place == place : a.place.has_value(),
             b_stays = place ? b.place == place : b.place.has_value();
  if (a_stays != b_stays) return a_stays;
  return a.joined < b.joined;
}

Candidate take(Candidates& from, Candidates::iterator who) {
  const Candidate taken = *who;
  from.erase(who);
  return taken;
}

// The one for `place`. A speaker who stands there is not interrupted.
Candidate take_speaker(Candidates& from, size_t place) {
  auto best = from.begin();
  for (auto it = from.begin(); it != from.end(); ++it) {
    if (it->place == place && it->source->speaking && !it->source->screen) return take(from, it);
    if (it->source->screen != best->source->screen ? best->source->screen : outranks(*it, *best, place)) best = it;
  }
  return take(from, best);
}

// The large tile: a shared screen, the newest unless one stands there already, else the speaker.
Candidate take_lead(Candidates& from) {
  auto screen = from.end();
  for (auto it = from.begin(); it != from.end(); ++it) {
    if (it->source->screen && (screen == from.end() || screen->place != 0)) screen = it;
  }
  return screen != from.end() ? take(from, screen) : take_speaker(from, 0);
}

// The `count` that deserve to be shown most, in order of joining.
Candidates choose(Candidates from, size_t count) {
  std::sort(from.begin(), from.end(), [](const Candidate& a, const Candidate& b) {
    return a.source->screen != b.source->screen ? a.source->screen : outranks(a, b);
  });
  if (from.size() > count) from.resize(count);
  std::sort(from.begin(), from.end(), [](const Candidate& a, const Candidate& b) { return a.joined < b.joined; });
  return from;
}

// Fills those of `places` that are null: first with who stood there before, then in order.
void fill_places(std::vector<const LayoutSource*>& places, const Candidates& shown) {
  Candidates waiting;
  for (const Candidate& candidate : shown) {
    if (candidate.place && *candidate.place < places.size() && !places[*candidate.place]) {
      places[*candidate.place] = candidate.source;
    } else {
      waiting.push_back(candidate);
    }
  }
  auto place = places.begin();
  for (const Candidate& candidate : waiting) {
    place = std::find(place, places.end(), nullptr);
    if (place == places.end()) return;
    *place = candidate.source;
  }
}

std::vector<Tile> tiles_of(std::span<const Rectangle> rectangles, std::span<const LayoutSource* const> places,
                           TileFit fit) {
  std::vector<Tile> out;
  for (size_t i = 0; i < rectangles.size() && i < places.size(); ++i) {
    const Rectangle& r = rectangles[i];
    const LayoutSource* source = places[i];
    out.push_back(
        {source ? source->id : 0, r.x, r.y, r.width, r.height, source && source->screen ? TileFit::kPad : fit});
  }
  return out;
}

std::vector<const LayoutSource*> alike(const Candidates& candidates, size_t limit) {
  std::vector<const LayoutSource*> places(std::min(limit, candidates.size()));
  fill_places(places, choose(candidates, places.size()));
  return places;
}

std::vector<const LayoutSource*> one_large(Candidates candidates, size_t limit) {
  std::vector<const LayoutSource*> places(std::min(limit, candidates.size()));
  if (places.empty()) return places;
  places[0] = take_lead(candidates).source;
  fill_places(places, choose(std::move(candidates), places.size() - 1));
  return places;
}

std::vector<const LayoutSource*> one_over_another(Candidates candidates, size_t limit) {
  std::vector<const LayoutSource*> places(std::min({limit, candidates.size(), size_t{2}}));
  if (!places.empty()) places[0] = take_lead(candidates).source;
  if (places.size() > 1) places[1] = take_speaker(candidates, 1).source;
  return places;
}

// First those who have a rectangle of their own, a camera before a screen; then the others.
std::vector<const LayoutSource*> as_given(Candidates candidates, std::span<const LayoutRectangle> rectangles,
                                          std::span<const Rectangle> pixels) {
  static const LayoutSource kNobody;
  std::vector<const LayoutSource*> places(rectangles.size());
  size_t open = 0;
  for (size_t i = 0; i < rectangles.size(); ++i) {
    if (!rectangles[i].participant && pixels[i].width > 0) {
      ++open;
      continue;
    }
    places[i] = &kNobody;
    if (pixels[i].width == 0) continue;
    auto own = candidates.end();
    for (auto it = candidates.begin(); it != candidates.end(); ++it) {
      if (it->source->participant != *rectangles[i].participant) continue;
      if (own == candidates.end() || (own->source->screen && !it->source->screen)) own = it;
    }
    if (own != candidates.end()) places[i] = take(candidates, own).source;
  }
  fill_places(places, choose(std::move(candidates), open));
  return places;
}

}  // namespace

std::string_view to_string(LayoutKind kind) {
  for (const auto& entry : kKinds) {
    if (entry.kind == kind) return entry.name;
  }
  return "";
}

std::optional<LayoutKind> layout_kind_from_name(std::string_view name) {
  for (const auto& entry : kKinds) {
    if (entry.name == name) return entry.kind;
  }
  return std::nullopt;
}

std::vector<Tile> arrange(const LayoutSpec& layout, uint32_t width, uint32_t height,
                          const std::vector<LayoutSource>& sources, const std::vector<Tile>& previous) {
  width = even(width);
  height = even(height);
  const size_t limit = std::min<size_t>(layout.max_tiles, kMaxTiles);
  const Candidates candidates = candidates_of(sources, previous);
  const bool shared_screen =
      std::any_of(sources.begin(), sources.end(), [](const LayoutSource& s) { return s.screen; });

  switch (layout.kind) {
    case LayoutKind::kGrid: {
      const auto places = alike(candidates, limit);
      return tiles_of(grid_rectangles(width, height, places.size()), places, layout.fit);
    }
    case LayoutKind::kSpeaker: {
      const auto places = one_large(candidates, limit);
      return tiles_of(speaker_rectangles(width, height, places.size()), places, layout.fit);
    }
    case LayoutKind::kSpotlight: {
      const auto places = one_large(candidates, std::min<size_t>(limit, 1));
      return tiles_of(grid_rectangles(width, height, places.size()), places, layout.fit);
    }
    case LayoutKind::kSideBySide: {
      const auto places = one_large(candidates, limit);
      const auto rectangles = shared_screen ? side_by_side_rectangles(width, height, places.size())
                                            : speaker_rectangles(width, height, places.size());
      return tiles_of(rectangles, places, layout.fit);
    }
    case LayoutKind::kPip: {
      const auto places = one_over_another(candidates, limit);
      return tiles_of(pip_rectangles(width, height, places.size()), places, layout.fit);
    }
    case LayoutKind::kCustom: {
      const std::span<const LayoutRectangle> given(layout.rectangles.data(), std::min(limit, layout.rectangles.size()));
      std::vector<Rectangle> pixels;
      for (const LayoutRectangle& rectangle : given) pixels.push_back(custom_rectangle(width, height, rectangle));
      return tiles_of(pixels, as_given(candidates, given, pixels), layout.fit);
    }
  }
  return {};
}

}  // namespace tutti::video
