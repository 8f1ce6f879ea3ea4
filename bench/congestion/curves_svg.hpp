// Curves over time as a small SVG file that stands by itself: two panels (rates above, queueing delay below), its own
// colours for light and dark pages, points thinned out so that a file stays below 40 KiB. Pure.
#pragma once

#include <string>
#include <vector>

#include "support/congestion/congestion_result.hpp"

namespace tutti::bench {

struct Panel {
  std::string title;  // with the unit
  std::vector<test::Curve> curves;
};
// `seconds`: the width in time.
std::string curves_svg(const std::string& title, double seconds, const std::vector<Panel>& panels);

}  // namespace tutti::bench
