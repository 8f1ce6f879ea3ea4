#include <algorithm>
#include <catch2/catch.hpp>

#include "support/hex.hpp"
#include "support/srtp_oracle.hpp"
#include "support/srtp_twins.hpp"
#include "tutti/base/random.hpp"
#include "tutti/proto/srtp/session.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

struct Pair {
  Pair(const SrtpBackendKind& kind, SrtpSuite chosen) : suite(chosen), backend(kind.make()) {
    Bytes a(master_key_size(suite)), b(a.size());
    random.fill(a);
    random.fill(b);
    master = a;
    sender = backend->make_session({suite, SrtpMasterKey(a), SrtpMasterKey(b)}).value();
    receiver = backend->make_session({suite, SrtpMasterKey(b), SrtpMasterKey(a)}).value();
  }
  // A packet with CSRCs and a header extension, as asked.
  Bytes packet(uint16_t sequence, uint32_t ssrc, size_t payload, size_t csrcs = 0, size_t extension_words = 0) {
    Bytes p = {static_cast<uint8_t>(0x80 | (extension_words ? 0x10 : 0) | csrcs),
               96,
               static_cast<uint8_t>(sequence >> 8),
               static_cast<uint8_t>(sequence),
               1,
               2,
               3,
               4,
               static_cast<uint8_t>(ssrc >> 24),
               static_cast<uint8_t>(ssrc >> 16),
               static_cast<uint8_t>(ssrc >> 8),
               static_cast<uint8_t>(ssrc)};
    p.resize(12 + 4 * csrcs);
    if (extension_words) {
      p.insert(p.end(), {0xBE, 0xDE, 0, static_cast<uint8_t>(extension_words)});
      p.resize(p.size() + 4 * extension_words, 0x5A);
    }
    header_size = p.size();
    Bytes body(payload);
    random.fill(body);
    p.insert(p.end(), body.begin(), body.end());
    return p;
  }
  Bytes seal(const Bytes& plain, size_t prefix_size = 0) {
    Bytes out(1500);
    std::copy_n(plain.begin(), header_size, out.begin());
    const auto body = std::span<const uint8_t>(plain).subspan(header_size);
    srtp::SealJob job{sender.get(), header_size, body.first(prefix_size), body.subspan(prefix_size), out, 0};
    backend->seal({&job, 1});
    out.resize(job.sealed_size);
    return out;
  }
  srtp::OpenResult open(Bytes sealed) { return receiver->open_rtp(sealed); }

  SrtpSuite suite;
  srtp::Library library;
  std::unique_ptr<srtp::Backend> backend;
  SeededRandom random{1};
  Bytes master;
  std::unique_ptr<srtp::Session> sender, receiver;
  size_t header_size = 0;
};

Bytes report(SeededRandom& random) {
  Bytes p = {0x81, 0xC8, 0, 0x0C, 0x4D, 0x61, 0x72, 0x73};
  p.resize(52);
  random.fill(std::span(p).subspan(8));
  return p;
}

}  // namespace

TEST_CASE("the oracle gives the keystream of RFC 3711 B.2", "[proto][srtp]") {
  const Bytes key = from_hex("2B7E151628AED2A6ABF7158809CF4F3C");
  CHECK(aes_cm_keystream(key, from_hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000"), 48) ==
        from_hex("E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB41E95B3BB0A2E8DD477901E4FCA894C0"));
  CHECK(aes_cm_keystream(key, from_hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF"), 48) ==
        from_hex("EC8CDF7398607CB0F2D21675EA9EA1E4362B7C3C6773516318A077D7FC5073AE6A2CC3787889374FBEB4C81B17BA6C44"));
}

TEST_CASE("the oracle derives the session keys of RFC 3711 B.3", "[proto][srtp]") {
  const Bytes master = from_hex("E1F97A0D3E018BE0D64FA32C06DE41390EC675AD498AFEEBB6960B3AABE6");
  const SessionKeys keys = derive_session_keys(SrtpSuite::kAesCm128HmacSha1_80, master, false);
  CHECK(keys.cipher == from_hex("C61E7A93744F39EE10734AFE3FF7A087"));
  CHECK(keys.salt == from_hex("30CBBC08863D8C85D49DB34A9AE1"));
  CHECK(keys.authentication == from_hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
}

TEST_CASE("the oracle protects the packets of RFC 7714 sections 16 and 17", "[proto][srtp]") {
  const Bytes salt = from_hex("517569642070726f2071756f");
  const Bytes rtp =
      from_hex("8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573");
  const SessionKeys k128{from_hex("000102030405060708090a0b0c0d0e0f"), salt, {}};
  const SessionKeys k256{from_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"), salt, {}};
  CHECK(protect_rtp(SrtpSuite::kAeadAes128Gcm, k128, 0, rtp, 12) ==
        from_hex("8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
                 "899d7f27beb16a9152cf765ee4390cce"));
  CHECK(protect_rtp(SrtpSuite::kAeadAes256Gcm, k256, 0, rtp, 12) ==
        from_hex("8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b"
                 "7aa3db36dfffd6b0f9bb7878d7a76c13"));
  const Bytes rtcp = from_hex(
      "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef");
  CHECK(protect_rtcp(SrtpSuite::kAeadAes128Gcm, k128, 0x5d4, rtcp) ==
        from_hex(
            "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275b"
            "c84aa45896cf4d2fc5abf87245d9eade800005d4"));
}

TEST_CASE("sealed packets equal the oracle's, byte for byte", "[proto][srtp]") {
  const auto kind = GENERATE(from_range(srtp_backends()));
  for (SrtpSuite suite : kSrtpSuites) {
    INFO(kind.name << " " << name(suite));
    Pair pair(kind, suite);
    const SessionKeys keys = derive_session_keys(suite, pair.master, false);
    for (size_t csrcs : {0u, 3u}) {
      for (size_t words : {0u, 4u}) {
        for (size_t payload : {0u, 1u, 79u, 1100u}) {
          const Bytes plain = pair.packet(static_cast<uint16_t>(100 + csrcs * 50 + words * 5 + payload),
                                          static_cast<uint32_t>(5 + csrcs + words + payload), payload, csrcs, words);
          const Bytes sealed = pair.seal(plain, std::min<size_t>(payload, 8));
          CHECK(sealed == protect_rtp(suite, keys, 0, plain, pair.header_size));
          Bytes opened = sealed;
          const auto result = pair.receiver->open_rtp(opened);
          REQUIRE(std::holds_alternative<size_t>(result));
          opened.resize(std::get<size_t>(result));
          CHECK(opened == plain);
        }
      }
    }
  }
}

TEST_CASE("the rollover counter goes on where the sequence number wraps", "[proto][srtp]") {
  const auto kind = GENERATE(from_range(srtp_backends()));
  for (SrtpSuite suite : kSrtpSuites) {
    INFO(kind.name << " " << name(suite));
    Pair pair(kind, suite);
    const SessionKeys keys = derive_session_keys(suite, pair.master, false);
    for (uint32_t index = 65530; index < 65545; ++index) {
      const Bytes plain = pair.packet(static_cast<uint16_t>(index), 7, 50);
      const Bytes sealed = pair.seal(plain);
      CHECK(sealed == protect_rtp(suite, keys, index >> 16, plain, pair.header_size));
      CHECK(std::holds_alternative<size_t>(pair.open(sealed)));
    }
  }
}

TEST_CASE("SRTCP equals the oracle's and is opened once", "[proto][srtp]") {
  const auto kind = GENERATE(from_range(srtp_backends()));
  for (SrtpSuite suite : kSrtpSuites) {
    INFO(kind.name << " " << name(suite));
    Pair pair(kind, suite);
    const SessionKeys keys = derive_session_keys(suite, pair.master, true);
    for (uint32_t index = 1; index < 4; ++index) {
      const Bytes plain = report(pair.random);
      Bytes buffer = plain;
      buffer.resize(plain.size() + srtp::kMaxOverhead);
      buffer.resize(pair.sender->seal_rtcp(buffer, plain.size()));
      CHECK(buffer == protect_rtcp(suite, keys, index, plain));
      Bytes copy = buffer;
      const auto opened = pair.receiver->open_rtcp(copy);
      REQUIRE(std::holds_alternative<size_t>(opened));
      copy.resize(std::get<size_t>(opened));
      CHECK(copy == plain);
      CHECK(std::get<DropReason>(pair.receiver->open_rtcp(buffer)) == DropReason::kSrtpReplay);
    }
  }
}

TEST_CASE("a replay and a forged tag are refused and change nothing", "[proto][srtp]") {
  const auto kind = GENERATE(from_range(srtp_backends()));
  for (SrtpSuite suite : kSrtpSuites) {
    INFO(kind.name << " " << name(suite));
    Pair pair(kind, suite);
    const Bytes first = pair.seal(pair.packet(10, 9, 100));
    const Bytes second = pair.seal(pair.packet(11, 9, 100));
    Bytes forged = second;
    forged.back() ^= 1;
    CHECK(std::get<DropReason>(pair.open(forged)) == DropReason::kSrtpAuth);
    CHECK(std::holds_alternative<size_t>(pair.open(second)));
    CHECK(std::get<DropReason>(pair.open(second)) == DropReason::kSrtpReplay);
    // Late, but within the window.
    CHECK(std::holds_alternative<size_t>(pair.open(first)));
  }
}

TEST_CASE("truncated packets of every length are refused", "[proto][srtp]") {
  const auto kind = GENERATE(from_range(srtp_backends()));
  for (SrtpSuite suite : kSrtpSuites) {
    INFO(kind.name << " " << name(suite));
    Pair pair(kind, suite);
    const Bytes rtp = pair.seal(pair.packet(10, 9, 30, 2, 2));
    for (size_t n = 0; n < rtp.size(); ++n)
      CHECK(std::holds_alternative<DropReason>(pair.open({rtp.begin(), rtp.begin() + static_cast<std::ptrdiff_t>(n)})));
    Bytes rtcp = report(pair.random);
    const size_t size = rtcp.size();
    rtcp.resize(size + srtp::kMaxOverhead);
    rtcp.resize(pair.sender->seal_rtcp(rtcp, size));
    for (size_t n = 0; n < rtcp.size(); ++n) {
      Bytes cut(rtcp.begin(), rtcp.begin() + static_cast<std::ptrdiff_t>(n));
      CHECK(std::holds_alternative<DropReason>(pair.receiver->open_rtcp(cut)));
    }
    CHECK(std::holds_alternative<size_t>(pair.open(rtp)));
  }
}

TEST_CASE("what a source sent that is retired is a replay for ever", "[proto][srtp]") {
  const auto kind = GENERATE(from_range(srtp_backends()));
  INFO(kind.name);
  Pair pair(kind, SrtpSuite::kAeadAes128Gcm);
  const Bytes sealed = pair.seal(pair.packet(10, 0x01020304, 30));
  CHECK(std::holds_alternative<size_t>(pair.open(sealed)));
  CHECK(std::holds_alternative<DropReason>(pair.open(sealed)));
  pair.receiver->retire(Ssrc(0x01020304));
  CHECK(pair.open(sealed) == srtp::OpenResult(DropReason::kSrtpReplay));
  CHECK(pair.open(pair.seal(pair.packet(11, 0x01020304, 30))) == srtp::OpenResult(DropReason::kSrtpReplay));
}

TEST_CASE("a job that does not fit gives nothing, and keys of another length no session", "[proto][srtp]") {
  const auto kind = GENERATE(from_range(srtp_backends()));
  INFO(kind.name);
  Pair pair(kind, SrtpSuite::kAesCm128HmacSha1_80);
  const Bytes plain = pair.packet(1, 1, 100);
  Bytes out(plain.size() + 5);
  std::copy_n(plain.begin(), 12, out.begin());
  srtp::SealJob job{pair.sender.get(), 12, {}, std::span<const uint8_t>(plain).subspan(12), out, 0};
  pair.backend->seal({&job, 1});
  CHECK(job.sealed_size == 0);
  const Bytes key(28);
  CHECK_FALSE(pair.backend->make_session({SrtpSuite::kAesCm128HmacSha1_80, SrtpMasterKey(key), SrtpMasterKey(key)})
                  .has_value());
}
