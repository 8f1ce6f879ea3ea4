// Steps: measures the hot steps of the daemon one by one, and prints them as a table or as JSON. CPU time of the
// calling thread; for each step the minimum and the median of five repetitions of 50 ms or more. One thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

namespace tutti::bench {

// Makes the compiler believe that somebody reads it, so that the work behind it stays.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

class Steps {
 public:
  struct Line {
    std::string area, step;
    double min_ns = 0, median_ns = 0;  // of one step
  };

  // Prints the table's head.
  Steps();

  // `work` takes `count` steps; `prepare` goes before each call of it and is not measured.
  template <class Prepare, class Work>
  void measure(std::string area, std::string step, size_t count, Prepare prepare, Work work) {
    prepare();
    work();
    std::array<double, kRepetitions> ns{};
    for (double& n : ns) {
      int64_t spent = 0;
      size_t rounds = 0;
      for (; spent < kRepetitionNs; ++rounds) {
        prepare();
        const int64_t begin = cpu_ns();
        work();
        spent += cpu_ns() - begin;
      }
      n = static_cast<double>(spent) / static_cast<double>(rounds * count);
    }
    std::sort(ns.begin(), ns.end());
    add({std::move(area), std::move(step), ns.front(), ns[kRepetitions / 2]});
  }
  template <class Work>
  void measure(std::string area, std::string step, size_t count, Work work) {
    measure(
        std::move(area), std::move(step), count, [] {}, work);
  }

  // {"steps": [{"area", "step", "min_ns", "median_ns"}, ...]}. False if the file cannot be written.
  bool write_json(const char* path) const;

 private:
  static constexpr size_t kRepetitions = 5;
  static constexpr int64_t kRepetitionNs = 50'000'000;

  static int64_t cpu_ns() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
  }
  // Prints it.
  void add(Line line);

  std::vector<Line> lines_;
};

// One file for each.
void measure_wire(Steps& steps);
void measure_srtp(Steps& steps);
void measure_forwarding(Steps& steps);
void measure_audio(Steps& steps);
void measure_video(Steps& steps);

}  // namespace tutti::bench
