// What congestion control costs: bench_forward's fan-out of VP8 to keyed subscribers, once to those who tell nothing of their path and
// once to those who send transport-wide feedback each 66 ms and so have an estimator and a pacer each. CPU time of this thread for each
// packet that leaves, with everything between: deadlines, feedback, bursts.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>

#include "alloc/listeners.hpp"
#include "micro/backends.hpp"
#include "support/forward_scene.hpp"
#include "tutti/base/log.hpp"

namespace tutti::bench {
namespace {

int64_t cpu_ns() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

double ns_per_packet(const test::ForwardShape& shape, const NamedBackend& backend) {
  constexpr size_t kFrames = 600, kWarmUp = 600;
  test::ForwardScene scene(shape, backend.make);
  scene.start();
  scene.join_subscribers();
  test::Listeners listeners(scene, shape.subscribers);
  int64_t receivers_ns = 0;  // theirs, not the server's
  const auto sink = [&](std::span<const TransmitSlot> batch) {
    const int64_t begin = cpu_ns();
    listeners.observe(batch);
    receivers_ns += cpu_ns() - begin;
  };
  int64_t total = 0;
  uint64_t before = 0;
  for (size_t i = 0; i < kWarmUp + kFrames; ++i) {
    if (i == kWarmUp) {
      total = receivers_ns = 0;
      before = scene.forwarded();
    }
    scene.prepare(false);
    const bool feedback = shape.transport_cc && i % 2 == 0;
    listeners.prepare({.transport_feedback = feedback});
    const int64_t begin = cpu_ns();
    if (feedback) listeners.deliver();
    scene.receive();
    scene.transmit(sink);
    scene.keep_house(sink);
    total += cpu_ns() - begin;
  }
  const uint64_t packets = scene.forwarded() - before;
  if (packets < kFrames * scene.packets_per_frame() * shape.subscribers * 95 / 100)
    std::printf("of %zu packets %llu left\n", kFrames * scene.packets_per_frame() * shape.subscribers, static_cast<unsigned long long>(packets));
  return static_cast<double>(total - receivers_ns) / static_cast<double>(packets);
}

void run() {
  configure_log(LogLevel::kOff, LogFormat::kText);
  const srtp::Library library;
  std::printf("%-20s %-9s %5s %14s %14s %8s\n", "suite", "backend", "N", "unlimited, ns", "paced, ns", "");
  for (const NamedBackend& backend : backends()) {
    for (const size_t n : {size_t{50}, size_t{200}}) {
      test::ForwardShape shape;
      shape.suite = SrtpSuite::kAeadAes128Gcm;
      shape.subscribers = n;
      const double unlimited = ns_per_packet(shape, backend);
      shape.transport_cc = true;
      const double paced = ns_per_packet(shape, backend);
      std::printf("%-20s %-9s %5zu %14.0f %14.0f %+7.0f%%\n", std::string(name(*shape.suite)).c_str(), backend.name, n, unlimited, paced,
                  100 * (paced / unlimited - 1));
    }
  }
}

}  // namespace
}  // namespace tutti::bench

int main() {
  try {
    tutti::bench::run();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench_paced: %s\n", e.what());
    return 1;
  }
  return 0;
}
