#include <algorithm>
#include <array>
#include <catch2/catch.hpp>

#include "support/hex.hpp"
#include "tutti/base/datagram.hpp"
#include "tutti/base/random.hpp"
#include "tutti/proto/fec/flexfec_receiver.hpp"
#include "tutti/proto/fec/flexfec_writer.hpp"
#include "tutti/wire/rtp/header.hpp"

namespace tutti::fec {
namespace {

constexpr Ssrc kSource{0x11223344};

rtp::ExtensionIds ids() {
  rtp::ExtensionIds ids;
  ids.set(rtp::Extension::kMid, 4);
  ids.set(rtp::Extension::kTransportSequenceNumber, 3);
  ids.set(rtp::Extension::kAbsSendTime, 2);
  return ids;
}

struct Packet {
  std::vector<uint8_t> header, prefix, rest;
  std::vector<uint8_t> whole() const {
    auto out = header;
    out.insert(out.end(), prefix.begin(), prefix.end());
    out.insert(out.end(), rest.begin(), rest.end());
    return out;
  }
};

// Packets of random sizes with all kinds of headers. What is stamped at the last moment is `stamp` in all of them.
class Source {
 public:
  explicit Source(uint64_t seed, uint16_t first = 1) : random_(seed), sequence_(first) {}
  Packet next(uint8_t stamp) {
    rtp::ExtensionWriter extensions;
    extensions.add(4, std::array<uint8_t, 2>{'v', '0'});
    extensions.add(3, std::array<uint8_t, 2>{stamp, stamp});
    extensions.add(2, std::array<uint8_t, 3>{stamp, stamp, stamp});
    Packet p;
    p.header.resize(100);
    const std::array<Ssrc, 2> csrcs = {Ssrc(7), Ssrc(8)};
    const rtp::HeaderFields fields{random_.below(3) == 0,
                                   PayloadType(96),
                                   SeqNum(sequence_),
                                   RtpTimestamp(sequence_ / 3u * 3000u),
                                   kSource,
                                   std::span(csrcs).first(random_.below(3))};
    p.header.resize(
        rtp::write_header(fields, random_.below(4) == 0 ? std::span<const uint8_t>() : extensions.finish(), p.header));
    p.prefix.resize(random_.below(8));
    p.rest.resize(random_.below(1100));
    random_.fill(p.prefix);
    random_.fill(p.rest);
    ++sequence_;
    return p;
  }
  SeededRandom& random() { return random_; }

 private:
  SeededRandom random_;
  uint16_t sequence_;
};

std::vector<uint8_t> write(FlexfecWriter& writer) {
  std::vector<uint8_t> out(writer.size());
  out.resize(writer.write(out));
  return out;
}

}  // namespace

TEST_CASE("a header stands as the draft draws it", "[proto][fec]") {
  FlexfecHeader header;
  header.start = {0xD0, 0xE0};
  header.length = 0x1234;
  header.timestamp = 0x56789ABC;
  header.source = kSource;
  header.base = SeqNum(0xFFFE);
  header.mask[0] = header.mask[2] = header.mask[14] = true;
  std::array<uint8_t, FlexfecHeader::kMaxSize> out;
  REQUIRE(header.serialize(out) == 20);
  CHECK(std::vector<uint8_t>(out.begin(), out.begin() + 20) ==
        test::from_hex("10e01234 56789abc 01000000 11223344 fffe d001"));
  header.mask[15] = header.mask[45] = true;
  REQUIRE(header.serialize(out) == 24);
  CHECK(std::vector<uint8_t>(out.begin() + 16, out.begin() + 24) == test::from_hex("fffe 5001 c0000001"));
  header.mask[46] = header.mask[108] = true;
  REQUIRE(header.serialize(out) == 32);
  CHECK(std::vector<uint8_t>(out.begin() + 16, out.end()) == test::from_hex("fffe 5001 40000001 c000000000000001"));

  const auto parsed = FlexfecHeader::parse(out);
  REQUIRE(parsed);
  CHECK(parsed->size == 32);
  CHECK(parsed->mask == header.mask);
  CHECK(parsed->base == header.base);
  CHECK(parsed->source == kSource);
  CHECK(parsed->length == header.length);
  CHECK(parsed->timestamp == header.timestamp);
  for (size_t cut = 0; cut < out.size(); ++cut) CHECK_FALSE(FlexfecHeader::parse(std::span(out).first(cut)));
}

TEST_CASE("a header of another kind is refused", "[proto][fec]") {
  const auto good = test::from_hex("10e01234 56789abc 01000000 11223344 fffe d001");
  REQUIRE(FlexfecHeader::parse(good));
  auto bad = good;
  bad[0] |= 0x80;  // a retransmission
  CHECK_FALSE(FlexfecHeader::parse(bad));
  bad = good;
  bad[0] |= 0x40;  // rows and columns
  CHECK_FALSE(FlexfecHeader::parse(bad));
  bad = good;
  bad[8] = 2;  // two sources
  CHECK_FALSE(FlexfecHeader::parse(bad));
  bad = good;
  bad[18] = 0x80, bad[19] = 0;  // protects nothing
  CHECK_FALSE(FlexfecHeader::parse(bad));
}

TEST_CASE("any one packet of a run comes back, whatever was stamped on the others", "[proto][fec]") {
  for (size_t count : {1u, 2u, 3u, 7u, 15u, 16u, 46u, 47u, 109u}) {
    for (size_t lost = 0; lost<count; lost += count> 20 ? 13 : 1) {
      Source sent(count * 1000 + lost, 65'530), arrived(count * 1000 + lost, 65'530),
          plain(count * 1000 + lost, 65'530);
      FlexfecWriter writer(kSource, ids());
      FlexfecReceiver receiver(kSource, ids());
      std::vector<uint8_t> expected;
      for (size_t i = 0; i < count; ++i) {
        const Packet packet = sent.next(0x11);
        REQUIRE(writer.add(packet.header, packet.prefix, packet.rest));
        const auto on_wire = arrived.next(static_cast<uint8_t>(i)).whole(), unstamped = plain.next(0).whole();
        if (i == lost) {
          expected = unstamped;
        } else {
          REQUIRE(receiver.on_packet(on_wire).empty());
        }
      }
      CHECK(writer.packets() == count);
      const auto back = receiver.on_fec(write(writer));
      REQUIRE(back.size() == 1);
      CHECK(back[0] == expected);
      CHECK(writer.packets() == 0);
    }
  }
}

TEST_CASE("two lost packets of a run stay lost until one of them comes", "[proto][fec]") {
  Source source(1);
  FlexfecWriter writer(kSource, ids());
  FlexfecReceiver receiver(kSource, ids());
  std::vector<std::vector<uint8_t>> packets;
  for (int i = 0; i < 5; ++i) {
    const Packet p = source.next(0);
    REQUIRE(writer.add(p.header, p.prefix, p.rest));
    packets.push_back(p.whole());
  }
  for (int i : {0, 2, 4}) CHECK(receiver.on_packet(packets[static_cast<size_t>(i)]).empty());
  CHECK(receiver.on_fec(write(writer)).empty());
  const auto back = receiver.on_packet(packets[1]);
  REQUIRE(back.size() == 1);
  CHECK(back[0] == packets[3]);
  CHECK(receiver.recovered() == 1);
}

TEST_CASE("what is older than the run, twice or too far is not protected", "[proto][fec]") {
  Source source(3, 100);
  std::vector<Packet> packets;
  for (int i = 0; i < 120; ++i) packets.push_back(source.next(0));
  FlexfecWriter writer(kSource, ids());
  CHECK_FALSE(writer.add({}, {}, {}));
  const auto add = [&](size_t i) { return writer.add(packets[i].header, packets[i].prefix, packets[i].rest); };
  CHECK(write(writer).empty());
  CHECK(add(5));
  CHECK_FALSE(add(4));
  CHECK_FALSE(add(5));
  CHECK(add(5 + 108));
  CHECK_FALSE(add(5 + 109));
  CHECK(writer.packets() == 2);
  std::array<uint8_t, 40> small;
  CHECK(writer.write(small) == 0);
  CHECK(!write(writer).empty());
}

TEST_CASE("noise in the place of FEC packets gives back nothing that is no packet", "[proto][fec]") {
  Source source(9);
  FlexfecReceiver receiver(kSource, ids());
  for (int i = 0; i < 2000; ++i) {
    receiver.on_packet(source.next(0).whole());
    std::vector<uint8_t> noise(source.random().below(200));
    source.random().fill(noise);
    if (noise.size() > 20) {
      noise[0] &= 0x3F;
      noise[8] = 1;
      std::copy_n(test::from_hex("11223344").begin(), 4, noise.begin() + 12);
      noise[16] = 0;
    }
    for (const auto& back : receiver.on_fec(noise)) CHECK(rtp::kFixedHeaderSize <= back.size());
  }
}

}  // namespace tutti::fec
