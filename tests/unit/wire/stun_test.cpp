#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "support/stun_vectors.hpp"
#include "tutti/base/crypto.hpp"
#include "tutti/wire/stun/builder.hpp"
#include "tutti/wire/stun/message.hpp"

using namespace tutti;
using namespace tutti::stun;
using namespace tutti::test;

namespace {

constexpr TransactionId kId = {0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae};

std::vector<uint8_t> bytes_of(const Builder& b) { return {b.message().begin(), b.message().end()}; }

}  // namespace

TEST_CASE("the sample request of RFC 5769 is read and verified", "[wire][stun]") {
  const auto bytes = from_hex(kRfc5769Request);
  const auto m = Message::parse(bytes);
  REQUIRE(m);
  CHECK(m->is_binding_request());
  CHECK(m->transaction_id() == kId);
  CHECK(m->software() == "STUN test client");
  CHECK(m->username() == "evtj:h6vY");
  CHECK(m->priority() == 0x6e0001ffu);
  CHECK(m->ice_controlled() == 0x932ff9b151263b36u);
  CHECK_FALSE(m->ice_controlling());
  CHECK_FALSE(m->use_candidate());
  CHECK(m->not_understood().empty());
  CHECK(m->verify_fingerprint());
  CHECK(m->verify_integrity(as_bytes(kRfc5769Password)));
  CHECK_FALSE(m->verify_integrity(as_bytes("VOkJxbRl1RmTxUk/WvJxBT")));
  CHECK_FALSE(m->verify_integrity({}));
}

TEST_CASE("the sample responses of RFC 5769 carry the mapped address", "[wire][stun]") {
  const auto v4 = from_hex(kRfc5769ResponseV4), v6 = from_hex(kRfc5769ResponseV6);
  const auto m4 = Message::parse(v4), m6 = Message::parse(v6);
  REQUIRE(m4);
  REQUIRE(m6);
  CHECK(m4->message_class() == MessageClass::kSuccess);
  CHECK(m4->software() == "test vector");
  CHECK(m4->xor_mapped_address() == Endpoint::parse("192.0.2.1:32853"));
  CHECK(m6->xor_mapped_address() == Endpoint::parse("[2001:db8:1234:5678:11:2233:4455:6677]:32853"));
  for (const auto& m : {*m4, *m6}) {
    CHECK(m.verify_integrity(as_bytes(kRfc5769Password)));
    CHECK(m.verify_fingerprint());
  }
}

TEST_CASE("the long-term request of RFC 5769 is verified with its hashed key", "[wire][stun]") {
  const auto bytes = from_hex(kRfc5769LongTermRequest);
  const auto m = Message::parse(bytes);
  REQUIRE(m);
  CHECK(m->username()->size() == 18);
  CHECK(as_text(*m->find(AttributeType::kRealm)) == "example.org");
  CHECK(as_text(*m->find(AttributeType::kNonce)) == "f//499k954d6OL34oL9FSTvy64sA");
  CHECK(m->verify_integrity(from_hex(kRfc5769LongTermKey)));
  CHECK_FALSE(m->verify_integrity(as_bytes("TheMatrIX")));
  CHECK_FALSE(m->has_fingerprint());
  CHECK_FALSE(m->verify_fingerprint());
}

TEST_CASE("the builder writes the samples of RFC 5769 byte for byte", "[wire][stun]") {
  std::vector<uint8_t> out(kMaxMessageSize);
  Builder request(out, MessageClass::kRequest, kBindingMethod, kId, ' ');
  request.add_software("STUN test client");
  request.add_priority(0x6e0001ff);
  request.add_ice_controlled(0x932ff9b151263b36);
  request.add_username("evtj:h6vY");
  request.add_message_integrity(as_bytes(kRfc5769Password));
  request.add_fingerprint();
  CHECK(bytes_of(request) == from_hex(kRfc5769Request));

  const auto response = [&](const char* mapped) {
    Builder b(out, MessageClass::kSuccess, kBindingMethod, kId, ' ');
    b.add_software("test vector");
    b.add_xor_mapped_address(*Endpoint::parse(mapped));
    b.add_message_integrity(as_bytes(kRfc5769Password));
    b.add_fingerprint();
    return bytes_of(b);
  };
  CHECK(response("192.0.2.1:32853") == from_hex(kRfc5769ResponseV4));
  CHECK(response("[2001:db8:1234:5678:11:2233:4455:6677]:32853") == from_hex(kRfc5769ResponseV6));
}

TEST_CASE("what the builder writes is what the parser reads", "[wire][stun]") {
  std::vector<uint8_t> out(kMaxMessageSize);
  Builder b(out, MessageClass::kError, 0xABC, kId);
  AttributeTypes unknown;
  unknown.push_back(static_cast<AttributeType>(0x7001));
  unknown.push_back(static_cast<AttributeType>(0x0003));
  b.add_error_code({420, "Unknown Attribute"});
  b.add_unknown_attributes(unknown);
  b.add_use_candidate();
  b.add_ice_controlling(42);
  const auto m = Message::parse(b.message());
  REQUIRE(m);
  CHECK(m->message_class() == MessageClass::kError);
  CHECK(m->method() == 0xABC);
  CHECK(m->error_code() == ErrorCode{420, "Unknown Attribute"});
  CHECK(m->use_candidate());
  CHECK(m->ice_controlling() == 42u);
  const auto got = m->unknown_attributes();
  REQUIRE(got.size() == 2);
  CHECK(std::equal(got.view().begin(), got.view().end(), unknown.view().begin()));
}

TEST_CASE("every class and method survives the interleaved type field", "[wire][stun]") {
  std::vector<uint8_t> out(kHeaderSize);
  for (unsigned c = 0; c < 4; ++c) {
    for (unsigned method = 0; method < 0x1000; ++method) {
      Builder b(out, static_cast<MessageClass>(c), static_cast<uint16_t>(method), kId);
      const auto m = Message::parse(b.message());
      REQUIRE(m);
      REQUIRE(m->message_class() == static_cast<MessageClass>(c));
      REQUIRE(m->method() == method);
    }
  }
}

TEST_CASE("no proper prefix and no extension of a message is a message", "[wire][stun]") {
  auto bytes = from_hex(kRfc5769Request);
  for (size_t n = 0; n < bytes.size(); ++n) {
    CHECK_FALSE(Message::parse(std::span<const uint8_t>(bytes).first(n)));
  }
  bytes.push_back(0);
  CHECK_FALSE(Message::parse(bytes));
}

TEST_CASE("a changed bit fails the fingerprint and, before it, the integrity", "[wire][stun]") {
  const auto original = from_hex(kRfc5769Request);
  const size_t integrity_ends = original.size() - 8;
  for (size_t bit = 0; bit < original.size() * 8; ++bit) {
    auto bytes = original;
    bytes[bit / 8] = static_cast<uint8_t>(bytes[bit / 8] ^ 1u << (bit % 8));
    const auto m = Message::parse(bytes);
    if (!m) continue;
    CHECK_FALSE(m->verify_fingerprint());
    if (bit / 8 < integrity_ends) CHECK_FALSE(m->verify_integrity(as_bytes(kRfc5769Password)));
  }
}

TEST_CASE("headers that are not STUN are refused", "[wire][stun]") {
  const auto original = from_hex(kRfc5769Request);
  REQUIRE(Message::parse(original));
  const auto with = [&](size_t at, uint8_t value) {
    auto bytes = original;
    bytes[at] = value;
    return Message::parse(bytes).has_value();
  };
  CHECK_FALSE(with(0, 0x40));  // the two zero bits
  CHECK_FALSE(with(0, 0x80));
  CHECK_FALSE(with(4, 0x20));  // the cookie
  CHECK_FALSE(with(3, 0x57));  // not a multiple of four
  CHECK_FALSE(with(3, 0x5c));  // longer than the datagram
  CHECK_FALSE(with(3, 0x54));  // shorter
}

TEST_CASE("a username of 513 bytes is read and a longer one makes the message malformed", "[wire][stun]") {
  std::vector<uint8_t> out(kMaxMessageSize);
  const auto parses = [&](size_t n) {
    Builder b(out, MessageClass::kRequest, kBindingMethod, kId);
    b.add_username(std::string(n, 'u'));
    const auto m = Message::parse(b.message());
    if (m) CHECK(m->username()->size() == n);
    return m.has_value();
  };
  CHECK(parses(0));
  CHECK(parses(513));
  CHECK_FALSE(parses(514));
  CHECK_FALSE(parses(1400));
}

TEST_CASE("a message has at most 32 attributes", "[wire][stun]") {
  std::vector<uint8_t> out(kMaxMessageSize);
  const auto parses = [&](size_t n) {
    Builder b(out, MessageClass::kRequest, kBindingMethod, kId);
    for (size_t i = 0; i < n; ++i) b.add(static_cast<AttributeType>(0x8100 + i), {});
    const auto m = Message::parse(b.message());
    if (m) CHECK(m->attributes().size() == n);
    return m.has_value();
  };
  CHECK(parses(32));
  CHECK_FALSE(parses(33));
}

TEST_CASE("an attribute whose size does not fit its type makes the message malformed", "[wire][stun]") {
  std::vector<uint8_t> out(kMaxMessageSize);
  const std::vector<uint8_t> zeros(24);
  const auto parses = [&](AttributeType type, size_t size) {
    Builder b(out, MessageClass::kRequest, kBindingMethod, kId);
    b.add(type, std::span(zeros).first(size));
    return Message::parse(b.message()).has_value();
  };
  CHECK(parses(AttributeType::kPriority, 4));
  CHECK_FALSE(parses(AttributeType::kPriority, 3));
  CHECK_FALSE(parses(AttributeType::kUseCandidate, 1));
  CHECK_FALSE(parses(AttributeType::kIceControlling, 4));
  CHECK_FALSE(parses(AttributeType::kIceControlled, 12));
  CHECK_FALSE(parses(AttributeType::kMessageIntegrity, 16));
  CHECK_FALSE(parses(AttributeType::kFingerprint, 8));
  CHECK_FALSE(parses(AttributeType::kXorMappedAddress, 12));
  CHECK_FALSE(parses(AttributeType::kErrorCode, 3));
  CHECK_FALSE(parses(AttributeType::kUnknownAttributes, 3));
  CHECK(parses(static_cast<AttributeType>(0x8123), 3));
}

TEST_CASE("a mapped address whose family and size disagree is no address", "[wire][stun]") {
  std::vector<uint8_t> out(kMaxMessageSize);
  const auto mapped = [&](uint8_t family, size_t size) {
    std::vector<uint8_t> value(size);
    value[1] = family;
    Builder b(out, MessageClass::kSuccess, kBindingMethod, kId);
    b.add(AttributeType::kXorMappedAddress, value);
    return Message::parse(b.message())->xor_mapped_address().has_value();
  };
  CHECK(mapped(1, 8));
  CHECK(mapped(2, 20));
  CHECK_FALSE(mapped(1, 20));
  CHECK_FALSE(mapped(2, 8));
  CHECK_FALSE(mapped(0, 8));
}

TEST_CASE("attributes behind MESSAGE-INTEGRITY are ignored, except FINGERPRINT", "[wire][stun]") {
  std::vector<uint8_t> out(kMaxMessageSize);
  const std::vector<uint8_t> sha256_value(32, 7);
  Builder b(out, MessageClass::kRequest, kBindingMethod, kId);
  b.add_username("a:b");
  b.add_message_integrity(as_bytes("password"));
  b.add(AttributeType::kMessageIntegritySha256, sha256_value);
  b.add_use_candidate();
  b.add(static_cast<AttributeType>(0x7777), {});
  b.add_fingerprint();
  const auto m = Message::parse(b.message());
  REQUIRE(m);
  CHECK(m->verify_integrity(as_bytes("password")));
  CHECK(m->verify_fingerprint());
  CHECK_FALSE(m->use_candidate());
  CHECK(m->not_understood().empty());
}

TEST_CASE("nothing follows FINGERPRINT", "[wire][stun]") {
  std::vector<uint8_t> out(kMaxMessageSize);
  Builder b(out, MessageClass::kRequest, kBindingMethod, kId);
  b.add_fingerprint();
  CHECK(Message::parse(b.message()));
  b.add_software("x");
  CHECK_FALSE(Message::parse(b.message()));
}

TEST_CASE("unknown attributes are reported only if they must be understood", "[wire][stun]") {
  std::vector<uint8_t> out(kMaxMessageSize);
  Builder b(out, MessageClass::kRequest, kBindingMethod, kId);
  b.add(static_cast<AttributeType>(0x0003), {});  // CHANGE-REQUEST of RFC 5780
  b.add(static_cast<AttributeType>(0xC057), {});  // GOOG-NETWORK-INFO
  b.add_priority(1);
  b.add(static_cast<AttributeType>(0x7FFF), {});
  const auto m = Message::parse(b.message());
  REQUIRE(m);
  const auto unknown = m->not_understood();
  REQUIRE(unknown.size() == 2);
  CHECK(unknown.view()[0] == static_cast<AttributeType>(0x0003));
  CHECK(unknown.view()[1] == static_cast<AttributeType>(0x7FFF));
}

TEST_CASE("of two attributes of one type the first counts", "[wire][stun]") {
  std::vector<uint8_t> out(kMaxMessageSize);
  Builder b(out, MessageClass::kRequest, kBindingMethod, kId);
  b.add_username("first:x");
  b.add_username("second:x");
  CHECK(Message::parse(b.message())->username() == "first:x");
}

TEST_CASE("the builder never writes past its span and says when the message did not fit", "[wire][stun]") {
  for (size_t room = 0; room < 96; ++room) {
    std::vector<uint8_t> out(room + 8, 0xEE);
    Builder b(std::span<uint8_t>(out).first(room), MessageClass::kRequest, kBindingMethod, kId);
    b.add_username("abcd:efgh");
    b.add_message_integrity(as_bytes("password"));
    b.add_fingerprint();
    CHECK((b.size() != 0) == (room >= 20 + 16 + 24 + 8));
    CHECK(std::all_of(out.end() - 8, out.end(), [](uint8_t x) { return x == 0xEE; }));
  }
  std::vector<uint8_t> large(70'000);
  Builder b(large, MessageClass::kRequest, kBindingMethod, kId);
  b.add(AttributeType::kSoftware, std::vector<uint8_t>(66'000));
  CHECK(b.size() == 0);
}
