// The ipsec-mb backend against libsrtp2, byte for byte and refusal for refusal.
#include <algorithm>
#include <catch2/catch.hpp>

#include "support/srtp_script.hpp"
#include "support/srtp_twins.hpp"
#include "tutti/base/byte_writer.hpp"
#include "tutti/base/random.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

enum class Extension { kNone, kEmpty, kOneByte, kTwoByte };

Bytes header(uint16_t sequence, uint32_t ssrc, size_t csrcs = 0, Extension extension = Extension::kNone) {
  Bytes bytes(100);
  ByteWriter w(bytes);
  w.u8(static_cast<uint8_t>(0x80 | (extension != Extension::kNone ? 0x10 : 0) | csrcs));
  w.u8(96);
  w.u16(sequence);
  w.u32(1234);
  w.u32(ssrc);
  for (size_t i = 0; i < csrcs; ++i) w.u32(static_cast<uint32_t>(77 + i));
  if (extension == Extension::kEmpty) w.u32(0xBEDE0000);
  if (extension == Extension::kOneByte) {
    w.u32(0xBEDE0002);
    w.u32(0x10851234);
    w.u32(0x20550000);
  }
  if (extension == Extension::kTwoByte) {
    w.u32(0x10000001);
    w.u32(0x0302ABCD);
  }
  bytes.resize(w.size());
  return bytes;
}

// Twins with one session of each suite, numbered as in kSrtpSuites.
struct Fixture {
  Fixture() {
    if (!twins.available()) {
      WARN("ipsec-mb is not to be had here: nothing is compared");
      return;
    }
    for (SrtpSuite suite : kSrtpSuites) twins.add(suite, 17);
  }
  Bytes payload(size_t size) {
    Bytes bytes(size);
    random.fill(bytes);
    return bytes;
  }
  Bytes seal(size_t session, uint16_t sequence, size_t size = 50, uint32_t ssrc = 9) {
    const PlainRtp packet{session, header(sequence, ssrc), payload(size)};
    return twins.seal({&packet, 1}).front();
  }
  // Whether both open it.
  bool opens(size_t session, Bytes sealed) { return std::holds_alternative<size_t>(twins.open_rtp(session, sealed)); }
  DropReason refusal(size_t session, Bytes sealed) { return std::get<DropReason>(twins.open_rtp(session, sealed)); }
  Bytes report(uint32_t ssrc, size_t size) {
    Bytes bytes = payload(size);
    ByteWriter w(bytes);
    w.u32(0x80C90000 | static_cast<uint32_t>(size / 4 - 1));
    w.u32(ssrc);
    return bytes;
  }

  SrtpTwins twins;
  SeededRandom random{5};
};

#define REQUIRE_AGREEMENT(twins) REQUIRE_THAT((twins).difference(), Catch::Matchers::Equals(""))

}  // namespace

TEST_CASE("both backends say who they are, and the best one is there", "[proto][srtp]") {
  srtp::Library library;
  CHECK(srtp::make_libsrtp_backend()->name() == "libsrtp2");
  const auto ipsec = srtp::make_ipsec_backend();
  if (ipsec) CHECK(ipsec->name() == "ipsec-mb");
  CHECK(srtp::make_best_backend()->name() == (ipsec ? "ipsec-mb" : "libsrtp2"));
}

TEST_CASE("both backends seal and open every shape of packet alike", "[proto][srtp]") {
  Fixture f;
  if (!f.twins.available()) {
    WARN("ipsec-mb is not to be had here: nothing is compared");
    return;
  }
  for (size_t session = 0; session < kSrtpSuites.size(); ++session) {
    uint16_t sequence = 1;
    for (Extension extension : {Extension::kNone, Extension::kEmpty, Extension::kOneByte, Extension::kTwoByte}) {
      for (size_t csrcs : {0u, 1u, 15u}) {
        for (size_t size : {0u, 1u, 2u, 7u, 8u, 9u, 15u, 16u, 17u, 31u, 32u, 33u, 80u, 300u, 1100u}) {
          for (size_t prefix = 0; prefix <= std::min<size_t>(size, 20); ++prefix) {
            PlainRtp packet{session, header(sequence++, 3, csrcs, extension), f.payload(size), prefix};
            Bytes sealed = f.twins.seal({&packet, 1}).front();
            REQUIRE(!sealed.empty());
            REQUIRE(std::holds_alternative<size_t>(f.twins.open_rtp(session, sealed)));
            packet.header.insert(packet.header.end(), packet.payload.begin(), packet.payload.end());
            REQUIRE(sealed == packet.header);
            REQUIRE_AGREEMENT(f.twins);
          }
        }
      }
    }
  }
}

TEST_CASE("a prefix of any size that stands behind its header is sealed there", "[proto][srtp]") {
  Fixture f;
  if (!f.twins.available()) {
    WARN("ipsec-mb is not to be had here: nothing is compared");
    return;
  }
  for (size_t session = 0; session < kSrtpSuites.size(); ++session) {
    uint16_t sequence = 1;
    for (size_t size : {1u, 16u, 33u, 300u, 1100u}) {
      for (size_t prefix : {1u, 9u, 16u, 33u, 250u, 1100u}) {
        if (prefix > size) continue;
        PlainRtp packet{session, header(sequence++, 3), f.payload(size), prefix};
        packet.written = true;
        Bytes sealed = f.twins.seal({&packet, 1}).front();
        REQUIRE(std::holds_alternative<size_t>(f.twins.open_rtp(session, sealed)));
        packet.header.insert(packet.header.end(), packet.payload.begin(), packet.payload.end());
        REQUIRE(sealed == packet.header);
        REQUIRE_AGREEMENT(f.twins);
      }
    }
  }
}

TEST_CASE("batches of 1 to 64 packets of mixed suites and sessions are sealed alike", "[proto][srtp]") {
  Fixture f;
  if (!f.twins.available()) {
    WARN("ipsec-mb is not to be had here: nothing is compared");
    return;
  }
  for (uint64_t seed = 2; seed < 8; ++seed)
    for (SrtpSuite suite : kSrtpSuites) f.twins.add(suite, seed);
  std::vector<uint16_t> next(f.twins.size());
  for (size_t count = 1; count <= 64; ++count) {
    for (const bool only_cm : {false, true}) {
      std::vector<PlainRtp> batch;
      while (batch.size() < count) {
        PlainRtp packet;
        packet.session = f.random.below(f.twins.size());
        if (only_cm) packet.session -= packet.session % 4 == 2 ? 2 : packet.session % 4 == 3 ? 3 : 0;
        packet.header = header(next[packet.session]++, 1);
        packet.payload = f.payload(f.random.below(3) == 0 ? f.random.below(1200) : 160);
        packet.prefix = std::min<size_t>(f.random.below(9), packet.payload.size());
        if (!only_cm && f.random.below(20) == 0) packet.session = SrtpTwins::kPlain;
        batch.push_back(std::move(packet));
      }
      const auto sealed = f.twins.seal(batch);
      for (size_t i = 0; i < count; ++i) {
        REQUIRE(!sealed[i].empty());
        if (batch[i].session == SrtpTwins::kPlain) {
          CHECK(sealed[i].size() == 12 + batch[i].payload.size());
        } else {
          CHECK(f.opens(batch[i].session, sealed[i]));
        }
      }
      REQUIRE_AGREEMENT(f.twins);
    }
  }
}

TEST_CASE("a batch larger than the gathering of AES-CM packets is sealed whole", "[proto][srtp]") {
  Fixture f;
  if (!f.twins.available()) {
    WARN("ipsec-mb is not to be had here: nothing is compared");
    return;
  }
  std::vector<PlainRtp> batch;
  for (uint16_t i = 0; i < 256; ++i) batch.push_back({i % 2u, header(i, 1), f.payload(100 + i), i % 9u});
  for (const Bytes& sealed : f.twins.seal(batch)) CHECK(!sealed.empty());
  REQUIRE_AGREEMENT(f.twins);
}

TEST_CASE("both backends count rollovers alike, with loss and reordering round the wrap", "[proto][srtp]") {
  Fixture f;
  if (!f.twins.available()) {
    WARN("ipsec-mb is not to be had here: nothing is compared");
    return;
  }
  for (size_t session = 0; session < kSrtpSuites.size(); ++session) {
    // Twice round, a third of them lost, the others in pieces that are turned round.
    std::vector<Bytes> waiting;
    size_t opened = 0, sent = 0;
    for (uint32_t index = 60000; index < 3 * 65536; ++index) {
      const uint32_t from_wrap = (index + 300) % 65536;
      if (from_wrap > 600 && index % 1000 != 0) continue;  // most of the way in leaps
      waiting.push_back(f.seal(session, static_cast<uint16_t>(index)));
      if (waiting.size() < 7) continue;
      if (from_wrap >= 7 && from_wrap <= 600) std::reverse(waiting.begin(), waiting.end());
      for (const Bytes& packet : waiting) {
        if (f.random.below(3) == 0) continue;
        ++sent;
        opened += f.opens(session, packet);
      }
      waiting.clear();
      REQUIRE_AGREEMENT(f.twins);
    }
    CHECK(opened == sent);
    CHECK(sent > 1000);
  }
}

TEST_CASE("both backends take a stream that begins just after a wrap and then sends what was before it",
          "[proto][srtp]") {
  Fixture f;
  if (!f.twins.available()) {
    WARN("ipsec-mb is not to be had here: nothing is compared");
    return;
  }
  for (size_t session = 0; session < kSrtpSuites.size(); ++session) {
    for (uint16_t sequence : {3, 65530, 4, 65531, 32768, 32767, 0, 1}) f.opens(session, f.seal(session, sequence));
    REQUIRE_AGREEMENT(f.twins);
  }
}

TEST_CASE("a replay is refused alike to the edge of the window", "[proto][srtp]") {
  Fixture f;
  if (!f.twins.available()) {
    WARN("ipsec-mb is not to be had here: nothing is compared");
    return;
  }
  for (size_t session = 0; session < kSrtpSuites.size(); ++session) {
    std::vector<Bytes> sealed;
    for (uint16_t i = 0; i < 1030; ++i) sealed.push_back(f.seal(session, i));
    CHECK(f.opens(session, sealed[3]));
    CHECK(f.opens(session, sealed[1026]));
    CHECK(f.refusal(session, sealed[3]) == DropReason::kSrtpReplay);  // known
    CHECK(f.refusal(session, sealed[2]) == DropReason::kSrtpReplay);  // too old to know
    CHECK(f.opens(session, sealed[4]));                               // late, within the window
    CHECK(f.refusal(session, sealed[4]) == DropReason::kSrtpReplay);
    CHECK(f.opens(session, sealed[1029]));
    CHECK(f.refusal(session, sealed[5]) == DropReason::kSrtpReplay);
    REQUIRE_AGREEMENT(f.twins);
  }
}

TEST_CASE("the same packet is sealed again to the same bytes, until it is too far behind", "[proto][srtp]") {
  Fixture f;
  if (!f.twins.available()) {
    WARN("ipsec-mb is not to be had here: nothing is compared");
    return;
  }
  for (size_t session = 0; session < kSrtpSuites.size(); ++session) {
    const PlainRtp packet{session, header(100, 9), f.payload(40)};
    const Bytes sealed = f.twins.seal({&packet, 1}).front();
    f.seal(session, 100 + 1023);
    CHECK(f.twins.seal({&packet, 1}).front() == sealed);
    f.seal(session, 100 + 1024);
    CHECK(f.twins.seal({&packet, 1}).front().empty());
    REQUIRE_AGREEMENT(f.twins);
  }
}

TEST_CASE("what is forged, cut or another's is refused for the same reason", "[proto][srtp]") {
  Fixture f;
  if (!f.twins.available()) {
    WARN("ipsec-mb is not to be had here: nothing is compared");
    return;
  }
  for (size_t i = 0; i < kSrtpSuites.size(); ++i) f.twins.add(kSrtpSuites[i], 99);
  for (size_t session = 0; session < kSrtpSuites.size(); ++session) {
    const PlainRtp packet{session, header(1, 9, 2, Extension::kOneByte), f.payload(30)};
    const Bytes sealed = f.twins.seal({&packet, 1}).front();
    for (size_t size = 0; size < sealed.size(); ++size)
      f.refusal(session, {sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(size)});
    for (size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
      Bytes forged = sealed;
      forged[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
      f.refusal(session, forged);
    }
    CHECK(f.refusal(session + kSrtpSuites.size(), sealed) == DropReason::kSrtpAuth);
    CHECK(f.opens(session, sealed));

    Bytes report = f.twins.seal_rtcp(session, f.report(9, 60));
    for (size_t size = 0; size < report.size(); ++size) {
      Bytes cut(report.begin(), report.begin() + static_cast<std::ptrdiff_t>(size));
      CHECK(std::holds_alternative<DropReason>(f.twins.open_rtcp(session, cut)));
    }
    for (size_t bit = 0; bit < 8 * report.size(); ++bit) {
      Bytes forged = report;
      forged[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
      CHECK(std::holds_alternative<DropReason>(f.twins.open_rtcp(session, forged)));
    }
    CHECK(std::holds_alternative<size_t>(f.twins.open_rtcp(session, report)));
    REQUIRE_AGREEMENT(f.twins);
  }
}

TEST_CASE("SRTCP is numbered, opened and refused alike", "[proto][srtp]") {
  Fixture f;
  if (!f.twins.available()) {
    WARN("ipsec-mb is not to be had here: nothing is compared");
    return;
  }
  for (size_t session = 0; session < kSrtpSuites.size(); ++session) {
    std::vector<Bytes> sealed;
    for (uint32_t i = 0; i < 300; ++i) {
      sealed.push_back(f.twins.seal_rtcp(session, f.report(5 + i % 3, 8 + 4 * f.random.below(100))));
      REQUIRE(!sealed.back().empty());
      const bool gcm = session >= 2;
      const size_t word = sealed.back().size() - (gcm ? 4 : 14);
      CHECK(sealed.back()[word] == 0x80);                                 // the E flag
      CHECK(sealed.back()[word + 3] == static_cast<uint8_t>(1 + i / 3));  // counted for each source from 1 on
    }
    std::reverse(sealed.begin() + 100, sealed.begin() + 200);
    for (size_t round = 0; round < 2; ++round) {
      for (Bytes packet : sealed)
        CHECK(std::holds_alternative<size_t>(f.twins.open_rtcp(session, packet)) == (round == 0));
    }
    REQUIRE_AGREEMENT(f.twins);
  }
}

TEST_CASE("an output that is too small gives nothing and uses no number up", "[proto][srtp]") {
  Fixture f;
  if (!f.twins.available()) {
    WARN("ipsec-mb is not to be had here: nothing is compared");
    return;
  }
  for (size_t session = 0; session < kSrtpSuites.size(); ++session) {
    for (size_t room = 0; room < srtp::kMaxOverhead; ++room) {
      const PlainRtp packet{session, header(40000, 9), f.payload(20), 0, room};
      CHECK(f.twins.seal({&packet, 1}).front().empty());
      CHECK(f.twins.seal_rtcp(session, f.report(9, 20), room).empty());
    }
    CHECK(f.twins.seal_rtcp(session, f.payload(7)).empty());
    CHECK(f.opens(session, f.seal(session, 1)));
    Bytes report = f.twins.seal_rtcp(session, f.report(9, 20));
    CHECK(std::holds_alternative<size_t>(f.twins.open_rtcp(session, report)));
    REQUIRE_AGREEMENT(f.twins);
  }
  const PlainRtp plain{SrtpTwins::kPlain, header(1, 9), f.payload(20), 3, 0};
  CHECK(f.twins.seal({&plain, 1}).front().size() == 32);
  REQUIRE_AGREEMENT(f.twins);
}

TEST_CASE("a source that is retired is not opened again on either", "[proto][srtp]") {
  Fixture f;
  if (!f.twins.available()) {
    WARN("ipsec-mb is not to be had here: nothing is compared");
    return;
  }
  for (size_t session = 0; session < kSrtpSuites.size(); ++session) {
    std::vector<Bytes> sealed;
    for (uint32_t index = 65530; index < 65545; ++index)
      sealed.push_back(f.seal(session, static_cast<uint16_t>(index)));
    for (const Bytes& packet : sealed) CHECK(f.opens(session, packet));
    Bytes report = f.twins.seal_rtcp(session, f.report(9, 20)), again = report;
    CHECK(std::holds_alternative<size_t>(f.twins.open_rtcp(session, report)));
    f.twins.retire(session, Ssrc(9));
    f.twins.retire(session, Ssrc(10));
    CHECK(f.refusal(session, sealed.front()) == DropReason::kSrtpReplay);
    CHECK(f.refusal(session, sealed.back()) == DropReason::kSrtpReplay);
    CHECK(f.twins.open_rtcp(session, again) == srtp::OpenResult(DropReason::kSrtpReplay));
    REQUIRE_AGREEMENT(f.twins);
  }
}

TEST_CASE("a million random packets end alike", "[proto][srtp]") {
  constexpr size_t kPackets = 1'000'000;
  constexpr uint64_t kSeed = 20261121;
  SrtpTwins twins;
  if (!twins.available()) {
    WARN("ipsec-mb is not to be had here: nothing is compared");
    return;
  }
  SeededRandom random(kSeed);
  Bytes bytes(4096);
  SrtpScript::Tally all;
  while (all.sealed < kPackets) {
    // Once receivers have lost count of the rollovers they open nothing more, so all begins anew now and then.
    twins.clear();
    SrtpScript script(twins, all.sealed + 1);
    while (script.tally().sealed < 5000) {
      random.fill(bytes);
      script.play(bytes);
      REQUIRE_AGREEMENT(twins);
    }
    all += script.tally();
  }
  // They were of all kinds.
  CAPTURE(kSeed, all.sealed, all.seal_refused, all.opened, all.open_refused, all.rtcp_opened, all.rtcp_refused);
  CHECK(all.opened > kPackets / 4);
  CHECK(all.open_refused > kPackets / 100);
  CHECK(all.seal_refused > kPackets / 100);
  CHECK(all.rtcp_opened > kPackets / 200);
  CHECK(all.rtcp_refused > kPackets / 1000);
}
