// CongestionCase: a network and who sends over it, as data: what RFC 8867 §5 calls a test case. Times are since the
// beginning of the case.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tutti/base/units.hpp"

namespace tutti::test {

struct CongestionCase {
  struct RateStep {
    int seconds;
    DataRate rate;
  };
  struct MediaFlow {
    int start = 0;
    std::optional<int> stop = {};
    TimeDelta delay = TimeDelta::millis(50);  // one way
    bool backward = false;                    // from the client to the server
    std::optional<int> pause = {}, resume = {};
  };
  struct TcpShare {
    int long_flows = 0;
    int short_flows = 0;  // of 100 KB to 1 MB, with exponential pauses of 10 s on average
  };

  std::string id, title;
  int seconds = 100;
  std::vector<RateStep> forward;
  std::vector<RateStep> backward = {};  // empty: without a limit
  std::vector<MediaFlow> media;
  TcpShare tcp = {};
  TimeDelta queue = TimeDelta::millis(300);
  double loss = 0;
  uint64_t seed = 1;
};

// Test cases 5.1 to 5.8: 50 ms each way, 30 ms of jitter, a drop-tail queue of 300 ms (§4.3). Where the RFC bounds the
// source by 1.5 Mbit/s, ours has no bound below the link, or the utilisation would say nothing.
std::vector<CongestionCase> rfc8867_cases();
// What the RFC does not ask and an SFU meets every day: random loss, and a link that falls to 600 kbit/s and comes
// back.
std::vector<CongestionCase> everyday_cases();

}  // namespace tutti::test
