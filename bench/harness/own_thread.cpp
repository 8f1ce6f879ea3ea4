#include "harness/own_thread.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <ctime>

namespace tutti::bench {

OwnThread::OwnThread(int cpu, int real_time) : policy_(sched_getscheduler(0)) {
  sched_getaffinity(0, sizeof(cpus_), &cpus_);
  sched_getparam(0, &parameter_);
  if (cpu >= 0) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<size_t>(cpu), &one);
    sched_setaffinity(0, sizeof(one), &one);
  }
  if (real_time > 0) {
    sched_param parameter{};
    parameter.sched_priority = real_time;
    sched_setscheduler(0, SCHED_RR, &parameter);
  }
}

OwnThread::~OwnThread() {
  sched_setscheduler(0, policy_, &parameter_);
  sched_setaffinity(0, sizeof(cpus_), &cpus_);
}

double own_cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

bool allow_open_files(uint64_t count) {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return false;
  if (files.rlim_cur >= count) return true;
  files.rlim_cur = count;
  files.rlim_max = std::max<rlim_t>(files.rlim_max, count);
  return setrlimit(RLIMIT_NOFILE, &files) == 0;
}

}  // namespace tutti::bench
