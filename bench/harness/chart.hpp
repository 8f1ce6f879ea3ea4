// A chart of lines as SVG, for a page that brings its colours as CSS classes (report_page.cpp). Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tutti::bench {

struct Line {
  std::string name;
  std::vector<std::pair<double, double>> points;  // by x
};

struct Chart {
  std::string title;  // with the unit
  std::string x_name;
  std::vector<Line> lines;      // of classes line0, line1, ...
  std::optional<double> knee;   // an x that is marked
  std::optional<double> limit;  // a y that is marked
  bool logarithmic = false;     // in y
  int digits = 0;               // of y
};

std::string as_svg(const Chart& chart);

// Round numbers from `low` to `high` for an axis, about `count` of them.
std::vector<double> ticks(double low, double high, int count);

// For text and attributes of HTML.
std::string escaped(const std::string& text);

}  // namespace tutti::bench
