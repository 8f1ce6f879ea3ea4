#include "congestion/curves_svg.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "harness/chart.hpp"

namespace tutti::bench {
namespace {

constexpr double kWidth = 760, kLeft = 52, kRight = 12, kTop = 44, kGap = 44;
constexpr size_t kMostPoints = 320;  // of a curve
// The first is for what is given (a link's rate), the others for what comes of it.
constexpr const char* kStyle =
    "<style>.b{fill:#fff}text{fill:#59636e;font:12px "
    "system-ui,sans-serif}.t{fill:#1b1f24;font-weight:600;font-size:14px}.g{stroke:#e3e6ea}"
    "path{fill:none;stroke-width:1.6;stroke-linejoin:round}.c0{stroke:#8b949e;stroke-width:2.4}.c1{stroke:#0860c9}.c2{"
    "stroke:#c2570c}"
    ".c3{stroke:#7a3fc2}.c4{stroke:#1a7f37}.c5{stroke:#b3261e}.c6{stroke:#0a7a7a}.e{stroke-dasharray:4 "
    "3;stroke-width:1.1}"
    "@media(prefers-color-scheme:dark){.b{fill:#15181c}text{fill:#9aa4ae}.t{fill:#e6e9ec}.g{stroke:#2c3239}.c0{stroke:#"
    "6e7681}.c1{stroke:#6cb0ff}"
    ".c2{stroke:#f0a15e}.c3{stroke:#bf9cf5}.c4{stroke:#56d364}.c5{stroke:#ff8078}.c6{stroke:#5fd7d7}}</style>";

std::string number(double v, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, v);
  return text;
}

struct Frame {
  double seconds, most, top, height;
  double x(double t) const { return kLeft + t / seconds * (kWidth - kLeft - kRight); }
  double y(double v) const { return top + height * (1 - std::min(v, most) / most); }
};

// Of a run of neighbours the mean stands for all, so that a curve keeps its area.
std::vector<test::Sample> thinned(const std::vector<test::Sample>& samples) {
  const size_t run = (samples.size() + kMostPoints - 1) / kMostPoints;
  if (run <= 1) return samples;
  std::vector<test::Sample> out;
  for (size_t i = 0; i < samples.size(); i += run) {
    const size_t n = std::min(run, samples.size() - i);
    test::Sample mean{0, 0};
    for (size_t k = i; k < i + n; ++k) {
      mean.seconds += samples[k].seconds / static_cast<double>(n);
      mean.value += samples[k].value / static_cast<double>(n);
    }
    out.push_back(mean);
  }
  return out;
}

std::string path(const Frame& frame, const test::Curve& curve, const std::string& classes) {
  const auto tenths = [](double v) { return std::lround(v * 10); };
  std::string d;
  long x = 0, y = 0;
  for (const test::Sample& s : thinned(curve.samples)) {
    const long to_x = tenths(frame.x(s.seconds)), to_y = tenths(frame.y(s.value));
    if (d.empty()) {
      d = "M" + number(static_cast<double>(to_x) / 10, 1) + " " + number(static_cast<double>(to_y) / 10, 1) + "l";
    } else {
      d += number(static_cast<double>(to_x - x) / 10, 1) + " " + number(static_cast<double>(to_y - y) / 10, 1) + " ";
    }
    x = to_x;
    y = to_y;
  }
  return d.empty() ? d : "<path class=\"" + classes + "\" d=\"" + d + "\"/>\n";
}

std::string text(double x, double y, const std::string& words, const std::string& attributes) {
  return "<text x=\"" + number(x, 0) + "\" y=\"" + number(y, 0) + "\" " + attributes + ">" + escaped(words) +
         "</text>\n";
}

std::string grid(const Frame& frame, bool with_times) {
  std::string out;
  for (const double v : ticks(0, frame.most, 4)) {
    const std::string y = number(frame.y(v), 1);
    out += "<path class=\"g\" d=\"M" + number(kLeft, 0) + " " + y + "H" + number(kWidth - kRight, 0) + "\"/>\n";
    out += text(kLeft - 6, frame.y(v) + 4, number(v, v == std::floor(v) && frame.most >= 4 ? 0 : 1),
                "text-anchor=\"end\"");
  }
  if (!with_times) return out;
  for (const double t : ticks(0, frame.seconds, 10))
    out += text(frame.x(t), frame.top + frame.height + 18, number(t, 0) + " s", "text-anchor=\"middle\"");
  return out;
}

// A dashed curve is the estimate of the flow before it and has its colour; both have one entry.
std::string legend(const Frame& frame, const std::vector<test::Curve>& curves) {
  std::string out;
  double x = kLeft + 150;
  int colour = -1;
  for (const test::Curve& c : curves) {
    const bool dashed = c.name.starts_with("estimate");
    if (!dashed) ++colour;
    const std::string classes = "c" + std::to_string(colour) + (dashed ? " e" : "");
    out += "<path class=\"" + classes + "\" d=\"M" + number(x, 0) + " " + number(frame.top - 12, 0) + "h18\"/>\n";
    out += text(x + 23, frame.top - 8, c.name, "");
    x += 38 + 7 * static_cast<double>(c.name.size());
  }
  return out;
}

}  // namespace

std::string curves_svg(const std::string& title, double seconds, const std::vector<Panel>& panels) {
  std::string body;
  double top = kTop + 16;
  for (size_t i = 0; i < panels.size(); ++i) {
    Frame frame{seconds, 1e-3, top, i == 0 ? 210.0 : 110.0};
    for (const auto& c : panels[i].curves) {
      for (const auto& s : thinned(c.samples)) frame.most = std::max(frame.most, s.value);
    }
    frame.most *= 1.05;
    body += grid(frame, i + 1 == panels.size());
    int colour = -1;
    for (const auto& c : panels[i].curves) {
      const bool dashed = c.name.starts_with("estimate");
      if (!dashed) ++colour;
      body += path(frame, c, "c" + std::to_string(panels[i].curves.size() == 1 ? 1 : colour) + (dashed ? " e" : ""));
    }
    body += text(kLeft, frame.top - 8, panels[i].title, "");
    if (panels[i].curves.size() > 1) body += legend(frame, panels[i].curves);
    top += frame.height + kGap;
  }
  const std::string size = number(kWidth, 0) + " " + number(top - 14, 0);
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + size + "\">" + kStyle +
         "\n<rect class=\"b\" width=\"100%\" height=\"100%\" rx=\"8\"/>\n" + text(kLeft, 26, title, "class=\"t\"") +
         body + "</svg>\n";
}

}  // namespace tutti::bench
