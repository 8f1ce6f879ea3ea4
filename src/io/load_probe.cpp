#include "tutti/io/load_probe.hpp"

#include <ctime>

namespace tutti::io {
namespace {

TimeDelta read_clock(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return TimeDelta::seconds(t.tv_sec) + TimeDelta::micros(t.tv_nsec / 1000);
}

}  // namespace

TimeDelta thread_cpu_time() { return read_clock(CLOCK_THREAD_CPUTIME_ID); }
TimeDelta process_cpu_time() { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }

void LoadProbe::sample(Timestamp now, room::Rooms& rooms) {
  meter_.add(now, LoadMeter::Totals::of(thread_cpu_time(), rooms.counters()));
  const size_t participants = rooms.participant_count();
  Workload work = meter_.work(audio_frame_);
  work.participants = static_cast<double>(participants);
  const double of_thread = model_.added_cores(work.without_pictures());
  measured_.store(meter_.cores(), std::memory_order_relaxed);
  expected_.store(of_thread, std::memory_order_relaxed);
  expected_pictures_.store(model_.added_cores(work) - of_thread, std::memory_order_relaxed);
  participants_.store(static_cast<uint32_t>(participants), std::memory_order_relaxed);
}

WorkerLoad LoadProbe::read() const {
  return {measured_.load(std::memory_order_relaxed), expected_.load(std::memory_order_relaxed),
          expected_pictures_.load(std::memory_order_relaxed), participants_.load(std::memory_order_relaxed)};
}

}  // namespace tutti::io
