// Admission: how loaded each worker and the node are, whether somebody new is let in, and where a new room goes. Fed by
// the Engine with what the workers' probes say; sans-IO, on the control thread.
//
// A load is a share of a capacity: a worker has one core, a node the cores that it may use. It is the larger of what
// was measured and what the cost model expects of the traffic, plus what is reserved for those who came so lately that
// neither shows them: each at the mean cost of those who are there. Beyond the limit nobody new is let in, until the
// load is down at kReopen of it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tutti/base/result.hpp"
#include "tutti/base/units.hpp"
#include "tutti/io/cost_model.hpp"
#include "tutti/io/load_probe.hpp"
#include "tutti/io/recent_count.hpp"

namespace tutti::io {

struct AdmissionConfig {
  double limit = 0;  // 0: everybody is let in
};

// In cores.
struct Capacity {
  double worker = 1, node = 1, codecs = 1;
};

// Shares of a capacity; beyond 1 it is not enough.
struct LoadFigures {
  double measured = 0, expected = 0, reserved = 0;
  double load() const { return (measured > expected ? measured : expected) + reserved; }
};

class Admission {
 public:
  Admission(AdmissionConfig config, const CostModel& model, Capacity capacity, size_t workers);

  // What was found at a beat: one WorkerLoad for each worker, the cores that the process and its codec threads use.
  void update(Timestamp now, std::span<const WorkerLoad> workers, double process_cores, double codec_cores);
  // Whether somebody new may join a room on `worker`; `composes`: a room whose pictures are mixed, so the codec threads
  // must have room too. 503 `overloaded` if not.
  Result<void> check(Timestamp now, uint32_t worker, bool composes);
  // A join was let in, and has ended.
  void on_join_begun(uint32_t worker) { ++workers_[worker].joining; }
  void on_join_ended(Timestamp now, uint32_t worker, bool joined);
  // The worker for a new room. `rooms`: how many each has.
  uint32_t place(Timestamp now, std::span<const size_t> rooms);

  LoadFigures node(Timestamp now) const;
  LoadFigures worker(Timestamp now, uint32_t index) const;
  double codecs() const { return codec_cores_ / capacity_.codecs; }
  const Capacity& capacity() const { return capacity_; }
  double limit() const { return config_.limit; }

  static constexpr double kReopen = 0.9;

 private:
  // With hysteresis.
  struct Gate {
    bool closed = false;
    bool admits(double load, double limit) {
      closed = load > (closed ? kReopen * limit : limit);
      return !closed;
    }
  };
  struct OneWorker {
    WorkerLoad load;
    uint32_t joining = 0;  // under way
    RecentCount joined{LoadMeter::kWindow};
    RecentCount placed{kRoomsGrow};  // rooms
    Gate gate;
  };

  double reserved_cores(Timestamp now, const OneWorker& worker) const;
  Result<void> pass(Gate& gate, const std::string& whose, double load);

  AdmissionConfig config_;
  Capacity capacity_;
  double constant_cores_, one_participant_cores_;
  std::vector<OneWorker> workers_;
  Gate node_gate_, codec_gate_;
  double process_cores_ = 0, codec_cores_ = 0;

  // A room is empty when it is placed, and has its people about so much later.
  static constexpr TimeDelta kRoomsGrow = TimeDelta::seconds(30);
};

}  // namespace tutti::io
