// Generator: the people of a scenario, as one thread with a socket each: joins them, sends what their programs say at its
// time whatever comes back (open loop), counts and samples what they receive, answers with feedback. Times of arrival are
// the kernel's; the time of sending travels inside the encrypted payload.
#pragma once

#include <memory>

#include "harness/result.hpp"
#include "harness/scenario.hpp"
#include "harness/target.hpp"

namespace tutti::bench {

struct GeneratorOptions {
  int cpu = 0;             // pinned to; -1: not
  int real_time = 0;       // SCHED_RR priority
  uint64_t seed = 1;
  uint32_t decrypt_of_100 = 2;  // packets of each receiver that are opened and checked; the first of each stream always
  uint32_t join_threads = 4;    // concurrent REST calls
};

class Generator {
 public:
  Generator(const Scenario& scenario, Target& target, const GeneratorOptions& options);
  ~Generator();
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  // Makes the rooms and joins everybody (of a storm: nobody yet).
  [[nodiscard]] Result<void> join();
  // Sends for `warm_up`, then measures for `duration`. May be called again.
  [[nodiscard]] Result<Step> run(TimeDelta warm_up, TimeDelta duration);
  // Everybody leaves; the destructor only closes sockets.
  void leave();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tutti::bench
