// In steady state nothing is allocated for a packet, whoever asks: Tutti, the SRTP backend or a C library below it.
#include <catch2/catch.hpp>

#include "alloc/allocation_counter.hpp"
#include "alloc/listeners.hpp"
#include "support/forward_scene.hpp"
#include "tutti/base/log.hpp"

namespace tutti::test {
namespace {

struct Load {
  const char* name;
  ForwardShape shape;
  Listeners::Says says;  // the subscribers, all of them, in each frame
  bool loses = false;    // one packet of each frame comes with the next one
};

// The shapes of issue 4, smaller where only the number of participants would differ.
std::vector<Load> loads() {
  std::vector<Load> all;
  ForwardShape video;
  video.subscribers = 20;
  all.push_back({"video 1:20", video, {}});
  all.push_back({"video 1:20, with NACK and RTX", video, {false, true, false}});
  all.push_back({"video 1:20, with receiver reports", video, {true, false, false}});
  video.transport_cc = true;
  all.push_back({"video 1:20, with transport feedback on both sides", video, {false, false, true}});
  all.push_back({"video 1:20, with everything and loss on the way in", video, {true, true, true}, true});
  ForwardShape audio;
  audio.kind = MediaKind::kAudio;
  audio.subscribers = 200;
  all.push_back({"audio 1:200, with receiver reports", audio, {true, false, false}});
  ForwardShape relay;
  relay.rooms = 20;
  all.push_back({"20 relays of video", relay, {true, true, false}});
  return all;
}

// Longer than a second, the interval of reports and the age of what caches keep. With a sanitizer, which is slow and
// counts nothing, just enough for every kind of message.
constexpr size_t kFrames = AllocationCounter::kCounts ? 200 : 40;

struct Outcome {
  uint64_t allocations = 0, packets = 0, retransmissions = 0;
  std::string places;
};

Outcome run(const Load& load, ForwardScene::MakeBackend backend) {
  ForwardScene scene(load.shape, backend);
  scene.start();
  scene.join_subscribers();
  Listeners listeners(scene, load.shape.rooms * load.shape.subscribers);
  AllocationCounter counter;
  std::vector<ForwardScene::Prepared> late;
  auto frame = [&](bool counted) {
    scene.prepare(false);
    std::vector<ForwardScene::Prepared> arriving = std::exchange(late, {});
    if (load.loses) {
      late.push_back(scene.prepared()[2]);
      scene.prepared().erase(scene.prepared().begin() + 2);
    }
    listeners.prepare(load.says);
    const auto work = [&] {
      for (auto& p : arriving) scene.deliver(p.path, std::span(p.bytes).first(p.size));
      scene.receive();
      listeners.deliver();
      scene.transmit([&](std::span<const TransmitSlot> batch) { listeners.observe(batch); });
      scene.keep_house([&](std::span<const TransmitSlot> batch) { listeners.observe(batch); });
    };
    counted ? counter.during(work) : work();
  };
  for (size_t i = 0; i < kFrames; ++i) frame(false);
  const uint64_t before = scene.forwarded();
  for (size_t i = 0; i < kFrames; ++i) frame(true);
  return {counter.allocations(), scene.forwarded() - before, listeners.retransmissions(), counter.places()};
}

void check(const Load& load, ForwardScene::MakeBackend backend) {
  INFO(load.name);
  const Outcome outcome = run(load, backend);
  INFO(outcome.packets << " packets\n" << outcome.places);
  const size_t receivers = load.shape.rooms * load.shape.subscribers;
  REQUIRE(outcome.packets >= receivers * kFrames / 2);
  if (load.says.nack) REQUIRE(outcome.retransmissions >= receivers * kFrames / 2);
  CHECK(outcome.allocations == 0);
}

}  // namespace

TEST_CASE("an allocation of a C library is counted", "[alloc]") {
  if (!AllocationCounter::kCounts) return;
  AllocationCounter counter;
  counter.during([] {
    // strdup allocates inside libc.
    char* volatile copy = strdup("x");
    free(copy);
    delete new volatile int(1);
  });
  CHECK(counter.allocations() == 2);
}

TEST_CASE("forwarding allocates nothing for a packet", "[alloc]") {
  if (!AllocationCounter::kCounts)
    WARN("a sanitizer's allocator cannot be counted: the loads run, and nothing is asserted of it");
  configure_log(LogLevel::kOff, LogFormat::kText);
  const srtp::Library library;
  SECTION("by plain RTP") {
    for (const Load& load : loads()) check(load, &srtp::make_libsrtp_backend);
  }
  // libsrtp2 is not asked: what it allocates is its own.
  SECTION("with SRTP on ipsec-mb") {
    if (!srtp::make_ipsec_backend()) {
      WARN("this machine has no ipsec-mb backend");
      return;
    }
    for (const SrtpSuite suite : {SrtpSuite::kAeadAes128Gcm, SrtpSuite::kAeadAes256Gcm, SrtpSuite::kAesCm128HmacSha1_80,
                                  SrtpSuite::kAesCm128HmacSha1_32}) {
      INFO(name(suite));
      for (Load load : loads()) {
        load.shape.suite = suite;
        check(load, &srtp::make_ipsec_backend);
      }
    }
  }
}

}  // namespace tutti::test
