// What bench/instructions runs under valgrind: a second of one load in steady state, in the function `counted_frame`,
// where valgrind counts. Usage: bench_instructions --list | LINE. It prints the packets that left while it counted.
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "micro/backends.hpp"
#include "support/forward_scene.hpp"
#include "tutti/base/log.hpp"

// With C linkage, for valgrind to find it by its plain name.
extern "C" [[gnu::noinline]] void counted_frame(tutti::test::ForwardScene& scene) {
  scene.receive();
  scene.transmit();
  scene.keep_house();
}

namespace tutti::bench {
namespace {

struct Line {
  std::string name;
  test::ForwardShape shape;
  test::ForwardScene::MakeBackend backend;
};

std::vector<Line> lines() {
  test::ForwardShape video, audio, relay;
  video.subscribers = 50;
  audio.kind = MediaKind::kAudio;
  audio.subscribers = 200;
  relay.rooms = 10;
  const std::vector<std::pair<std::string, test::ForwardShape>> shapes{
      {"video-1:50", video}, {"audio-1:200", audio}, {"video-relay", relay}};
  std::vector<Line> all;
  for (const auto& [shape_name, plain] : shapes) {
    all.push_back({shape_name + " plain -", plain, &srtp::make_libsrtp_backend});
    for (const auto& [suite_name, suite] :
         {std::pair("gcm", SrtpSuite::kAeadAes128Gcm), std::pair("cm", SrtpSuite::kAesCm128HmacSha1_80)}) {
      for (const NamedBackend& backend : backends()) {
        // Ours is the same on libsrtp2 whatever the suite, and by far the slowest to count with this one.
        if (backend.make == &srtp::make_libsrtp_backend && suite == SrtpSuite::kAesCm128HmacSha1_80) continue;
        test::ForwardShape shape = plain;
        shape.suite = suite;
        all.push_back({shape_name + " " + suite_name + " " + backend.name, shape, backend.make});
      }
    }
  }
  return all;
}

void count(const Line& line) {
  test::ForwardScene scene(line.shape, line.backend);
  scene.start();
  scene.join_subscribers();
  // What is kept for retransmission is a second's worth.
  const size_t second = static_cast<size_t>(TimeDelta::seconds(1) / scene.frame_interval()) + 1;
  scene.run_frames(second);
  const uint64_t before = scene.forwarded();
  // Another second, so that each participant's reports are in it once.
  for (size_t i = 0; i + 1 < second; ++i) {
    scene.prepare(false);
    counted_frame(scene);
  }
  std::printf("%llu\n", static_cast<unsigned long long>(scene.forwarded() - before));
}

int run(const char* wanted) {
  configure_log(LogLevel::kOff, LogFormat::kText);
  const srtp::Library library;
  for (const Line& line : lines()) {
    if (std::strcmp(wanted, "--list") == 0) std::puts(line.name.c_str());
    if (line.name != wanted) continue;
    count(line);
    return 0;
  }
  return std::strcmp(wanted, "--list") == 0 ? 0 : 2;
}

}  // namespace
}  // namespace tutti::bench

int main(int argc, char** argv) { return argc == 2 ? tutti::bench::run(argv[1]) : 2; }
