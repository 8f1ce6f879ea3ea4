// People of the harness against the rooms of the daemon, in memory and in virtual time.
#include "harness/person.hpp"

#include <catch2/catch.hpp>

#include "api/command_reader.hpp"
#include "harness/keyed_body.hpp"
#include "support/result_text.hpp"
#include "support/world.hpp"

namespace tutti::bench {
namespace {

// The wall clock is the world's, in nanoseconds, a while after its beginning.
int64_t wall_of(Timestamp now) { return now.us() * 1'000 + 1'763'000'000'000'000'000; }

class Visitor final : public test::World::Client, public Wire {
 public:
  Visitor(test::World& world, const PersonPlan& plan, const Shared& shared, uint32_t sample_every)
      : world_(world), address_(world.make_address()), person_(plan, shared, 1, sample_every) {
    const std::string body = plan.role->transport == TransportKind::kWebrtc ? webrtc_body(person_.webrtc_join())
                                                                            : keyed_body(person_.keyed_join(address_));
    const auto reply = std::get<room::JoinReply>(world.apply(*api::read_join(body, test::World::room(), {})));
    if (plan.role->transport == TransportKind::kWebrtc) {
      REQUIRE(person_.answered(world.now(), reply.answer));
    } else {
      KeyedJoined joined;
      joined.server = test::World::kServer;
      REQUIRE(person_.joined(world.now(), joined));
    }
    world.attach(*this, address_);
  }
  ~Visitor() override { world_.detach(*this); }

  Person& person() { return person_; }
  const ReceiveStream& slot(size_t i) const { return person_.receives()[i]; }
  // Loses this packet of all large ones, which are video, that come.
  std::optional<uint64_t> lose;
  uint64_t cut = 0;  // packets of which only the header was read

  void receive(Timestamp now, std::vector<uint8_t> datagram) override {
    const size_t size = datagram.size();
    if (size > 500 && large_++ == lose) return;
    auto bytes = std::span(datagram);
    if (!person_.wants_whole() && size > kHeaderRead) {
      bytes = bytes.first(kHeaderRead);
      ++cut;
    }
    person_.handle_datagram(now, {bytes, size, wall_of(now), person_.sampled()}, *this);
    person_.end_batch();
  }
  Timestamp next_deadline() const override { return person_.next_deadline(); }
  void handle_deadline(Timestamp now) override { person_.handle_deadline(now, *this); }
  int64_t wall_ns() override { return wall_of(world_.now()); }
  void send(std::span<const uint8_t> datagram) override { world_.send(address_, {datagram.begin(), datagram.end()}); }

 private:
  static constexpr size_t kHeaderRead = 16;
  test::World& world_;
  Endpoint address_;
  Person person_;
  uint64_t large_ = 0;
};

// A camera that is watched, and heard, over a network that takes 20 ms in each direction.
struct Stage {
  explicit Stage(const std::string& transport, const std::string& camera = {}, const std::string& viewer = {},
                 uint32_t sample_every = 1)
      : scenario(
            parse_scenario("# A stage.\nroles:\n  camera:\n    transport: " + transport + "\n" + camera +
                               "    audio: {fixed_bytes: 80}\n    video: {}\n  viewer:\n    transport: " + transport +
                               "\n" + viewer + "    watches: [camera]\n    hears: [camera]\nscale: viewer\nload: 1\n",
                           "s.yaml")
                .value()),
        people(plan_people(scenario, programs)),
        certificate(dtls::Certificate::self_signed(random, 1'700'000'000)),
        context(certificate),
        camera_(world, people[0], shared, 1),
        viewer_(world, people[1], shared, sample_every) {
    world.run_for(TimeDelta::seconds(2));
    REQUIRE(camera_.person().connected());
    REQUIRE(viewer_.person().connected());
  }
  void play(TimeDelta time) {
    camera_.person().start(world.now());
    world.run_for(time);
  }

  Scenario scenario;
  Pattern pattern{1};
  ProgramLibrary programs{pattern};
  std::vector<PersonPlan> people;
  test::World world{{}};
  SeededRandom random{5};
  dtls::Certificate certificate;
  dtls::Context context;
  std::string fingerprint = certificate.fingerprint_sha256();
  Tally tally;
  Shared shared{world.backend(), context, fingerprint, programs, tally, random};
  Visitor camera_, viewer_;
};

// `paced`: the server paces and probes; what it fills probes with is received and is no media.
void check_all_came(Stage& stage, bool paced = false) {
  stage.play(TimeDelta::seconds(3));
  const ReceiveCount audio = stage.viewer_.slot(0).ledger.count(), video = stage.viewer_.slot(1).ledger.count();
  CHECK(audio.arrived == audio.expected);
  CHECK(audio.arrived >= 148);
  CHECK(video.arrived == video.expected);
  CHECK(video.arrived >= 520);
  CHECK(stage.tally.unreadable == 0);
  CHECK(stage.tally.decrypted == stage.tally.latency.count());
  if (paced) {
    CHECK(stage.tally.decrypted >= audio.arrived + video.arrived);
    CHECK(stage.tally.decrypted <= stage.tally.received);
    CHECK(stage.tally.received < 1.05 * static_cast<double>(stage.tally.decrypted));
    CHECK(stage.tally.latency.spread().p50 == Approx(43'000).epsilon(0.08));
  } else {
    CHECK(stage.tally.decrypted == stage.tally.received);
    CHECK(stage.tally.latency.spread().p50 == Approx(40'000).epsilon(0.02));
  }
  CHECK(stage.tally.nacks == 0);
  CHECK(stage.tally.lateness.spread().max == 0);
}

TEST_CASE("what a keyed camera sends comes to its viewer, readable, with the time that it took", "[bench][person]") {
  for (const char* suite : {"AEAD_AES_128_GCM", "AEAD_AES_256_GCM", "AES_CM_128_HMAC_SHA1_80"}) {
    const std::string role = std::string("    suite: ") + suite + "\n";
    Stage stage("srtp", role, role);
    check_all_came(stage);
  }
}

TEST_CASE("without keys it is the same", "[bench][person]") {
  Stage stage("plain");
  check_all_came(stage);
}

TEST_CASE("a WebRTC camera and viewer connect by ICE and DTLS, and then it is the same", "[bench][person]") {
  Stage stage("webrtc");
  CHECK(stage.tally.ice.count() == 2);
  CHECK(stage.tally.ice.spread().p50 == Approx(40'000).epsilon(0.02));
  CHECK(stage.tally.dtls.count() == 2);
  check_all_came(stage, true);
  CHECK(stage.tally.first_media.count() == 1);
}

TEST_CASE("a packet that is lost is asked for and comes by retransmission", "[bench][person]") {
  Stage stage("srtp");
  stage.viewer_.lose = 300;
  stage.play(TimeDelta::seconds(3));
  const ReceiveCount video = stage.viewer_.slot(1).ledger.count();
  CHECK(video.arrived == video.expected - 1);
  CHECK(video.mended == 1);
  CHECK(stage.tally.retransmitted == 1);
  CHECK(stage.tally.nacks == 1);
  CHECK(stage.tally.unreadable == 0);
}

TEST_CASE("a camera whose packets are lost sends them again for the server", "[bench][person]") {
  Stage stage("srtp", "    up: {loss: 0.05}\n");
  stage.play(TimeDelta::seconds(5));
  const ReceiveCount video = stage.viewer_.slot(1).ledger.count();
  CHECK(video.arrived + video.mended == video.expected);
  CHECK(video.expected > 850);
}

TEST_CASE("a network that delays what comes is not the server's latency", "[bench][person]") {
  Stage stage("srtp", "    up: {delay: 100ms}\n", "    down: {delay: 100ms}\n");
  stage.play(TimeDelta::seconds(2));
  CHECK(stage.tally.latency.count() > 100);
  CHECK(stage.tally.latency.spread().p50 == Approx(40'000).epsilon(0.02));
}

TEST_CASE("real Opus and VP8 come as they were sent", "[bench][person]") {
  const std::string text =
      "# A call.\nroles:\n  person:\n    people: 2\n    audio: {speech: true}\n"
      "    video: {decodable: true, size: 160x96, bitrate: 200kbps}\n    watches: [person]\n    hears: [person]\n"
      "scale: rooms\nload: 1\n";
  const Scenario call = parse_scenario(text, "s.yaml").value();
  Stage stage("srtp");
  const auto people = plan_people(call, stage.programs);
  Visitor ada(stage.world, people[0], stage.shared, 1), bob(stage.world, people[1], stage.shared, 1);
  ada.person().start(stage.world.now());
  stage.world.run_for(TimeDelta::seconds(3));
  CHECK(bob.slot(0).ledger.count().arrived > 140);
  CHECK(bob.slot(1).ledger.count().arrived > 80);
  CHECK(stage.tally.decrypted > 220);
  CHECK(stage.tally.unreadable == 0);
  CHECK(stage.tally.latency.count() == 0);
}

TEST_CASE("asking for keyframes brings keyframes", "[bench][person]") {
  Stage stage("srtp", "", "    feedback: {pli_interval: 500ms}\n");
  stage.play(TimeDelta::seconds(4));
  CHECK(stage.tally.keyframes >= 4);
}

TEST_CASE("a viewer who looks into every eighth packet counts all of them", "[bench][person]") {
  Stage stage("srtp", "", "", 8);
  stage.play(TimeDelta::seconds(3));
  const ReceiveCount video = stage.viewer_.slot(1).ledger.count();
  CHECK(video.arrived == video.expected);
  CHECK(video.arrived >= 520);
  CHECK(stage.tally.unreadable == 0);
  CHECK(stage.viewer_.cut > stage.tally.received * 3 / 4);
  CHECK(static_cast<double>(stage.tally.decrypted) ==
        Approx(static_cast<double>(stage.tally.received) / 8).epsilon(0.05));
  CHECK(stage.camera_.cut == 0);
}

TEST_CASE("who looks into few packets sees whole ones while one is missing", "[bench][person]") {
  Stage stage("srtp", "", "", 1'000'000);
  stage.viewer_.lose = 300;
  stage.play(TimeDelta::seconds(3));
  CHECK(stage.viewer_.slot(1).ledger.count().mended == 1);
  CHECK(stage.viewer_.cut > 500);
}

}  // namespace
}  // namespace tutti::bench
