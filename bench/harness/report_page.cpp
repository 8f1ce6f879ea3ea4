#include "harness/report_page.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "harness/chart.hpp"
#include "harness/report.hpp"

namespace tutti::bench {
namespace {

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --back: #fff; --text: #1b1f24; --soft: #59636e; --grid: #e3e6ea; --card: #f6f8fa;
  --line0: #0860c9; --line1: #c2570c; --line2: #7a3fc2; --mark: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --back: #15181c; --text: #e6e9ec; --soft: #9aa4ae; --grid: #2c3239;
  --card: #1c2126; --line0: #6cb0ff; --line1: #f0a15e; --line2: #bf9cf5; --mark: #ff8078; } }
body { margin: 0 auto; max-width: 1240px; padding: 24px; background: var(--back); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 22px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 36px 0 4px; } p { margin: 0 0 12px; color: var(--soft); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 16px; margin: 16px 0; }
.charts svg { background: var(--card); border-radius: 8px; width: 100%; height: auto; }
.scroll { overflow-x: auto; margin: 12px 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap; font-size: 13px; }
th, td { padding: 4px 10px; text-align: right; border-bottom: 1px solid var(--grid); }
th { color: var(--soft); font-weight: 600; } th:first-child, td:first-child, .facts td { text-align: left; }
.facts td { white-space: normal; overflow-wrap: anywhere; } .facts td:first-child { color: var(--soft); white-space: nowrap; vertical-align: top; }
.invalid { color: var(--mark); }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; } svg .title { fill: var(--text); font-size: 14px; font-weight: 600; }
svg .grid { stroke: var(--grid); } svg .line { fill: none; stroke-width: 2; } svg .dot { stroke: none; }
svg .line0 { stroke: var(--line0); } svg .line1 { stroke: var(--line1); } svg .line2 { stroke: var(--line2); }
svg .dot.line0 { fill: var(--line0); } svg .dot.line1 { fill: var(--line1); } svg .dot.line2 { fill: var(--line2); }
svg .knee, svg .limit { stroke: var(--mark); stroke-dasharray: 4 4; }
)";

using Value = std::function<double(const Step&)>;

Line line_of(const Report& report, const std::string& name, const Value& value) {
  // Of several runs at one load, their mean.
  std::map<uint32_t, std::pair<double, int>> by_load;
  for (const Step& step : report.steps) {
    if (!step.invalid.empty()) continue;
    auto& [sum, count] = by_load[step.load];
    sum += value(step);
    ++count;
  }
  Line line{name, {}};
  for (const auto& [load, sum] : by_load) line.points.emplace_back(load, sum.first / sum.second);
  return line;
}

std::string charts_of(const Report& report) {
  const auto chart = [&](const std::string& title, std::vector<std::pair<std::string, Value>> values, int digits) {
    Chart c;
    c.title = title;
    c.x_name = report.scaled;
    for (const auto& [name, value] : values) c.lines.push_back(line_of(report, name, value));
    if (report.knee) c.knee = *report.knee;
    c.digits = digits;
    return c;
  };
  std::vector<Chart> charts;
  charts.push_back(chart("Processor: cores used", {{"cores", [](const Step& s) { return s.cpu_cores; }}}, 3));
  charts.push_back(
      chart("CPU for each packet out, us", {{"us", [](const Step& s) { return s.cpu_us_per_packet_out; }}}, 2));
  charts.push_back(chart("Latency added, us",
                         {{"p50", [](const Step& s) { return s.latency.p50; }},
                          {"p99", [](const Step& s) { return s.latency.p99; }},
                          {"p99.9", [](const Step& s) { return s.latency.p999; }}},
                         0));
  charts.back().logarithmic = true;
  charts.back().limit = report.limits.latency_p99_us;
  charts.push_back(chart("Loss, %", {{"loss", [](const Step& s) { return s.loss * 100; }}}, 3));
  charts.back().limit = report.limits.loss * 100;
  std::string out = "<div class=\"charts\">";
  for (const Chart& c : charts) out += as_svg(c);
  return out + "</div>";
}

std::string html_of(const Table& table) {
  if (table.rows.empty()) return {};
  std::string out = "<div class=\"scroll\"><table><tr>";
  for (const std::string& cell : table.head) out += "<th>" + escaped(cell) + "</th>";
  out += "</tr>";
  for (const auto& row : table.rows) {
    const bool invalid = row.back().starts_with("invalid");
    out += invalid ? "<tr class=\"invalid\">" : "<tr>";
    for (const std::string& cell : row) out += "<td>" + escaped(cell) + "</td>";
    out += "</tr>";
  }
  return out + "</table></div>";
}

std::string section_of(const Report& report) {
  std::string about = report.about;
  std::replace(about.begin(), about.end(), '\n', ' ');
  std::string out =
      "<h2>" + escaped(report.scenario) + ", " + escaped(report.facts.server) + "</h2><p>" + escaped(about) + "</p>";
  const bool curves = std::any_of(report.steps.begin(), report.steps.end(),
                                  [&](const Step& s) { return s.load != report.steps.front().load; });
  if (curves) out += charts_of(report);
  out += html_of(steps_table(report)) + html_of(joins_table(report)) + html_of(generator_table(report));
  out += "<div class=\"scroll\"><table class=\"facts\">";
  for (const auto& [name, value] : facts_of(report)) {
    out += "<tr><td>" + escaped(name) + "</td><td>" + escaped(value) + "</td></tr>";
  }
  return out + "</table></div>";
}

}  // namespace

std::string as_page(const std::vector<Report>& reports) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<title>tutti-bench</title><style>";
  out += kStyle;
  out +=
      "</style></head><body><h1>tutti-bench</h1><p>Read bench/README.md for what each column means. "
      "Figures of other machines do not compare.</p>";
  for (const Report& report : reports) out += section_of(report);
  return out + "</body></html>\n";
}

}  // namespace tutti::bench
