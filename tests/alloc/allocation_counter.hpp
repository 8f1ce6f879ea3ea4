// AllocationCounter: counts what anybody in the process asks of the allocator while it lives, C libraries included:
// this executable's own malloc, calloc and realloc, which the dynamic linker gives to all, count and hand on to
// glibc's. It keeps the first few call stacks, so that a test that fails says where. One at a time, one thread.
//
// With a sanitizer it counts nothing (`kCounts`): the sanitizer's allocator stands in the same place.
#pragma once

#include <cstdint>
#include <string>

namespace tutti::test {

class AllocationCounter {
 public:
#ifdef TUTTI_SANITIZED
  static constexpr bool kCounts = false;
#else
  static constexpr bool kCounts = true;
#endif

  AllocationCounter();
  AllocationCounter(const AllocationCounter&) = delete;
  AllocationCounter& operator=(const AllocationCounter&) = delete;

  // Counts while `work` runs. May be called again; the counts add up.
  template <class Work>
  void during(Work work) {
    begin();
    work();
    end();
  }

  uint64_t allocations() const;
  // Each distinct place that allocated, innermost call first, and how often.
  std::string places() const;

 private:
  static void begin();
  static void end();
};

}  // namespace tutti::test
