// What the REST interface needs of the rest of the process: rooms that execute commands, and figures. `app` implements
// it over `io`'s workers, tests with a double. Called on the control thread only; every handler is called there too, at
// once or later, exactly once.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tutti/base/counters.hpp"
#include "tutti/base/result.hpp"
#include "tutti/room/command.hpp"

namespace tutti::api {

// Shares of a capacity: 1 is all of it. `load` is what is compared with the limit: the larger of what is measured and
// what the cost model expects, plus what is reserved for those who have just joined.
struct LoadReport {
  double load = 0;
  double measured = 0;
  double expected = 0;
  double reserved = 0;
};

// One worker, as it was when asked. All but `counters` are gauges.
struct WorkerReport {
  uint32_t index = 0;
  Counters counters;
  uint64_t rooms = 0;
  uint64_t participants = 0;
  uint64_t tracks = 0;
  uint64_t slots = 0;
  uint64_t mixed_members = 0;
  uint64_t video_encoders = 0;
  uint64_t video_decoders = 0;
  uint64_t pool_packets_in_use = 0;
  uint64_t pool_packets_capacity = 0;
  LoadReport load;
};

struct MetricsReport {
  std::vector<WorkerReport> workers;
  uint64_t codec_jobs_waiting = 0;
  LoadReport load;  // of the node
  double codec_load = 0;
  double capacity_cores = 0;
  double load_limit = 0;                          // 0: none
  std::map<std::string, uint64_t> joins_refused;  // by the type of the error
};

class Backend {
 public:
  virtual ~Backend() = default;

  virtual void execute(room::Command command, std::function<void(Result<room::Reply>)> done) = 0;
  virtual void read_metrics(std::function<void(MetricsReport)> done) = 0;
  // Takes rooms: every worker runs and the process is not going down. /readyz.
  virtual bool ready() const = 0;
  // Every worker still answers. /healthz.
  virtual bool healthy() const = 0;
};

}  // namespace tutti::api
