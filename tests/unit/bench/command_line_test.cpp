#include "harness/command_line.hpp"

#include <catch2/catch.hpp>

#include "support/result_text.hpp"

namespace tutti::bench {
namespace {

std::string wrong(const std::vector<std::string>& words) {
  const auto line = parse_command_line(words);
  REQUIRE_FALSE(line);
  return line.error().detail;
}

TEST_CASE("a run is read with its options, wherever they stand", "[bench][command_line]") {
  const auto line = parse_command_line({"run", "--seconds", "2.5", "fan-out-video", "--load=200", "--suite",
                                        "AES_CM_128_HMAC_SHA1_80", "--server-cpu", "-1", "--real-time"});
  REQUIRE(line);
  CHECK(line->command == "run");
  CHECK(line->operands == std::vector<std::string>{"fan-out-video"});
  CHECK(line->duration == TimeDelta::millis(2'500));
  CHECK(line->load == 200u);
  CHECK(line->suite == SrtpSuite::kAesCm128HmacSha1_80);
  CHECK(line->server_cpu == -1);
  CHECK(line->real_time);
  CHECK(line->repeat == 1);
}

TEST_CASE("a wrong command line is answered with what would be right", "[bench][command_line]") {
  CHECK(wrong({}) == "a command is missing: list, run, knee, compare, standard, fit or size");
  CHECK(wrong({"rum"}) == "unknown command \"rum\" (did you mean run?)");
  CHECK(wrong({"run"}) == "run needs a scenario: tutti-bench list shows them");
  CHECK(wrong({"run", "a", "--laod", "3"}) == "unknown option --laod (did you mean --load?)");
  CHECK(wrong({"run", "a", "--load", "0"}) == "--load needs a whole number from 1 to 1000000, not \"0\"");
  CHECK(wrong({"run", "a", "--load"}) == "--load needs a value");
  CHECK(wrong({"run", "a", "--limit", "2"}) == "--limit needs a number from 0.01 to 1, not \"2\"");
  CHECK(wrong({"run", "a", "--real-time=yes"}) == "--real-time takes no value");
  CHECK(wrong({"run", "a", "--target", "nobody"}) == "--target knows tuttid and janus, not \"nobody\"");
  CHECK(wrong({"compare", "a"}) == "compare needs --targets with two names: tuttid,janus");
  CHECK(wrong({"size", "--rooms", "5"}) == "size needs --scenario: the shape of the rooms");
  CHECK(wrong({"fit"}) == "fit needs results: files that run or knee wrote with --json");
}

TEST_CASE("help is there before anything else is looked at", "[bench][command_line]") {
  const auto line = parse_command_line({"run", "--help", "--nonsense"});
  REQUIRE(line);
  CHECK(line->command == "help");
}

}  // namespace
}  // namespace tutti::bench
