#include "congestion/replay.hpp"

#include <algorithm>
#include <iostream>
#include <variant>
#include <vector>

#include "congestion/curves_svg.hpp"
#include "congestion/document.hpp"
#include "harness/chart.hpp"
#include "tutti/proto/cc/estimator_log.hpp"

namespace tutti::bench {
namespace {

constexpr const char* kHead =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
    "content=\"width=device-width, initial-scale=1\">"
    "<title>tutti-cc replay</title><style>:root{color-scheme:light dark}body{margin:0 "
    "auto;max-width:1000px;padding:24px;"
    "font:15px/1.5 system-ui,sans-serif}svg{width:100%;height:auto}</style></head><body>\n";

double mbps(DataRate rate) { return static_cast<double>(rate.bps()) / 1e6; }

struct Plot {
  test::Curve recorded{"recorded", {}}, replayed{"replayed", {}}, delay{"delay-based", {}},
      loss_based{"loss-based", {}}, arrived{"arrived", {}};
  test::Curve round_trip{"round trip, ms", {}}, loss{"loss, %", {}};

  std::vector<Panel> panels() const {
    return {{"Mbit/s", {arrived, replayed, delay, loss_based, recorded}}, {"path", {round_trip, loss}}};
  }
};

Plot plot(const cc::EstimatorLog& log) {
  Plot p;
  for (size_t i = 0; i < log.size(); ++i) {
    const auto* then = std::get_if<cc::EstimateRecord>(&log[i].what);
    if (then) p.recorded.samples.push_back({(log[i].at - log.start()).seconds_f(), mbps(then->estimate.target)});
  }
  for (const cc::TimedEstimate& now : cc::replay(log)) {
    const double t = (now.at - log.start()).seconds_f();
    const cc::Estimate& e = now.estimate;
    // The loss-based part is without bound while there is no loss.
    const double most = 4 * std::max(mbps(e.target), 0.1);
    p.replayed.samples.push_back({t, mbps(e.target)});
    p.delay.samples.push_back({t, std::min(most, mbps(e.delay_based))});
    p.loss_based.samples.push_back({t, std::min(most, mbps(e.loss_based))});
    if (e.acknowledged) p.arrived.samples.push_back({t, mbps(*e.acknowledged)});
    p.round_trip.samples.push_back({t, e.round_trip.seconds_f() * 1000});
    p.loss.samples.push_back({t, e.loss * 100});
  }
  return p;
}

}  // namespace

int replay_log(const std::string& path, const std::string& html) {
  const auto log = cc::EstimatorLog::from_json_lines(read_text(path));
  if (!log) {
    std::cerr << "tutti-cc: " << path << " is not an estimator's log\n";
    return 1;
  }
  const Plot p = plot(*log);
  double seconds = 1;
  for (const auto& curve : {p.recorded, p.replayed}) {
    if (!curve.samples.empty()) seconds = std::max(seconds, curve.samples.back().seconds);
  }
  write_text(html, kHead + curves_svg(path, seconds, p.panels()) + "<p>" + std::to_string(log->size()) + " records, " +
                       std::to_string(log->forgotten()) + " forgotten before them.</p></body></html>\n");
  return 0;
}

}  // namespace tutti::bench
