// What it costs to forward: one publisher of VP8, N keyed subscribers, everything of the daemon below `io` (room::Rooms
// with the SFU router and each SRTP backend), in memory. Packets of 1,100 bytes come in frames of six, a frame each
// 33 ms of virtual time; the cost is CPU time of this thread. bench/RESULTS.md says how to read the columns.
#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <optional>

#include "micro/backends.hpp"
#include "support/forward_scene.hpp"
#include "tutti/base/log.hpp"

namespace tutti::bench {
namespace {

// The packets that each case sends, so that no case takes more than a second or two.
constexpr size_t kEgressPackets = 300'000;

int64_t cpu_ns() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

// What the process holds from the allocator, whichever library asked for it.
double heap_kib() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd) / 1024;
}

struct Figures {
  uint64_t egress = 0, ingress = 0;
  int64_t receive_ns = 0, transmit_ns = 0, housekeeping_ns = 0;
  double kib_per_subscriber = 0;
};

template <class Work>
void add_time(int64_t& total, Work work) {
  const int64_t begin = cpu_ns();
  work();
  total += cpu_ns() - begin;
}

Figures measure(const test::ForwardShape& shape, const NamedBackend& backend) {
  // On the heap, and gone before the next case, so that the heap's figures are this case's.
  const auto scene = std::make_unique<test::ForwardScene>(shape, backend.make);
  scene->start();
  const double before = heap_kib();
  scene->join_subscribers();
  scene->run_frames(test::ForwardScene::kWarmUpFrames);
  const double after = heap_kib();

  Figures f;
  const uint64_t forwarded_before = scene->forwarded();
  const size_t frames = kEgressPackets / scene->packets_per_frame() / std::max<size_t>(shape.subscribers, 30);
  for (size_t i = 0; i < frames; ++i) {
    scene->prepare(false);
    add_time(f.receive_ns, [&] { scene->receive(); });
    add_time(f.transmit_ns, [&] { scene->transmit(); });
    add_time(f.housekeeping_ns, [&] { scene->keep_house(); });
  }
  f.egress = scene->forwarded() - forwarded_before;
  f.ingress = frames * scene->packets_per_frame();
  if (f.egress != f.ingress * shape.subscribers) throw std::runtime_error("packets were not forwarded to everybody");
  if (shape.subscribers > 0) f.kib_per_subscriber = (after - before) / static_cast<double>(shape.subscribers);
  return f;
}

double per(int64_t total, uint64_t count) { return static_cast<double>(total) / static_cast<double>(count); }

void measure_suite(const NamedBackend& backend, const char* suite_name, std::optional<SrtpSuite> suite) {
  const char* backend_name = suite ? backend.name : "-";
  test::ForwardShape shape;
  shape.suite = suite;
  shape.subscribers = 0;
  // Parsing, opening and caching a packet that nobody gets: once for each ingress packet, whatever N is.
  const Figures alone = measure(shape, backend);
  const double open_ns = per(alone.receive_ns, alone.ingress);
  for (const size_t n : {size_t{50}, size_t{200}}) {
    shape.subscribers = n;
    const Figures f = measure(shape, backend);
    const double whole = per(f.receive_ns + f.transmit_ns, f.egress);
    const double project = (per(f.receive_ns, f.ingress) - open_ns) / static_cast<double>(n);
    std::printf("%-24s %-9s %5zu %12.0f %12.0f %10.0f %12.0f %14.0f %12.1f\n", suite_name, backend_name, n, whole,
                1e9 / whole, project, per(f.transmit_ns, f.egress), per(f.housekeeping_ns, f.egress),
                f.kib_per_subscriber);
  }
  std::printf("%-24s %-9s %5s %12.0f ns for each ingress packet, received and kept\n", suite_name, backend_name, "0",
              open_ns);
}

void run() {
  configure_log(LogLevel::kOff, LogFormat::kText);
  const srtp::Library library;
  std::printf("%-24s %-9s %5s %12s %12s %10s %12s %14s %12s\n", "suite", "backend", "N", "ns/egress", "egress/s",
              "project ns", "write+seal ns", "housekeep. ns", "KiB/subscr.");
  measure_suite(backends().front(), "plain RTP", std::nullopt);
  for (const SrtpSuite suite : {SrtpSuite::kAeadAes128Gcm, SrtpSuite::kAesCm128HmacSha1_80}) {
    for (const NamedBackend& backend : backends()) measure_suite(backend, std::string(name(suite)).c_str(), suite);
  }
}

}  // namespace
}  // namespace tutti::bench

int main() {
  try {
    tutti::bench::run();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench_forward: %s\n", e.what());
    return 1;
  }
  return 0;
}
