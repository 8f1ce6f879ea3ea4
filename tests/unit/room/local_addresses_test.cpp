#include <catch2/catch.hpp>

#include "tutti/room/local_addresses.hpp"

namespace tutti::room {
namespace {

Endpoint at(const char* text) { return *Endpoint::parse(text); }

LocalAddress bound(const char* text, bool always_offered = true) { return {at(text), at(text), always_offered}; }

}  // namespace

TEST_CASE("candidates are IPv4 before IPv6 with loopback for local clients only", "[room][addresses]") {
  const LocalAddresses addresses(
      {bound("[::1]:1", false), bound("[2001:db8::2]:1"), bound("127.0.0.1:1", false), bound("192.0.2.2:1")});
  CHECK(addresses.candidates(false) == std::vector{at("192.0.2.2:1"), at("[2001:db8::2]:1")});
  CHECK(addresses.candidates(true) ==
        std::vector{at("192.0.2.2:1"), at("[2001:db8::2]:1"), at("127.0.0.1:1"), at("[::1]:1")});
}

TEST_CASE("an advertised address stands for its local one, or comes before all of them, once", "[room][addresses]") {
  LocalAddress mapped = bound("10.0.0.2:1"), first = bound("10.0.0.3:1"), second = bound("10.0.0.4:1");
  mapped.advertised = at("203.0.113.2:1");
  first.also_offered = second.also_offered = {at("203.0.113.7:1")};
  const LocalAddresses addresses({mapped, first, second});
  CHECK(addresses.candidates(false) ==
        std::vector{at("203.0.113.7:1"), at("203.0.113.2:1"), at("10.0.0.3:1"), at("10.0.0.4:1")});
}

TEST_CASE("a remote is reached from the address most like its own", "[room][addresses]") {
  const LocalAddresses addresses(
      {bound("127.0.0.1:1"), bound("10.0.0.2:1"), bound("192.0.2.2:1"), bound("[2001:db8::2]:1")});
  CHECK(addresses.socket_for(at("192.0.2.77:5")) == uint16_t{2});
  CHECK(addresses.socket_for(at("127.0.0.9:5")) == uint16_t{0});
  CHECK(addresses.socket_for(at("[2001:db8::9]:5")) == uint16_t{3});
  CHECK_FALSE(addresses.socket_for(at("[::1]:5")));
}

}  // namespace tutti::room
