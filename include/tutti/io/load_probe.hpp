// LoadProbe: how a worker's load gets to the control thread. The worker samples at each beat, control reads whenever it
// likes: single figures cross, each by itself, without a lock. Owned by the Worker.
#pragma once

#include <atomic>

#include "tutti/io/cost_model.hpp"
#include "tutti/io/load_meter.hpp"
#include "tutti/room/rooms.hpp"

namespace tutti::io {

// In cores. What is expected says the cost model.
struct WorkerLoad {
  double measured = 0;           // by its thread
  double expected = 0;           // of its thread
  double expected_pictures = 0;  // of the codec threads, for its rooms
  uint32_t participants = 0;
  double load() const { return measured > expected ? measured : expected; }
};

class LoadProbe {
 public:
  LoadProbe(CostModel model, TimeDelta audio_frame) : model_(std::move(model)), audio_frame_(audio_frame) {}

  // On the thread whose time counts.
  void sample(Timestamp now, room::Rooms& rooms);
  // From any thread.
  WorkerLoad read() const;

 private:
  CostModel model_;
  TimeDelta audio_frame_;
  LoadMeter meter_;
  std::atomic<double> measured_{0}, expected_{0}, expected_pictures_{0};
  std::atomic<uint32_t> participants_{0};
};

// CPU time of the calling thread, and of the whole process.
TimeDelta thread_cpu_time();
TimeDelta process_cpu_time();

}  // namespace tutti::io
