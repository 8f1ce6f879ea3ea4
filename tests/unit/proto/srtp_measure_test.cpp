// What sealing and opening cost on this machine, and what a session keeps: printed, not asserted. Hidden; in a release
// build:
//   build/release/test_proto "[measure]"
#include <malloc.h>
#include <time.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>

#include "support/srtp_twins.hpp"
#include "tutti/base/byte_writer.hpp"
#include "tutti/base/random.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

constexpr size_t kSessions = 64, kRounds = 400, kRepetitions = 7;

double cpu_ns() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

// The median over some repetitions of what `run` takes for each of its `packets`.
template <class Run>
double median_ns(size_t packets, Run run) {
  std::array<double, kRepetitions> times{};
  for (double& time : times) {
    const double start = cpu_ns();
    run();
    time = (cpu_ns() - start) / static_cast<double>(packets);
  }
  std::sort(times.begin(), times.end());
  return times[kRepetitions / 2];
}

struct Bench {
  Bench(const SrtpBackendKind& kind, SrtpSuite suite, size_t sessions = kSessions) : backend(kind.make()) {
    SeededRandom(4).fill(payload);
    add(suite, sessions);
  }
  void add(SrtpSuite suite, size_t sessions) {
    SeededRandom random(3);
    Bytes a(master_key_size(suite)), b(a.size());
    while (senders.size() < sessions) {
      random.fill(a);
      random.fill(b);
      senders.push_back(backend->make_session({suite, SrtpMasterKey(a), SrtpMasterKey(b)}).value());
      receivers.push_back(backend->make_session({suite, SrtpMasterKey(b), SrtpMasterKey(a)}).value());
    }
  }
  // One packet for each of the first `count` sessions, from the one shared payload.
  std::span<srtp::SealJob> prepare(size_t count, size_t packet_size, size_t prefix) {
    ++sequence;
    const auto text = std::span<const uint8_t>(payload).first(packet_size - 12);
    for (size_t i = 0; i < count; ++i) {
      ByteWriter w(outs[i]);
      w.u16(0x8060);
      w.u16(sequence);
      w.u32(1);
      w.u32(7);
      jobs[i] = {senders[i].get(), 12, text.first(prefix), text.subspan(prefix), outs[i], 0};
    }
    return std::span(jobs).first(count);
  }
  double seal(size_t count, size_t packet_size, size_t prefix = 0) {
    return median_ns(kRounds * count, [&] {
      for (size_t round = 0; round < kRounds; ++round) backend->seal(prepare(count, packet_size, prefix));
    });
  }
  double open(size_t packet_size) {
    std::array<double, kRounds> times{};
    for (double& time : times) {
      backend->seal(prepare(kSessions, packet_size, 0));
      size_t opened = 0;
      const double start = cpu_ns();
      for (size_t i = 0; i < kSessions; ++i) {
        opened += std::holds_alternative<size_t>(receivers[i]->open_rtp(std::span(outs[i]).first(jobs[i].sealed_size)));
      }
      time = (cpu_ns() - start) / kSessions;
      if (opened != kSessions) FAIL("a packet was refused");
    }
    std::sort(times.begin(), times.end());
    return times[kRounds / 2];
  }
  // A report sealed by each of the sessions and opened by its other side.
  double report() {
    return median_ns(kRounds * kSessions, [&] {
      for (size_t round = 0; round < kRounds; ++round) {
        for (size_t i = 0; i < kSessions; ++i) {
          ByteWriter w(outs[i]);
          w.u32(0x81C90007);
          w.u32(7);
          const size_t size = receivers[i]->seal_rtcp(outs[i], 32);
          senders[i]->open_rtcp(std::span(outs[i]).first(size));
        }
      }
    });
  }

  std::unique_ptr<srtp::Backend> backend;
  std::vector<std::unique_ptr<srtp::Session>> senders, receivers;
  Bytes payload = Bytes(1400);
  std::array<std::array<uint8_t, 1500>, kSessions> outs;
  std::array<srtp::SealJob, kSessions> jobs;
  uint16_t sequence = 0;
};

}  // namespace

TEST_CASE("what sealing and opening a packet costs is printed", "[proto][srtp][.measure]") {
  const srtp::Library library;
  std::printf("ns of CPU for each packet, %zu sessions round robin, batches of %zu, one payload for all\n", kSessions,
              kSessions);
  std::printf("%-9s %-25s %9s %9s %9s %9s %9s %9s %9s\n", "backend", "suite", "seal 1112", "prefix 5", "seal 80",
              "prefix 5", "open 1112", "open 80", "rtcp both");
  for (const auto& kind : srtp_backends()) {
    for (SrtpSuite suite : kSrtpSuites) {
      Bench bench(kind, suite);
      std::printf("%-9s %-25s %9.0f %9.0f %9.0f %9.0f %9.0f %9.0f %9.0f\n", kind.name.c_str(),
                  std::string(name(suite)).c_str(), bench.seal(64, 1112), bench.seal(64, 1112, 5), bench.seal(64, 80),
                  bench.seal(64, 80, 5), bench.open(1112), bench.open(80), bench.report());
    }
  }
}

TEST_CASE("what sealing batches of each size costs is printed", "[proto][srtp][.measure]") {
  const srtp::Library library;
  for (const auto& kind : srtp_backends()) {
    for (const size_t size : {1112u, 600u, 400u, 200u, 120u, 80u}) {
      std::printf("%-9s %4zu B, by packets in a batch:", kind.name.c_str(), size);
      Bench bench(kind, SrtpSuite::kAesCm128HmacSha1_80);
      for (const size_t count : {1u, 2u, 3u, 4u, 5u, 6u, 8u, 12u, 16u, 18u, 20u, 24u, 32u, 50u, 64u})
        std::printf(" %zu:%.0f", count, bench.seal(count, size));
      std::printf("\n");
    }
  }
}

TEST_CASE("what a session keeps is printed", "[proto][srtp][.measure]") {
  const srtp::Library library;
  for (const auto& kind : srtp_backends()) {
    for (SrtpSuite suite : kSrtpSuites) {
      Bench warm_up(kind, suite, 1);  // what the libraries load when they are first used
      Bench bench(kind, suite, 0);
      double kept = 0;
      const auto count = [&](auto&& act) {
        const auto before = static_cast<double>(mallinfo2().uordblks);
        act();
        kept += static_cast<double>(mallinfo2().uordblks) - before;
        return kept / kSessions;
      };
      bench.senders.reserve(kSessions);
      bench.receivers.reserve(kSessions);
      const double fresh = count([&] { bench.add(suite, kSessions); }) / 2;
      // Our sides of participants that are only sent media, two sources, and report on it from one.
      kept = fresh * kSessions;
      const auto report = [](auto& from, auto& to, auto& out) {
        ByteWriter(out).u32(0x81C90007);
        const size_t size = from->seal_rtcp(out, 32);
        return [&to, &out, size] { to->open_rtcp(std::span(out).first(size)); };
      };
      double receiving = 0, publishing = 0;
      for (size_t i = 0; i < kSessions; ++i) {
        for (uint8_t ssrc : {7, 8}) {
          bench.prepare(kSessions, 80, 0);
          bench.outs[i][11] = ssrc;
          receiving = count([&] { bench.backend->seal(std::span(bench.jobs).subspan(i, 1)); });
        }
        const auto open = report(bench.receivers[i], bench.senders[i], bench.outs[i]);
        receiving = count(open);
      }
      // Of participants that publish two sources.
      kept = fresh * kSessions;
      for (size_t i = 0; i < kSessions; ++i) {
        for (uint8_t ssrc : {7, 8}) {
          bench.prepare(kSessions, 80, 0);
          bench.outs[i][11] = ssrc;
          bench.backend->seal(std::span(bench.jobs).subspan(i, 1));
          publishing =
              count([&] { bench.receivers[i]->open_rtp(std::span(bench.outs[i]).first(bench.jobs[i].sealed_size)); });
        }
      }
      std::printf(
          "%-9s %-25s bytes of a session: %6.0f fresh, %6.0f of a receiving participant, %6.0f of one that publishes "
          "two\n",
          kind.name.c_str(), std::string(name(suite)).c_str(), fresh, receiving, publishing);
    }
  }
}
