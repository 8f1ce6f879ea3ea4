// What the target says to tuttid, and reads from it; the daemon itself is tried by running tutti-bench.
#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include "api/command_reader.hpp"
#include "harness/keyed_body.hpp"
#include "harness/prometheus_text.hpp"

namespace tutti::bench {
namespace {

KeyedJoin some_join() {
  KeyedJoin join;
  join.room = "r";
  join.id = "ada";
  join.address = *Endpoint::parse("127.0.0.1:5000");
  std::vector<uint8_t> ours(28, 1), theirs(28, 2);
  join.keys = SrtpKeys{SrtpSuite::kAeadAes128Gcm, SrtpMasterKey(ours), SrtpMasterKey(theirs)};
  join.publish = {{"mic", MediaKind::kAudio, {{"", Ssrc(11), std::nullopt}}},
                  {"cam", MediaKind::kVideo, {{"", Ssrc(12), Ssrc(13)}}},
                  {"big", MediaKind::kVideo, {{"q", Ssrc(14), Ssrc(15)}, {"f", Ssrc(16), Ssrc(17)}}}};
  join.receive = {{MediaKind::kVideo, "bob/cam", Ssrc(21), Ssrc(22)},
                  {MediaKind::kAudio, "auto", Ssrc(23), std::nullopt}};
  return join;
}

TEST_CASE("tuttid reads the join that the harness writes", "[bench][target]") {
  const auto read = api::read_join(keyed_body(some_join()), RoomId("r"), {});
  if (!read) FAIL(keyed_body(some_join()));
  const auto& join = std::get<room::KeyedJoin>(read->transport);
  CHECK(join.encrypted);
  // What the client sends with is what the server receives with.
  CHECK(join.receive_key == some_join().keys->local);
  CHECK(join.send_key == some_join().keys->remote);
  REQUIRE(join.publish.size() == 3);
  CHECK(join.publish[1].layers[0].rtx_ssrc == Ssrc(13));
  REQUIRE(join.publish[2].layers.size() == 2);
  CHECK(join.publish[2].layers[1].ssrc == Ssrc(16));
  CHECK(join.publish[2].layers[1].rtx_ssrc == Ssrc(17));
  REQUIRE(join.receive.size() == 2);
  CHECK(join.receive[0].rtx_ssrc == Ssrc(22));
  CHECK(read->subscriptions.size() == 2);
}

TEST_CASE("a join without keys is plain RTP", "[bench][target]") {
  KeyedJoin join = some_join();
  join.keys.reset();
  const auto read = api::read_join(keyed_body(join), RoomId("r"), {});
  REQUIRE(read.has_value());
  CHECK_FALSE(std::get<room::KeyedJoin>(read->transport).encrypted);
}

TEST_CASE("counters are summed over workers, and split by reason", "[bench][target]") {
  const std::string text =
      "# HELP tutti_packets_sent_total Worker counter.\n# TYPE tutti_packets_sent_total counter\n"
      "tutti_packets_sent_total{worker=\"0\"} 3\ntutti_packets_sent_total{worker=\"1\"} 4\n"
      "tutti_rooms{worker=\"0\"} 9\nother_total 5\n"
      "tutti_dropped_total{worker=\"0\",reason=\"queue_full\"} "
      "1\ntutti_dropped_total{worker=\"1\",reason=\"queue_full\"} 1\n"
      "tutti_dropped_total{worker=\"0\",reason=\"replay\"} 0\ntutti_odd_total nonsense\ntutti_whole_total 8";
  CHECK(read_counters(text, "tutti_") == std::vector<std::pair<std::string, double>>{{"packets_sent_total", 7},
                                                                                     {"dropped_total{queue_full}", 2},
                                                                                     {"dropped_total{replay}", 0},
                                                                                     {"whole_total", 8}});
}

}  // namespace
}  // namespace tutti::bench
