#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "tutti/base/byte_reader.hpp"
#include "tutti/base/byte_writer.hpp"
#include "tutti/base/counters.hpp"
#include "tutti/base/crypto.hpp"
#include "tutti/base/endpoint.hpp"
#include "tutti/base/ids.hpp"
#include "tutti/base/ntp.hpp"
#include "tutti/base/pool.hpp"
#include "tutti/base/random.hpp"
#include "tutti/base/seq_num.hpp"
#include "tutti/base/units.hpp"

using namespace tutti;

TEST_CASE("size over time is a rate, and infinity absorbs", "[base][units]") {
  CHECK((DataSize::bytes(125'000) / TimeDelta::seconds(1)).bps() == 1'000'000);
  CHECK((DataRate::kbps(800) * TimeDelta::millis(10)).bytes() == 1000);
  CHECK(Timestamp::never() - TimeDelta::seconds(1) == Timestamp::never());
  CHECK(Timestamp::from_ms(5) + TimeDelta::infinite() == Timestamp::never());
  CHECK((DataSize::bytes(1) / TimeDelta::zero()).bps() == 0);
}

TEST_CASE("sequence numbers unwrap forwards, backwards and before the first", "[base][seq]") {
  SeqNumUnwrapper u;
  CHECK(u.unwrap(SeqNum(5)) == ExtSeqNum(5));
  CHECK(u.unwrap(SeqNum(65535)) == ExtSeqNum(-1));
  CHECK(u.unwrap(SeqNum(32000)) == ExtSeqNum(32000));
  CHECK(u.unwrap(SeqNum(64000)) == ExtSeqNum(64000));
  CHECK(u.unwrap(SeqNum(3)) == ExtSeqNum(65539));
  CHECK(u.peek(SeqNum(65530)) == ExtSeqNum(65530));
  CHECK(u.highest() == ExtSeqNum(65539));
  CHECK(is_newer(SeqNum(1), SeqNum(65535)));
  CHECK_FALSE(is_newer(SeqNum(65535), SeqNum(1)));
}

TEST_CASE("a reader never leaves its bytes, and stays not ok", "[base][bytes]") {
  const uint8_t bytes[] = {1, 2, 3, 4, 5};
  ByteReader r(bytes);
  CHECK(r.u16() == 0x0102);
  CHECK(r.u32() == 0);
  CHECK_FALSE(r.ok());
  CHECK(r.u8() == 0);
  CHECK(r.remaining() == 0);
}

TEST_CASE("a writer that is full writes nothing more", "[base][bytes]") {
  uint8_t out[4] = {9, 9, 9, 9};
  ByteWriter w(out);
  w.u24(0x010203);
  w.u16(7);
  CHECK_FALSE(w.ok());
  CHECK(w.size() == 3);
  CHECK(out[3] == 9);
}

TEST_CASE("base64 takes the standard alphabet and nothing else", "[base][crypto]") {
  for (const std::string text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"}) {
    const auto decoded = base64_decode(base64_encode(as_bytes(text)));
    REQUIRE(decoded);
    CHECK(as_text(*decoded) == text);
  }
  CHECK(base64_encode(as_bytes("foob")) == "Zm9vYg==");  // RFC 4648 §10
  for (const char* bad : {"Zm9v\n", "Zm9", "Zm-v", "Z===", " Zm9", "Zg=a"}) CHECK_FALSE(base64_decode(bad));
}

TEST_CASE("HMAC-SHA1 and CRC-32 give their published values", "[base][crypto]") {
  CHECK(hex(hmac_sha1(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");  // RFC 2202
  CHECK(crc32(as_bytes("123456789")) == 0xCBF43926u);
}

TEST_CASE("addresses are read, written and told apart", "[base][endpoint]") {
  CHECK(IpAddress::parse("::ffff:127.0.0.1") == IpAddress::parse("127.0.0.1"));
  CHECK(IpAddress::parse("::1")->is_loopback());
  CHECK(IpAddress::parse("fe80::1")->is_link_local());
  CHECK(IpAddress::parse("169.254.1.1")->is_link_local());
  CHECK_FALSE(IpAddress::parse("1.2.3"));
  CHECK_FALSE(IpAddress::parse("1.2.3.4 "));
  CHECK(Endpoint::parse("[::1]:5")->str() == "[::1]:5");
  CHECK(Endpoint::parse("1.2.3.4:65535")->port == 65535);
  for (const char* bad : {"::1:5", "[1.2.3.4]:5", "1.2.3.4", "1.2.3.4:65536", "1.2.3.4:", "1.2.3.4:5x"}) CHECK_FALSE(Endpoint::parse(bad));
}

TEST_CASE("a pool gives back what it took, up to its bound", "[base][pool]") {
  Pool<int> pool(3, 2);
  {
    auto a = pool.acquire(), b = pool.acquire(), c = pool.acquire();
    CHECK(c);
    CHECK_FALSE(pool.acquire());
    auto copy = a;
    a.reset();
    CHECK(pool.in_use() == 3);
    copy.reset();
    CHECK(pool.in_use() == 2);
    CHECK(pool.acquire());
  }
  CHECK(pool.in_use() == 0);
}

TEST_CASE("seeded randomness repeats, and below() reaches every value and no other", "[base][random]") {
  SeededRandom a(42), b(42);
  CHECK(a.u64() == b.u64());
  std::set<uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(a.below(7));
  CHECK(seen.size() == 7);
  CHECK(*seen.rbegin() == 6);
  CHECK(a.below(0) == 0);
  CHECK(a.token(40).size() == 40);
}

TEST_CASE("every counter and drop reason has a name of its own", "[base][counters]") {
  std::set<std::string_view> names;
  for (size_t i = 0; i < kDropReasonCount; ++i) names.insert(to_string(static_cast<DropReason>(i)));
  CHECK(names.size() == kDropReasonCount);
  CHECK_FALSE(names.contains("unknown"));
  names.clear();
  for (size_t i = 0; i < kCounterCount; ++i) names.insert(to_string(static_cast<Counter>(i)));
  CHECK(names.size() == kCounterCount);
  CHECK_FALSE(names.contains("unknown"));
}

TEST_CASE("NTP time goes to microseconds and back", "[base][ntp]") {
  const int64_t us = 3'900'000'000'123'456;
  CHECK(std::abs(NtpTime::from_us(us).to_us() - us) <= 1);
  CHECK(to_compact_ntp(TimeDelta::millis(500)) == 0x8000);
  CHECK(from_compact_ntp(0x10000) == TimeDelta::seconds(1));
}

TEST_CASE("ids follow their alphabet and length", "[base][ids]") {
  CHECK(is_valid_id("a-Z_09"));
  CHECK_FALSE(is_valid_id(""));
  CHECK_FALSE(is_valid_id("a/b"));
  CHECK_FALSE(is_valid_id(std::string(65, 'a')));
  CHECK(is_reserved_id("mix"));
  CHECK_FALSE(Rid::make(std::string(17, 'r')));
}
