#include "micro/steps/steps.hpp"
#include "support/scene.hpp"
#include "tutti/media/video/compositor.hpp"

namespace tutti::bench {

// Nine cameras of 640x360, named, one of them speaking, on a canvas of 1280x720.
void measure_video(Steps& steps) {
  constexpr size_t kPeople = 9;
  std::vector<video::LayoutSource> sources(kPeople);
  for (size_t i = 0; i < kPeople; ++i) sources[i].id = i + 1;
  video::Composition composition;
  composition.border_width = 3;
  const auto tiles = video::arrange({}, composition.width, composition.height, sources, {});
  for (const video::Tile& tile : tiles) {
    const auto hue = static_cast<uint32_t>(tile.source);
    composition.tiles.push_back(
        {tile, test::scene(640, 360, 0, hue), "Person " + std::to_string(hue), tile.source == 1});
  }
  video::Compositor compositor;
  steps.measure("video", "compose nine of 360p, 3 x 3, into 720p", 1, [&] { keep(compositor.compose(composition)); });
}

}  // namespace tutti::bench
