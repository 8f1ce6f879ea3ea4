// How much address space a piece of code takes at its worst, freed again or not. It runs in a forked child, because the
// kernel's high-water mark of a process never falls.
#pragma once

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>

namespace tutti::test {

// VmPeak of this process in KiB.
inline int64_t peak_address_space_kib() {
  std::ifstream status("/proc/self/status");
  std::string word;
  int64_t kib = 0;
  while (status >> word) {
    if (word == "VmPeak:" && status >> kib) return kib;
  }
  throw std::runtime_error("the kernel tells no VmPeak");
}

// `run` must not need other threads, nor report by Catch2: what it returns comes back as `ok`.
struct PeakMemory {
  bool ok = false;
  int64_t growth_kib = 0;
};
template <class Run>
PeakMemory peak_memory_of(Run run) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("no fork");
  PeakMemory result;
  if (child == 0) {
    // Large blocks are mapped anew, however much the tests before have left to the allocator.
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    const int64_t before = peak_address_space_kib();
    result.ok = run();
    result.growth_kib = peak_address_space_kib() - before;
    const bool written = write(ends[1], &result, sizeof result) == static_cast<ssize_t>(sizeof result);
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  const bool read_all = read(ends[0], &result, sizeof result) == static_cast<ssize_t>(sizeof result);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (!read_all) throw std::runtime_error("the child died");
  return result;
}

}  // namespace tutti::test
