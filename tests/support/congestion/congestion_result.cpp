#include "support/congestion/congestion_result.hpp"

#include <algorithm>

namespace tutti::test {
namespace {

double mean(const std::vector<CongestionResult>& results, auto value) {
  double sum = 0;
  for (const auto& r : results) sum += value(r);
  return sum / static_cast<double>(results.size());
}

}  // namespace

CongestionResult mean_of(const std::vector<CongestionResult>& results) {
  using R = CongestionResult;
  R out = results.front();
  for (auto field : {&R::utilisation, &R::media_share, &R::loss, &R::estimate}) {
    out.*field = mean(results, [&](const R& r) { return r.*field; });
  }
  for (auto field : {&R::jain, &R::tcp_ratio}) {
    if (out.*field) out.*field = mean(results, [&](const R& r) { return *(r.*field); });
  }
  out.queue_p95 = TimeDelta::seconds_f(mean(results, [](const R& r) { return r.queue_p95.seconds_f(); }));
  for (auto field : {&R::recovery, &R::estimate_recovery}) {
    if (!(out.*field)) continue;
    const bool always =
        std::all_of(results.begin(), results.end(), [&](const R& r) { return (r.*field)->is_finite(); });
    out.*field = always ? TimeDelta::seconds_f(mean(results, [&](const R& r) { return (r.*field)->seconds_f(); }))
                        : TimeDelta::infinite();
  }
  return out;
}

}  // namespace tutti::test
