// What each hot step of the daemon costs by itself: parse, project, header, SRTP by suite and backend, RTCP, STUN, mix,
// compose. Usage: bench_steps [--json FILE]. bench/RESULTS.md says how to read it.
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>

#include "micro/steps/steps.hpp"
#include "tutti/base/log.hpp"
#include "tutti/proto/srtp/session.hpp"

int main(int argc, char** argv) {
  const bool json = argc == 3 && std::strcmp(argv[1], "--json") == 0;
  if (argc != 1 && !json) {
    std::fprintf(stderr, "usage: bench_steps [--json FILE]\n");
    return 2;
  }
  try {
    tutti::configure_log(tutti::LogLevel::kOff, tutti::LogFormat::kText);
    const tutti::srtp::Library library;
    tutti::bench::Steps steps;
    tutti::bench::measure_wire(steps);
    tutti::bench::measure_forwarding(steps);
    tutti::bench::measure_srtp(steps);
    tutti::bench::measure_audio(steps);
    tutti::bench::measure_video(steps);
    if (json && !steps.write_json(argv[2])) throw std::runtime_error(std::string(argv[2]) + " cannot be written");
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench_steps: %s\n", e.what());
    return 1;
  }
  return 0;
}
