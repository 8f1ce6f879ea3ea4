#include <catch2/catch.hpp>

#include "support/ice_client.hpp"

using namespace tutti;
using namespace tutti::ice;
using tutti::test::Check;
using tutti::test::IceClient;

namespace {

const Timestamp kStart = Timestamp::from_ms(1000);
const Path kOld{0, *Endpoint::parse("192.0.2.1:1000")}, kNew{0, *Endpoint::parse("198.51.100.7:2000")};

// A connected agent with kOld nominated, and a second generation of credentials at hand.
struct Fixture {
  SeededRandom random{11};
  LocalCredentials server1 = make_credentials(random), server2 = make_credentials(random);
  RemoteCredentials remote1{"old1", "x"}, remote2{"new2", "x"};
  LiteAgent agent{server1, remote1, {}, kStart};
  IceClient before{server1, remote1}, after{server2, remote2};
  Timestamp now = kStart + TimeDelta::seconds(5);
  Check nominating;

  Fixture() {
    nominating.use_candidate = true;
    before.check(agent, now, kOld, nominating);
  }
};

}  // namespace

TEST_CASE("during a restart the old pair serves until the new credentials are checked", "[proto][ice]") {
  Fixture f;
  f.agent.restart(f.server2, f.remote2, f.now);
  CHECK(f.agent.local_ufrag() == f.server2.ufrag);
  CHECK(f.agent.previous_local_ufrag() == f.server1.ufrag);
  CHECK(f.agent.nominated() == kOld);
  CHECK(f.agent.send_path() == kOld);

  f.now = f.now + TimeDelta::seconds(1);
  CHECK_FALSE(f.before.check(f.agent, f.now, kOld).dropped);
  CHECK(f.before.last_reply());
  CHECK(f.agent.last_check() == f.now);

  const auto first = f.after.check(f.agent, f.now, kNew);
  CHECK(first.restart_completed);
  CHECK(first.path_verified_first_time);
  CHECK(first.send_path_changed);
  CHECK(first.nominated_changed);
  CHECK(f.after.last_reply());
  CHECK(f.agent.send_path() == kNew);
  CHECK_FALSE(f.agent.nominated());
  CHECK_FALSE(f.agent.previous_local_ufrag());
  CHECK(f.agent.is_verified(kOld));  // media may still be on its way

  const auto late = f.before.check(f.agent, f.now, kOld, f.nominating);
  CHECK(late.dropped == DropReason::kUnknownUfrag);
  CHECK(f.agent.send_path() == kNew);

  CHECK(f.after.check(f.agent, f.now, kNew, f.nominating).nominated_changed);
  CHECK(f.agent.nominated() == kNew);
  CHECK_FALSE(f.after.check(f.agent, f.now, kNew).restart_completed);
}

TEST_CASE("a failed check with the new credentials leaves the old pair in service", "[proto][ice]") {
  Fixture f;
  f.agent.restart(f.server2, f.remote2, f.now);
  IceClient forger({f.server2.ufrag, "guess"}, f.remote2);
  CHECK(forger.check(f.agent, f.now, kNew, f.nominating).dropped == DropReason::kStunIntegrity);
  IceClient mixed({f.server2.ufrag, f.server2.pwd}, f.remote1);
  CHECK(mixed.check(f.agent, f.now, kNew, f.nominating).dropped == DropReason::kUnknownUfrag);
  CHECK(f.agent.nominated() == kOld);
  CHECK_FALSE(f.agent.is_verified(kNew));
  CHECK_FALSE(f.before.check(f.agent, f.now, kOld).dropped);
}

TEST_CASE("a restart on the same path keeps sending on it", "[proto][ice]") {
  Fixture f;
  f.agent.restart(f.server2, f.remote2, f.now);
  const auto result = f.after.check(f.agent, f.now, kOld, f.nominating);
  CHECK(result.restart_completed);
  CHECK_FALSE(result.send_path_changed);
  CHECK_FALSE(result.nominated_changed);
  CHECK_FALSE(result.path_verified_first_time);
  CHECK(f.agent.nominated() == kOld);
}

TEST_CASE("a second restart replaces the unused credentials and keeps those in service", "[proto][ice]") {
  Fixture f;
  const auto server3 = make_credentials(f.random);
  IceClient third(server3, {"new3", "x"});
  f.agent.restart(f.server2, f.remote2, f.now);
  f.agent.restart(server3, {"new3", "x"}, f.now);
  CHECK(f.agent.previous_local_ufrag() == f.server1.ufrag);
  CHECK(f.after.check(f.agent, f.now, kNew).dropped == DropReason::kUnknownUfrag);
  CHECK_FALSE(f.before.check(f.agent, f.now, kOld).dropped);
  CHECK(third.check(f.agent, f.now, kNew).restart_completed);
}

TEST_CASE("a restart gives the peer the whole timeout to check anew", "[proto][ice]") {
  Fixture f;
  f.now = f.now + TimeDelta::seconds(29);
  f.agent.restart(f.server2, f.remote2, f.now);
  CHECK_FALSE(f.agent.expired(f.now + TimeDelta::seconds(29)));
  CHECK(f.agent.expired(f.now + TimeDelta::seconds(30)));
}
