#include <array>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tutti/base/crypto.hpp"
#include "tutti/proto/ice/binding_service.hpp"
#include "tutti/wire/stun/builder.hpp"

using namespace tutti;
using namespace tutti::ice;

namespace {

const Timestamp kStart = Timestamp::from_ms(1000);

struct Fixture {
  StunResponderConfig config;
  SeededRandom random{3};
  std::array<uint8_t, StunResponder::kMaxReplySize> out;
  std::array<uint8_t, stun::kMaxMessageSize> request;

  StunResponder make() { return StunResponder(config, random); }
  template <class AddAttributes>
  BindingReply ask(StunResponder& service, Timestamp now, const Endpoint& from, AddAttributes add,
                   stun::MessageClass message_class = stun::MessageClass::kRequest) {
    stun::Builder b(request, message_class, stun::kBindingMethod, {1, 2, 3});
    add(b);
    const auto message = stun::Message::parse(b.message());
    return service.handle_binding(now, from, message.value(), out);
  }
  BindingReply ask(StunResponder& service, Timestamp now, const Endpoint& from) {
    return ask(service, now, from, [](stun::Builder&) {});
  }
  stun::Message reply(const BindingReply& r) const {
    return stun::Message::parse(std::span<const uint8_t>(out).first(r.size)).value();
  }
};

Endpoint host(uint32_t n, uint16_t port = 5000) {
  return {IpAddress::v4({10, static_cast<uint8_t>(n >> 16), static_cast<uint8_t>(n >> 8), static_cast<uint8_t>(n)}),
          port};
}

}  // namespace

TEST_CASE("a plain binding request learns its address and nothing more", "[proto][ice][binding]") {
  Fixture f;
  auto service = f.make();
  const auto v4 = f.ask(service, kStart, host(1));
  CHECK(v4.size == 20 + 12);
  CHECK(f.reply(v4).message_class() == stun::MessageClass::kSuccess);
  CHECK(f.reply(v4).transaction_id() == stun::TransactionId{1, 2, 3});
  CHECK(f.reply(v4).xor_mapped_address() == host(1));
  CHECK_FALSE(f.reply(v4).has_fingerprint());

  const auto from = *Endpoint::parse("[2001:db8::7]:7");
  const auto v6 = f.ask(service, kStart, from, [](stun::Builder& b) { b.add_fingerprint(); });
  CHECK(v6.size == 20 + 24 + 8);
  CHECK(f.reply(v6).xor_mapped_address() == from);
  CHECK(f.reply(v6).verify_fingerprint());
}

TEST_CASE("what is no plain binding request gets no answer and costs no token", "[proto][ice][binding]") {
  Fixture f;
  f.config.per_source = {1, 1};
  auto service = f.make();
  const auto named = f.ask(service, kStart, host(1), [](stun::Builder& b) { b.add_username("a:b"); });
  CHECK(named.dropped == DropReason::kUnknownUfrag);
  const auto bad = f.ask(service, kStart, host(1),
                         [](stun::Builder& b) { b.add(stun::AttributeType::kFingerprint, std::array<uint8_t, 4>{}); });
  CHECK(bad.dropped == DropReason::kStunMalformed);
  const auto indication = f.ask(
      service, kStart, host(1), [](stun::Builder&) {}, stun::MessageClass::kIndication);
  CHECK(indication.dropped == DropReason::kStunIgnored);
  CHECK(named.size + bad.size + indication.size == 0);
  CHECK(f.ask(service, kStart, host(1)).size > 0);
}

TEST_CASE("an attribute that the service does not understand is answered with 420", "[proto][ice][binding]") {
  Fixture f;
  auto service = f.make();
  const auto r = f.ask(service, kStart, host(1), [](stun::Builder& b) {
    b.add(static_cast<stun::AttributeType>(0x0003), std::array<uint8_t, 4>{});  // CHANGE-REQUEST, RFC 5780
  });
  CHECK(r.error_code == 420);
  CHECK(f.reply(r).error_code()->code == 420);
  REQUIRE(f.reply(r).unknown_attributes().size() == 1);
  CHECK(f.reply(r).unknown_attributes().view()[0] == static_cast<stun::AttributeType>(0x0003));
}

TEST_CASE("a source gets its burst and then its rate, whichever port it asks from", "[proto][ice][binding]") {
  Fixture f;
  f.config.per_source = {10, 5};
  auto service = f.make();
  for (uint16_t i = 0; i < 5; ++i) CHECK(f.ask(service, kStart, host(1, 100 + i)).size > 0);
  const auto limited = f.ask(service, kStart, host(1, 200));
  CHECK(limited.dropped == DropReason::kStunRateLimited);
  CHECK(limited.size == 0);
  CHECK(f.ask(service, kStart, host(2)).size > 0);

  CHECK(f.ask(service, kStart + TimeDelta::millis(99), host(1)).size == 0);
  CHECK(f.ask(service, kStart + TimeDelta::millis(100), host(1)).size > 0);
  CHECK(f.ask(service, kStart + TimeDelta::millis(100), host(1)).size == 0);

  size_t answered = 0;
  for (int ms = 1000; ms < 11'000; ++ms) answered += f.ask(service, kStart + TimeDelta::millis(ms), host(1)).size > 0;
  CHECK(answered >= 100);
  CHECK(answered <= 105);
}

TEST_CASE("the addresses of one IPv6 /64 share a limit", "[proto][ice][binding]") {
  Fixture f;
  f.config.per_source = {1, 2};
  auto service = f.make();
  CHECK(f.ask(service, kStart, *Endpoint::parse("[2001:db8:0:1::1]:1")).size > 0);
  CHECK(f.ask(service, kStart, *Endpoint::parse("[2001:db8:0:1::2]:1")).size > 0);
  CHECK(f.ask(service, kStart, *Endpoint::parse("[2001:db8:0:1:ffff::3]:1")).size == 0);
  CHECK(f.ask(service, kStart, *Endpoint::parse("[2001:db8:0:2::1]:1")).size > 0);
}

TEST_CASE("many sources together get no more than the overall rate", "[proto][ice][binding]") {
  Fixture f;
  f.config.overall = {100, 50};
  auto service = f.make();
  size_t answered = 0;
  for (uint32_t i = 0; i < 20'000; ++i) {
    answered += f.ask(service, kStart + TimeDelta::micros(100 * i), host(i)).size > 0;  // two seconds
  }
  CHECK(answered >= 240);
  CHECK(answered <= 251);
  // What the overall limit refused did not use up the source's own.
  CHECK(f.ask(service, kStart + TimeDelta::seconds(10), host(19'999)).size > 0);
}

TEST_CASE("a table that is smaller than the number of sources limits those that it remembers",
          "[proto][ice][binding]") {
  Fixture f;
  f.config.max_sources = 4;
  f.config.per_source = {1, 1};
  f.config.overall = {1'000'000, 1'000'000};
  auto service = f.make();
  for (uint32_t i = 0; i < 4; ++i) CHECK(f.ask(service, kStart, host(i + 1)).size > 0);
  for (uint32_t i = 0; i < 4; ++i) CHECK(f.ask(service, kStart, host(i + 1)).size == 0);
  // A fifth takes the place of one, with a bucket of its own.
  CHECK(f.ask(service, kStart, host(5)).size > 0);
  CHECK(f.ask(service, kStart, host(5)).size == 0);
}

TEST_CASE("a rate of zero answers nobody", "[proto][ice][binding]") {
  Fixture f;
  f.config.per_source.per_second = 0;
  auto service = f.make();
  CHECK(f.ask(service, kStart, host(1)).dropped == DropReason::kStunRateLimited);
}
