// Generic NACK and PLI (RFC 4585), FIR (RFC 5104), REMB (draft-alvestrand-rmcat-remb-03).
#include <catch2/catch.hpp>

#include "support/hex.hpp"
#include "support/rtcp.hpp"
#include "tutti/wire/rtcp/fir.hpp"
#include "tutti/wire/rtcp/nack.hpp"
#include "tutti/wire/rtcp/pli.hpp"
#include "tutti/wire/rtcp/remb.hpp"

using namespace tutti;
using namespace tutti::rtcp;
using namespace tutti::test;

namespace {

using Lost = decltype(Nack::lost);

Lost seqs(std::initializer_list<int> values) {
  Lost out;
  for (int v : values) out.emplace_back(static_cast<uint16_t>(v));
  return out;
}

Nack nack_of(Lost lost) { return {Ssrc(0x11111111), Ssrc(0x22222222), std::move(lost)}; }

}  // namespace

// RFC 4585 §6.2.1.
constexpr std::string_view kNack =
    "81 cd 0004"  // V=2, P=0, FMT=1, RTPFB, 4 words follow
    "11111111"    // SSRC of packet sender
    "22222222"    // SSRC of media source
    "0064 8005"   // PID 100, BLP: 101, 103, 116
    "fffe 0007";  // PID 65534, BLP: 65535, 0, 1

TEST_CASE("a NACK lists the packets of each mask, over the wrap too", "[wire][rtcp]") {
  const auto nack = parse_whole<Nack>(from_hex(kNack));
  REQUIRE(nack);
  CHECK(nack->sender == Ssrc(0x11111111));
  CHECK(nack->media == Ssrc(0x22222222));
  CHECK(nack->lost == seqs({100, 101, 103, 116, 65534, 65535, 0, 1}));
}

TEST_CASE("a NACK packs what follows within 16 into a mask", "[wire][rtcp]") {
  const auto nack = nack_of(seqs({100, 101, 103, 116, 65534, 65535, 0, 1}));
  CHECK(serialized(nack) == from_hex(kNack));
  CHECK(needs_exactly_its_size(nack));
  CHECK(serialized(nack_of(seqs({10, 26}))).size() == 16);
  CHECK(serialized(nack_of(seqs({10, 27}))).size() == 20);
}

TEST_CASE("a NACK keeps an order that is none, and repetitions", "[wire][rtcp]") {
  for (const auto& lost : {seqs({5, 3}), seqs({5, 8, 6}), seqs({7, 7, 8, 8}), seqs({0, 32768, 1})}) {
    CHECK(parse_whole<Nack>(serialized(nack_of(lost))) == nack_of(lost));
  }
}

TEST_CASE("a NACK needs at least one entry and only whole ones", "[wire][rtcp]") {
  CHECK(lengths_that_parse<Nack>(from_hex(kNack)) == std::vector<size_t>{12});
  CHECK_FALSE(parse_whole<Nack>(from_hex("81cd0002 11111111 22222222")));
  CHECK(serialized(nack_of({})).empty());
}

TEST_CASE("a NACK for more packets than the limit is refused", "[wire][rtcp]") {
  Lost lost;
  for (size_t i = 0; i < Nack::kMaxLost; ++i) lost.emplace_back(static_cast<uint16_t>(2 * i));
  auto bytes = serialized(nack_of(lost));
  CHECK(parse_whole<Nack>(bytes) == nack_of(lost));

  bytes.insert(bytes.end(), {0x80, 0x00, 0x00, 0x00});
  const size_t words = bytes.size() / 4 - 1;
  bytes[2] = static_cast<uint8_t>(words >> 8);
  bytes[3] = static_cast<uint8_t>(words);
  REQUIRE(only_packet(bytes));
  CHECK_FALSE(parse_whole<Nack>(bytes));
  lost.emplace_back(uint16_t{0x8000});
  CHECK(serialized(nack_of(lost)).empty());
}

TEST_CASE("a PLI names its source and carries nothing else", "[wire][rtcp]") {
  const auto bytes = from_hex("81ce0002 11111111 22222222");
  const Pli pli{Ssrc(0x11111111), Ssrc(0x22222222)};
  CHECK(parse_whole<Pli>(bytes) == pli);
  CHECK(serialized(pli) == bytes);
  CHECK(needs_exactly_its_size(pli));
  CHECK(lengths_that_parse<Pli>(bytes).empty());
  CHECK_FALSE(parse_whole<Pli>(from_hex("81ce0003 11111111 22222222 00000000")));
}

// RFC 5104 §4.3.1.1.
constexpr std::string_view kFir =
    "84 ce 0006"          // V=2, P=0, FMT=4, PSFB, 6 words follow
    "11111111 00000000"   // SSRC of packet sender, unused
    "22222222 07 000000"  // SSRC, Seq nr., reserved
    "33333333 ff 000000";

TEST_CASE("a FIR lists sources with their request numbers", "[wire][rtcp]") {
  const Fir fir{Ssrc(0x11111111), {{Ssrc(0x22222222), 7}, {Ssrc(0x33333333), 255}}};
  CHECK(parse_whole<Fir>(from_hex(kFir)) == fir);
  CHECK(serialized(fir) == from_hex(kFir));
  CHECK(needs_exactly_its_size(fir));
}

TEST_CASE("a FIR needs at least one entry, only whole ones, and not too many", "[wire][rtcp]") {
  CHECK(lengths_that_parse<Fir>(from_hex(kFir)) == std::vector<size_t>{16});
  Fir fir{Ssrc(1), {}};
  CHECK(serialized(fir).empty());
  fir.entries.assign(Fir::kMaxEntries, {Ssrc(2), 1});
  auto bytes = serialized(fir);
  CHECK(parse_whole<Fir>(bytes) == fir);
  bytes.insert(bytes.end(), 8, 0);
  bytes[3] = static_cast<uint8_t>(bytes.size() / 4 - 1);
  REQUIRE(only_packet(bytes));
  CHECK_FALSE(parse_whole<Fir>(bytes));
  fir.entries.push_back({});
  CHECK(serialized(fir).empty());
}

// draft-alvestrand-rmcat-remb-03 §2.2.
constexpr std::string_view kRemb =
    "8f ce 0006"         // V=2, P=0, FMT=15, PSFB, 6 words follow
    "11111111 00000000"  // SSRC of packet sender, media source
    "52454d42"           // 'R' 'E' 'M' 'B'
    "02 0b f42b"         // two sources; exponent 2, mantissa 0x3f42b = 259115
    "22222222 33333333";

TEST_CASE("a REMB gives a bitrate for its sources", "[wire][rtcp]") {
  const auto remb = parse_whole<Remb>(from_hex(kRemb));
  REQUIRE(remb);
  CHECK(remb->sender == Ssrc(0x11111111));
  CHECK(remb->bitrate.bps() == 259115 * 4);
  CHECK(remb->sources == decltype(Remb::sources){Ssrc(0x22222222), Ssrc(0x33333333)});
  CHECK(serialized(*remb) == from_hex(kRemb));
  CHECK(needs_exactly_its_size(*remb));
}

TEST_CASE("a truncated REMB, or one with fewer sources than it counts, is refused", "[wire][rtcp]") {
  CHECK(lengths_that_parse<Remb>(from_hex(kRemb)).empty());
  auto bytes = from_hex(kRemb);
  bytes[16] = 255;
  CHECK_FALSE(parse_whole<Remb>(bytes));
}

TEST_CASE("other application layer feedback is no REMB", "[wire][rtcp]") {
  auto bytes = from_hex(kRemb);
  bytes[12] = 'X';
  CHECK_FALSE(parse_whole<Remb>(bytes));
}

TEST_CASE("a REMB keeps 18 bits of its rate, rounded down", "[wire][rtcp]") {
  const auto [rate, kept] =
      GENERATE(std::pair<int64_t, int64_t>{0, 0}, std::pair<int64_t, int64_t>{262143, 262143},
               std::pair<int64_t, int64_t>{262145, 262144}, std::pair<int64_t, int64_t>{2'500'000'001, 2'499'985'408},
               std::pair<int64_t, int64_t>{INT64_MAX, int64_t{0x3FFFF} << 45});
  const auto back = parse_whole<Remb>(serialized(Remb{Ssrc(1), DataRate::bps(rate), {}}));
  REQUIRE(back);
  CHECK(back->bitrate.bps() == kept);
}

TEST_CASE("a REMB whose rate no type holds is refused", "[wire][rtcp]") {
  // Exponent 63, mantissas 1 and 0; exponent 46 with all bits of the mantissa.
  CHECK_FALSE(parse_whole<Remb>(from_hex("8fce0004 11111111 00000000 52454d42 00fc0001")));
  CHECK_FALSE(parse_whole<Remb>(from_hex("8fce0004 11111111 00000000 52454d42 00bbffff")));
  CHECK(parse_whole<Remb>(from_hex("8fce0004 11111111 00000000 52454d42 00fc0000")));
  CHECK(serialized(Remb{Ssrc(1), DataRate::bps(-1), {}}).empty());
}

TEST_CASE("a REMB of 255 sources survives a round trip, 256 are refused", "[wire][rtcp]") {
  Remb remb{Ssrc(1), DataRate::kbps(300), {}};
  for (uint32_t i = 0; i < Remb::kMaxSources; ++i) remb.sources.emplace_back(i);
  const auto back = parse_whole<Remb>(serialized(remb));
  REQUIRE(back);
  CHECK(back->sources == remb.sources);
  remb.sources.emplace_back(uint32_t{1});
  CHECK(serialized(remb).empty());
}
