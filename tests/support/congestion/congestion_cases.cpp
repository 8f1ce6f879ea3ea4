#include "support/congestion/congestion_case.hpp"

namespace tutti::test {
namespace {

CongestionCase make(std::string id, std::string title, int seconds, std::vector<CongestionCase::RateStep> forward,
                    std::vector<CongestionCase::MediaFlow> media) {
  CongestionCase c;
  c.id = std::move(id);
  c.title = std::move(title);
  c.seconds = seconds;
  c.forward = std::move(forward);
  c.media = std::move(media);
  return c;
}

}  // namespace

std::vector<CongestionCase> rfc8867_cases() {
  const auto k = [](int64_t v) { return DataRate::kbps(v); };
  const auto ms = [](int64_t v) { return TimeDelta::millis(v); };
  std::vector<CongestionCase> cases;
  cases.push_back(make("5.1", "variable capacity, one flow", 100,
                       {{0, k(1000)}, {40, k(2500)}, {60, k(600)}, {80, k(1000)}}, {{}}));
  cases.push_back(make("5.2", "variable capacity, two flows", 125,
                       {{0, k(4000)}, {25, k(2000)}, {50, k(3500)}, {75, k(1000)}, {100, k(2000)}}, {{}, {}}));
  cases.push_back(make("5.3", "congested feedback link, media both ways", 100,
                       {{0, k(2000)}, {20, k(1000)}, {40, k(500)}, {60, k(2000)}}, {{}, {.backward = true}}));
  cases.back().backward = {{0, k(2000)}, {35, k(800)}, {70, k(2000)}};
  cases.push_back(make("5.4", "three like flows, one after another", 120, {{0, k(3500)}},
                       {{.start = 0}, {.start = 20}, {.start = 40}}));
  cases.push_back(make("5.5", "five flows of different round-trip times", 300, {{0, k(4000)}},
                       {{.start = 0, .delay = ms(10)},
                        {.start = 10, .delay = ms(25)},
                        {.start = 20, .delay = ms(50)},
                        {.start = 30, .delay = ms(100)},
                        {.start = 40, .delay = ms(150)}}));
  cases.push_back(make("5.6", "against a long TCP flow", 120, {{0, k(2000)}}, {{.start = 5}}));
  cases.back().tcp.long_flows = 1;
  cases.push_back(
      make("5.7", "two flows against ten short TCP flows", 300, {{0, k(2000)}}, {{.start = 5}, {.start = 5}}));
  cases.back().tcp.short_flows = 10;
  cases.push_back(make("5.8", "three flows, one pauses from 40 to 60 s", 120, {{0, k(3500)}},
                       {{.pause = 40, .resume = 60}, {}, {}}));
  return cases;
}

std::vector<CongestionCase> everyday_cases() {
  const auto k = [](int64_t v) { return DataRate::kbps(v); };
  std::vector<CongestionCase> cases;
  cases.push_back(make("loss", "2 % random loss", 90, {{0, k(2000)}}, {{}}));
  cases.back().loss = 0.02;
  cases.push_back(
      make("restored", "4 Mbit/s, 600 kbit/s, 4 Mbit/s", 90, {{0, k(4000)}, {30, k(600)}, {60, k(4000)}}, {{}}));
  return cases;
}

}  // namespace tutti::test
