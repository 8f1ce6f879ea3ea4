// CaseRunner: plays a CongestionCase with flows of whatever kind: makes the network, starts and stops who takes part,
// looks at everything ten times a second, and reckons the result.
#pragma once

#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "support/bottleneck.hpp"
#include "support/congestion/congestion_case.hpp"
#include "support/congestion/congestion_result.hpp"
#include "support/congestion/flow.hpp"
#include "support/event_loop.hpp"
#include "support/tcp_flow.hpp"

namespace tutti::test {

// Where the flows of a case live: an EventLoop, or a World with a room in it.
class Stage {
 public:
  virtual ~Stage() = default;
  virtual Timestamp now() const = 0;
  virtual void run_until(Timestamp end) = 0;
  virtual void attach(Actor& actor) = 0;
  // `there` carries the flow's media, `back` its feedback. `begin`: of the case.
  virtual std::unique_ptr<Flow> make_flow(const CongestionCase::MediaFlow& what, size_t index, NetworkPath& there,
                                          NetworkPath& back) = 0;
};

class CaseRunner {
 public:
  CaseRunner(const CongestionCase& what, Stage& stage);
  ~CaseRunner();
  CongestionResult run();

 private:
  struct Party;
  struct ShortTcp;
  void act(int second);
  void sample();
  std::vector<std::pair<int, int>> steady_spans() const;
  CongestionResult reckon() const;
  // `achieved`: the rate at a time, in seconds.
  std::optional<TimeDelta> recovery(const std::function<DataRate(double)>& achieved) const;
  DataRate estimated_rate(double seconds) const;
  DataRate delivered(Timestamp from, Timestamp to) const;
  // To the millisecond, so that sums of tenths end where the meters' bins do.
  Timestamp at(double seconds) const { return begin_ + TimeDelta::millis(std::llround(seconds * 1000)); }

  const CongestionCase& case_;
  Stage& stage_;
  Timestamp begin_;
  std::unique_ptr<Bottleneck> forward_, backward_;
  std::vector<std::unique_ptr<Party>> parties_;
  std::vector<std::unique_ptr<NetworkPath>> tcp_paths_;
  std::vector<std::unique_ptr<Actor>> tcp_;
  std::vector<TcpFlow*> long_tcp_;
  FlowMeter tcp_meter_;
  std::vector<Curve> rates_, queue_;
};

// The estimator alone.
CongestionResult run_estimators(const CongestionCase& what);

}  // namespace tutti::test
