// OwnThread: where and how the calling thread runs while this lives: on one processor, and before others. Threads that
// it starts meanwhile inherit that. Afterwards it is as before, because the next server is started by the same thread.
#pragma once

#include <sched.h>

#include <cstdint>

namespace tutti::bench {

class OwnThread {
 public:
  // `cpu` -1: any; `real_time` 0: like others. What is not allowed is left out.
  OwnThread(int cpu, int real_time);
  ~OwnThread();
  OwnThread(const OwnThread&) = delete;
  OwnThread& operator=(const OwnThread&) = delete;

 private:
  cpu_set_t cpus_;
  int policy_;
  sched_param parameter_{};
};

// CPU time of this process so far, all threads, in seconds.
double own_cpu_seconds();

// Room for so many open files, as far as that is allowed. False if there is not.
bool allow_open_files(uint64_t count);

}  // namespace tutti::bench
