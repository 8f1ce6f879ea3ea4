// The pieces of the ipsec-mb backend that need neither a session nor the library.
#include <catch2/catch.hpp>

#include "proto/srtp/counter_block.hpp"
#include "proto/srtp/hmac_sha1.hpp"
#include "proto/srtp/packet_index.hpp"
#include "proto/srtp/replay_window.hpp"
#include "proto/srtp/session_keys.hpp"
#include "proto/srtp/source_table.hpp"
#include "support/hex.hpp"
#include "support/srtp_oracle.hpp"
#include "tutti/base/random.hpp"

using namespace tutti;
using namespace tutti::test;

TEST_CASE("session keys are those of RFC 3711 B.3, and of AES-256 those that the oracle derives", "[proto][srtp]") {
  const SrtpMasterKey master(from_hex("E1F97A0D3E018BE0D64FA32C06DE41390EC675AD498AFEEBB6960B3AABE6"));
  const auto keys = srtp::derive_session_keys({SrtpSuite::kAesCm128HmacSha1_80, master, master});
  REQUIRE(keys);
  CHECK(Bytes(keys->send_rtp.cipher.begin(), keys->send_rtp.cipher.begin() + 16) ==
        from_hex("C61E7A93744F39EE10734AFE3FF7A087"));
  CHECK(Bytes(keys->send_rtp.salt.begin(), keys->send_rtp.salt.end()) == from_hex("30CBBC08863D8C85D49DB34A9AE1"));
  CHECK(Bytes(keys->send_rtp.authentication.begin(), keys->send_rtp.authentication.end()) ==
        from_hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));

  Bytes bytes(44);
  SeededRandom(6).fill(bytes);
  const auto gcm = srtp::derive_session_keys({SrtpSuite::kAeadAes256Gcm, SrtpMasterKey(bytes), SrtpMasterKey(bytes)});
  REQUIRE(gcm);
  for (const bool rtcp : {false, true}) {
    const auto want = test::derive_session_keys(SrtpSuite::kAeadAes256Gcm, bytes, rtcp);
    const auto& got = rtcp ? gcm->receive_rtcp : gcm->receive_rtp;
    CHECK(Bytes(got.cipher.begin(), got.cipher.end()) == want.cipher);
    CHECK(Bytes(got.salt.begin(), got.salt.begin() + 12) == want.salt);
  }
}

TEST_CASE("counter block and nonce are those of RFC 3711 B.2 and RFC 7714 16.1.1", "[proto][srtp]") {
  srtp::Salt salt{};
  const Bytes cm_salt = from_hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD");
  std::copy(cm_salt.begin(), cm_salt.end(), salt.begin());
  const auto block = srtp::counter_block(salt, Ssrc(0), 0, 0xFEFF);
  CHECK(Bytes(block.begin(), block.end()) == from_hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF"));

  const Bytes gcm_salt = from_hex("517569642070726f2071756f0000");
  std::copy(gcm_salt.begin(), gcm_salt.end(), salt.begin());
  const auto nonce = srtp::gcm_nonce(salt, Ssrc(0x5501a0b2), 0xf17b);
  CHECK(Bytes(nonce.begin(), nonce.end()) == from_hex("51753c6580c2726f20718414"));
}

TEST_CASE("an index is the nearest to the highest, and there is none before the first round", "[proto][srtp]") {
  using srtp::estimate_index;
  CHECK(estimate_index(0, 0) == 0);
  CHECK(estimate_index(0, 40000) == 40000);
  CHECK(estimate_index(10, 65530) == 65530);
  CHECK(estimate_index(65530, 3) == 0x10003);
  CHECK(estimate_index(0x10003, 65530) == 65530);
  CHECK(estimate_index(0x10003, 3 + 32768) == 0x18003);
  CHECK(estimate_index(0x10003, 4 + 32768) == 0x8004);
  CHECK(estimate_index(0x18000, 0) == 0x10000);
  CHECK(estimate_index(0x18001, 0) == 0x20000);
}

TEST_CASE("a replay window knows exactly its width", "[proto][srtp]") {
  SeededRandom random(8);
  srtp::ReplayWindow<128> window;
  std::vector<bool> taken(100'000);
  uint64_t highest = 0;
  for (size_t i = 0; i < 20'000; ++i) {
    uint64_t index = highest + random.below(random.below(50) == 0 ? 300 : 8);
    index -= std::min(index, random.below(140));
    if (index >= taken.size()) break;
    const bool is_new = index > highest || (highest - index < 128 && !taken[index]);
    REQUIRE(window.is_new(index) == is_new);
    if (!is_new) continue;
    window.mark(index);
    taken[index] = true;
    highest = std::max(highest, index);
    REQUIRE(window.highest() == highest);
  }
  CHECK(highest > 1000);
}

TEST_CASE("HMAC-SHA1 with a key hashed before is HMAC-SHA1", "[proto][srtp]") {
  SeededRandom random(9);
  std::array<uint8_t, 20> key{};
  for (size_t size : {0u, 1u, 54u, 55u, 56u, 63u, 64u, 65u, 200u}) {
    Bytes data(size);
    random.fill(key);
    random.fill(data);
    const srtp::HmacSha1 hmac(key);
    CHECK(hmac.digest(data) == hmac_sha1(key, data));
    CHECK(hmac.digest(std::span(data).first(size / 2), std::span(data).subspan(size / 2)) == hmac_sha1(key, data));
  }
}

TEST_CASE("a table of sources finds what it was given", "[proto][srtp]") {
  srtp::SourceTable<srtp::SentSource> table;
  for (uint32_t ssrc : {5u, 1u, 0xFFFFFFFFu, 3u, 0u}) table.get(Ssrc(ssrc)).rtcp_index = ssrc;
  CHECK(table.size() == 5);
  for (uint32_t ssrc : {0u, 1u, 3u, 5u, 0xFFFFFFFFu}) {
    REQUIRE(table.find(Ssrc(ssrc)));
    CHECK(table.get(Ssrc(ssrc)).rtcp_index == ssrc);
  }
  CHECK_FALSE(table.find(Ssrc(2)));
  table.erase(Ssrc(3));
  table.erase(Ssrc(4));
  CHECK(table.size() == 4);
  CHECK_FALSE(table.find(Ssrc(3)));
}
