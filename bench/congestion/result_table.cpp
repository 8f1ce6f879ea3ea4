#include "congestion/result_table.hpp"

#include "harness/table.hpp"

namespace tutti::bench {
namespace {

std::string percent(double share) { return figure(share * 100, 1) + " %"; }
std::string optional(const std::optional<double>& v) { return v ? figure(*v, 2) : ""; }
std::string time(const std::optional<TimeDelta>& t) {
  if (!t) return "";
  return t->is_finite() ? figure(t->seconds_f(), 1) + " s" : "never";
}

}  // namespace

std::string result_table(const std::vector<test::CongestionResult>& results) {
  Table table{{"case", "what", "estimate", "link used", "by media", "queue p95", "lost", "Jain", "against TCP",
               "recovery", "estimated"},
              {}};
  for (const auto& r : results) {
    table.rows.push_back({r.what.id, r.what.title, percent(r.estimate), percent(r.utilisation), percent(r.media_share),
                          figure(r.queue_p95.seconds_f() * 1000) + " ms", percent(r.loss), optional(r.jain),
                          optional(r.tcp_ratio), time(r.recovery), time(r.estimate_recovery)});
  }
  return as_markdown(table);
}

}  // namespace tutti::bench
