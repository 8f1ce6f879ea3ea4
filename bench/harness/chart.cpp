#include "harness/chart.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "harness/table.hpp"

namespace tutti::bench {
namespace {

constexpr double kWidth = 560, kHeight = 310;
constexpr double kLeft = 64, kRight = 16, kTop = 54, kBottom = 44;

std::string coordinate(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f", value);
  return text;
}

// One direction of the chart: values to places.
struct Axis {
  double low = 0, high = 1;
  double from = 0, to = 1;
  bool logarithmic = false;

  double at(double value) const {
    const auto scale = [this](double v) { return logarithmic ? std::log10(std::max(v, low)) : v; };
    return from + (scale(value) - scale(low)) / (scale(high) - scale(low)) * (to - from);
  }
};

std::string element(const std::string& name, const std::string& cls,
                    const std::vector<std::pair<const char*, double>>& places) {
  std::string out = "<" + name + " class=\"" + cls + "\"";
  for (const auto& [key, value] : places) out += std::string(" ") + key + "=\"" + coordinate(value) + "\"";
  return out + "/>";
}

std::string label(double x, double y, const char* anchor, const std::string& text, const std::string& cls = "label") {
  return "<text class=\"" + cls + "\" x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\" text-anchor=\"" + anchor +
         "\">" + escaped(text) + "</text>";
}

std::vector<double> powers_of_ten(double low, double high) {
  std::vector<double> marks;
  for (double v = low; v <= high * 1.0001; v *= 10) marks.push_back(v);
  return marks;
}

Axis y_axis(const Chart& chart) {
  double low = INFINITY, high = 0;
  for (const Line& line : chart.lines) {
    for (const auto& [x, y] : line.points) {
      if (y > 0) low = std::min(low, y);
      high = std::max(high, y);
    }
  }
  // A limit far away from what was measured would flatten all of it.
  if (chart.limit && *chart.limit < high * 3) high = std::max(high, *chart.limit);
  if (high <= 0) high = chart.limit ? *chart.limit * 1.5 : 1;
  // Up to the next round number, which then stands at the top.
  const std::vector<double> marks = ticks(0, high, 5);
  if (marks.back() < high) high = marks.back() + marks[1];
  Axis axis{0, high, kHeight - kBottom, kTop, chart.logarithmic && std::isfinite(low)};
  if (axis.logarithmic) {
    axis.low = std::pow(10, std::floor(std::log10(low)));
    axis.high = std::pow(10, std::ceil(std::log10(high)));
    if (axis.high <= axis.low) axis.high = axis.low * 10;
  }
  return axis;
}

std::string polyline(const Line& line, const std::string& cls, const Axis& x, const Axis& y, int digits) {
  std::string points, dots;
  for (const auto& [px, py] : line.points) {
    points += (points.empty() ? "" : " ") + coordinate(x.at(px)) + "," + coordinate(y.at(py));
    dots += "<circle class=\"dot " + cls + "\" cx=\"" + coordinate(x.at(px)) + "\" cy=\"" + coordinate(y.at(py)) +
            "\" r=\"3.5\"><title>" + escaped(line.name + " at " + figure(px) + ": " + figure(py, digits)) +
            "</title></circle>";
  }
  return "<polyline class=\"line " + cls + "\" points=\"" + points + "\"/>" + dots;
}

}  // namespace

std::vector<double> ticks(double low, double high, int count) {
  std::vector<double> marks;
  if (!(high > low)) return {low};
  const double rough = (high - low) / count;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = power * 10;
  for (const double k : {1.0, 2.0, 5.0}) {
    if (power * k >= rough) {
      step = power * k;
      break;
    }
  }
  for (double v = std::ceil(low / step) * step; v <= high + step * 1e-9; v += step) marks.push_back(v);
  return marks;
}

std::string as_svg(const Chart& chart) {
  double most = 0;
  for (const Line& line : chart.lines) {
    for (const auto& point : line.points) most = std::max(most, point.first);
  }
  const Axis x{0, most > 0 ? most * 1.03 : 1, kLeft, kWidth - kRight};
  const Axis y = y_axis(chart);
  std::string out = "<svg viewBox=\"0 0 " + figure(kWidth) + " " + figure(kHeight) + "\" role=\"img\" aria-label=\"" +
                    escaped(chart.title) + "\">";
  out += label(kLeft, 20, "start", chart.title, "title");

  const std::vector<double> marks = y.logarithmic ? powers_of_ten(y.low, y.high) : ticks(y.low, y.high, 5);
  const double step = marks.size() > 1 && !y.logarithmic ? marks[1] - marks[0] : 1;
  for (const double mark : marks) {
    const int digits =
        y.logarithmic ? (mark < 1 ? 1 : 0) : std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 4);
    out += element("line", "grid", {{"x1", x.from}, {"x2", x.to}, {"y1", y.at(mark)}, {"y2", y.at(mark)}});
    out += label(x.from - 8, y.at(mark) + 4, "end", figure(mark, digits));
  }
  for (const double mark : ticks(x.low, x.high, 6)) out += label(x.at(mark), y.from + 18, "middle", figure(mark));
  out += label((x.from + x.to) / 2, kHeight - 6, "middle", chart.x_name);

  if (chart.limit && *chart.limit <= y.high) {
    out += element("line", "limit",
                   {{"x1", x.from}, {"x2", x.to}, {"y1", y.at(*chart.limit)}, {"y2", y.at(*chart.limit)}});
    out += label(x.from + 4, y.at(*chart.limit) - 5, "start", "limit");
  }
  if (chart.knee) {
    out +=
        element("line", "knee", {{"x1", x.at(*chart.knee)}, {"x2", x.at(*chart.knee)}, {"y1", y.from}, {"y2", y.to}});
    out += label(x.at(*chart.knee) - 5, y.to + 10, "end", "knee");
  }
  double key = kLeft;
  for (size_t i = 0; i < chart.lines.size(); ++i) {
    const std::string cls = "line" + std::to_string(i);
    out += polyline(chart.lines[i], cls, x, y, chart.digits);
    if (chart.lines.size() > 1) {
      out += element("line", "line " + cls, {{"x1", key}, {"x2", key + 18}, {"y1", 35}, {"y2", 35}});
      out += label(key + 23, 39, "start", chart.lines[i].name);
      key += 44 + 7 * static_cast<double>(chart.lines[i].name.size());
    }
  }
  return out + "</svg>";
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace tutti::bench
