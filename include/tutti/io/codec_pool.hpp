// CodecPool: the threads that run jobs of all workers' rooms. First come, first served, whichever room; a job that is done is handed to the
// sink of the worker that gave it, on a codec thread (the sink posts it back). Owned by the Engine; ends after the workers.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "tutti/base/units.hpp"
#include "tutti/room/job.hpp"

namespace tutti::io {

class CodecPool {
 public:
  using Sink = std::function<void(std::unique_ptr<room::Job>)>;

  explicit CodecPool(uint32_t threads);
  // What has not begun is dropped.
  ~CodecPool();

  // From any thread. `done` must stay callable until the pool is stopped.
  void run(std::unique_ptr<room::Job> job, const Sink& done);
  void stop();
  size_t waiting() const;
  // CPU time of all jobs that are done. From any thread.
  TimeDelta cpu_time() const { return TimeDelta::micros(cpu_us_.load(std::memory_order_relaxed)); }

 private:
  struct Item {
    std::unique_ptr<room::Job> job;
    const Sink* done;
  };
  void work();

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Item> queue_;
  bool stopping_ = false;
  std::atomic<int64_t> cpu_us_{0};
  std::vector<std::thread> threads_;
};

}  // namespace tutti::io
