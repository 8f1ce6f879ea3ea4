#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "support/ice_client.hpp"

using namespace tutti;
using namespace tutti::ice;
using tutti::test::Check;
using tutti::test::IceClient;

namespace {

const Timestamp kStart = Timestamp::from_ms(1000);

Path path(const char* remote, uint16_t local = 0) { return {local, *Endpoint::parse(remote)}; }
const Path kA = path("192.0.2.1:1000"), kB = path("192.0.2.1:1001"), kC = path("[2001:db8::1]:1000", 1);

struct Fixture {
  SeededRandom random{7};
  LocalCredentials server = make_credentials(random);
  RemoteCredentials remote{"peer", "peer's password, unused here"};
  LiteAgentConfig config;
  LiteAgent agent{server, remote, config, kStart};
  IceClient client{server, remote};
  Timestamp now = kStart + TimeDelta::seconds(1);

  CheckResult check(const Path& from, const Check& what = {}) { return client.check(agent, now, from, what); }
  CheckResult nominate(const Path& from) {
    Check what;
    what.use_candidate = true;
    return check(from, what);
  }
  bool untouched() const {
    return agent.path_count() == 0 && !agent.send_path() && !agent.last_check() &&
           agent.next_deadline() == kStart + config.consent_timeout;
  }
};

}  // namespace

TEST_CASE("credentials have the lengths that RFC 8445 asks for and differ each time", "[proto][ice]") {
  SeededRandom random(1);
  const auto a = make_credentials(random), b = make_credentials(random);
  CHECK(a.ufrag.size() == 8);
  CHECK(a.pwd.size() == 24);
  CHECK(a.ufrag != b.ufrag);
  CHECK(a.pwd != b.pwd);
}

TEST_CASE("a check is answered with the address that it came from", "[proto][ice]") {
  Fixture f;
  for (const Path& from : {kA, kC}) {
    const auto result = f.check(from);
    CHECK_FALSE(result.dropped);
    CHECK(result.error_code == 0);
    CHECK(result.path_verified_first_time);
    const auto reply = f.client.last_reply();
    REQUIRE(reply);
    CHECK(reply->message_class() == stun::MessageClass::kSuccess);
    CHECK(reply->xor_mapped_address() == from.remote);
    CHECK(f.agent.is_verified(from));
  }
  CHECK_FALSE(f.check(kA).path_verified_first_time);
  CHECK_FALSE(f.agent.is_verified(kB));
  Path other_socket = kA;
  other_socket.local = 1;
  CHECK_FALSE(f.agent.is_verified(other_socket));
}

TEST_CASE("a check with the wrong password changes nothing", "[proto][ice]") {
  Fixture f;
  auto wrong = f.server;
  wrong.pwd.back() = wrong.pwd.back() == 'x' ? 'y' : 'x';
  IceClient forger(wrong, f.remote);
  Check what;
  what.use_candidate = true;
  const auto result = forger.check(f.agent, f.now, kA, what);
  CHECK(result.dropped == DropReason::kStunIntegrity);
  CHECK(result.error_code == 401);
  CHECK_FALSE(result.nominated_changed);
  CHECK_FALSE(result.send_path_changed);
  CHECK(f.untouched());
  const auto reply = forger.raw_reply();
  REQUIRE(reply);
  CHECK(reply->error_code()->code == 401);
  CHECK_FALSE(reply->has_integrity());
  CHECK(reply->verify_fingerprint());
}

TEST_CASE("a check without integrity is a bad request and changes nothing", "[proto][ice]") {
  Fixture f;
  Check what;
  what.integrity = false;
  const auto result = f.check(kA, what);
  CHECK(result.dropped == DropReason::kStunIntegrity);
  CHECK(f.client.raw_reply()->error_code()->code == 400);
  CHECK(f.untouched());
}

TEST_CASE("USE-CANDIDATE behind the integrity does not nominate", "[proto][ice]") {
  Fixture f;
  std::array<uint8_t, 200> out;
  stun::Builder b(out, stun::MessageClass::kRequest, stun::kBindingMethod, {});
  b.add_username(f.client.username());
  b.add_message_integrity(as_bytes(f.server.pwd));
  b.add_use_candidate();
  f.client.deliver(f.agent, f.now, kA, {b.message().begin(), b.message().end()});
  CHECK(f.agent.is_verified(kA));
  CHECK_FALSE(f.agent.nominated());
}

TEST_CASE("a username that does not name both sides is refused", "[proto][ice]") {
  Fixture f;
  const std::string& ours = f.server.ufrag;
  for (const std::string& name :
       std::vector<std::string>{ours + ":other", "other:peer", ours, ours + ":", ":peer", ours + "/peer", ours + "peer",
                                ours + ":peerx", std::string("peer:") + ours, std::string()}) {
    std::array<uint8_t, 200> out;
    stun::Builder b(out, stun::MessageClass::kRequest, stun::kBindingMethod, {});
    b.add_username(name);
    b.add_message_integrity(as_bytes(f.server.pwd));
    CAPTURE(name);
    const auto result = f.client.deliver(f.agent, f.now, kA, {b.message().begin(), b.message().end()});
    CHECK(result.dropped == DropReason::kUnknownUfrag);
    CHECK(result.error_code == 401);
    CHECK(f.untouched());
  }
}

TEST_CASE("a wrong fingerprint is dropped in silence, an absent one is not missed", "[proto][ice]") {
  Fixture f;
  auto bytes = f.client.request();
  bytes.back() ^= 1;
  const auto result = f.client.deliver(f.agent, f.now, kA, bytes);
  CHECK(result.dropped == DropReason::kStunMalformed);
  CHECK(result.reply_size == 0);
  CHECK(f.untouched());

  Check what;
  what.fingerprint = false;
  CHECK_FALSE(f.check(kA, what).dropped);
  CHECK(f.client.last_reply());
}

TEST_CASE("indications, answers and other methods are dropped without a reply", "[proto][ice]") {
  Fixture f;
  const auto deliver = [&](stun::MessageClass message_class, uint16_t method) {
    std::array<uint8_t, 200> out;
    stun::Builder b(out, message_class, method, {});
    b.add_username(f.client.username());
    b.add_message_integrity(as_bytes(f.server.pwd));
    return f.client.deliver(f.agent, f.now, kA, {b.message().begin(), b.message().end()});
  };
  for (const auto& result :
       {deliver(stun::MessageClass::kIndication, stun::kBindingMethod),
        deliver(stun::MessageClass::kSuccess, stun::kBindingMethod),
        deliver(stun::MessageClass::kError, stun::kBindingMethod), deliver(stun::MessageClass::kRequest, 0x003)}) {
    CHECK(result.dropped == DropReason::kStunIgnored);
    CHECK(result.reply_size == 0);
  }
  CHECK(f.untouched());
}

TEST_CASE("a peer that takes the controlled role is told of the conflict, whatever its tie-breaker", "[proto][ice]") {
  Fixture f;
  for (uint64_t tie_breaker : {uint64_t{0}, uint64_t{1} << 63, ~uint64_t{0}}) {
    Check what;
    what.controlling.reset();
    what.controlled = tie_breaker;
    what.use_candidate = true;
    CHECK(f.check(kA, what).error_code == 487);
    const auto reply = f.client.last_reply();
    REQUIRE(reply);
    CHECK(reply->error_code()->code == 487);
    CHECK(f.untouched());
  }
  Check both;
  both.controlled = 1;
  CHECK(f.check(kA, both).error_code == 400);
  CHECK(f.untouched());
  CHECK_FALSE(f.check(kA).dropped);
}

TEST_CASE("an attribute that must be understood and is not is named in a signed 420", "[proto][ice]") {
  Fixture f;
  Check what;
  for (uint16_t i = 0; i < 27; ++i) what.extra.push_back(static_cast<stun::AttributeType>(0x7000 + i));
  CHECK(f.check(kA, what).error_code == 420);
  const auto reply = f.client.last_reply();
  REQUIRE(reply);
  CHECK(reply->error_code()->code == 420);
  CHECK(reply->unknown_attributes().size() == 27);
  CHECK(f.untouched());

  what.extra = {static_cast<stun::AttributeType>(0xC057)};
  CHECK_FALSE(f.check(kA, what).dropped);
}

TEST_CASE("the first verified path is sent on until one is nominated", "[proto][ice]") {
  Fixture f;
  CHECK(f.check(kA).send_path_changed);
  CHECK_FALSE(f.check(kB).send_path_changed);
  CHECK(f.agent.send_path() == kA);
  CHECK_FALSE(f.agent.nominated());

  const auto result = f.nominate(kB);
  CHECK(result.nominated_changed);
  CHECK(result.send_path_changed);
  CHECK_FALSE(result.path_verified_first_time);
  CHECK(f.agent.nominated() == kB);
  CHECK(f.agent.send_path() == kB);
}

TEST_CASE("the last nomination wins and repeating it changes nothing", "[proto][ice]") {
  Fixture f;
  f.nominate(kA);
  CHECK_FALSE(f.nominate(kA).nominated_changed);
  f.check(kB);
  CHECK(f.agent.nominated() == kA);
  CHECK(f.nominate(kB).nominated_changed);
  CHECK(f.agent.nominated() == kB);
  CHECK(f.agent.is_verified(kA));

  f.check(kC);
  const auto same_path = f.nominate(kB);
  CHECK_FALSE(same_path.nominated_changed);
}

TEST_CASE("nominating the path that is sent on already is a nomination but no change of path", "[proto][ice]") {
  Fixture f;
  f.check(kA);
  const auto result = f.nominate(kA);
  CHECK(result.nominated_changed);
  CHECK_FALSE(result.send_path_changed);
}

TEST_CASE("consent expires exactly after the timeout", "[proto][ice]") {
  Fixture f;
  const TimeDelta tick = TimeDelta::micros(1);
  CHECK_FALSE(f.agent.expired(kStart + TimeDelta::seconds(30) - tick));
  CHECK(f.agent.expired(kStart + TimeDelta::seconds(30)));

  f.now = kStart + TimeDelta::seconds(20);
  f.check(kA);
  CHECK(f.agent.last_check() == f.now);
  CHECK(f.agent.next_deadline() == f.now + TimeDelta::seconds(30));
  CHECK_FALSE(f.agent.expired(f.now + TimeDelta::seconds(30) - tick));
  CHECK(f.agent.expired(f.now + TimeDelta::seconds(30)));
}

TEST_CASE("no refused check prolongs consent", "[proto][ice]") {
  Fixture f;
  f.check(kA);
  const Timestamp deadline = f.agent.next_deadline();
  f.now = f.now + TimeDelta::seconds(10);
  Check unsigned_check, controlled;
  unsigned_check.integrity = false;
  controlled.controlling.reset();
  controlled.controlled = 1;
  f.check(kA, unsigned_check);
  f.check(kA, controlled);
  IceClient(LocalCredentials{f.server.ufrag, "wrong"}, f.remote).check(f.agent, f.now, kA);
  CHECK(f.agent.next_deadline() == deadline);
}

TEST_CASE("a thousand authenticated sources keep to the table and never push out the nominated path", "[proto][ice]") {
  Fixture f;
  f.nominate(kA);
  std::vector<Path> sources;
  for (uint16_t i = 0; i < 1000; ++i) {
    f.now = f.now + TimeDelta::millis(1);
    sources.push_back({0, {kB.remote.ip, static_cast<uint16_t>(2000 + i)}});
    CHECK_FALSE(f.check(sources.back()).dropped);
    REQUIRE(f.agent.path_count() <= f.config.max_paths);
  }
  CHECK(f.agent.path_count() == 16);
  CHECK(f.agent.is_verified(kA));
  CHECK(f.agent.nominated() == kA);
  for (size_t i = 0; i < sources.size(); ++i) CHECK(f.agent.is_verified(sources[i]) == (i >= 1000 - 15));
}

TEST_CASE("of a full table the least recently checked path is forgotten", "[proto][ice]") {
  Fixture f;
  f.config.max_paths = 3;
  f.agent = LiteAgent(f.server, f.remote, f.config, kStart);
  const Path fresh = path("192.0.2.9:9");
  for (const Path& p : {kA, kB, kC, kB}) {
    f.now = f.now + TimeDelta::millis(1);
    f.check(p);
  }
  f.now = f.now + TimeDelta::millis(1);
  f.check(fresh);
  CHECK(f.agent.is_verified(kA));  // sent on
  CHECK(f.agent.is_verified(kB));  // checked again
  CHECK_FALSE(f.agent.is_verified(kC));
  CHECK(f.agent.is_verified(fresh));
}

TEST_CASE("the ufrag that a check is meant for precedes the colon", "[proto][ice]") {
  std::array<uint8_t, 200> out;
  const auto addressed = [&](const char* username) -> std::optional<std::string> {
    stun::Builder b(out, stun::MessageClass::kRequest, stun::kBindingMethod, {});
    if (username) b.add_username(username);
    const auto m = stun::Message::parse(b.message());
    const auto ufrag = addressed_ufrag(m.value());
    return ufrag ? std::optional<std::string>(*ufrag) : std::nullopt;
  };
  CHECK(addressed("us:them") == "us");
  CHECK(addressed("us:them:more") == "us");
  CHECK(addressed(":them") == "");
  CHECK_FALSE(addressed("us"));
  CHECK_FALSE(addressed(nullptr));
}
