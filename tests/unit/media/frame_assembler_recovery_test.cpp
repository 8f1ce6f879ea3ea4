// The assembler with what senders and networks do to it: holes, slow links, missing markers, numbers and times that
// lie, floods. Packets by hand, so that each of them is known.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <numeric>
#include <set>

#include "support/hex.hpp"
#include "tutti/base/random.hpp"
#include "tutti/media/video/frame_assembler.hpp"

namespace tutti::video {
namespace {

using test::from_hex;
using Bytes = std::vector<uint8_t>;

// VP8: S=1 and partition 0, or what follows; then P=0 in a keyframe's first byte.
const Bytes kVp8Key = from_hex("10 00 0000 9d012a 4001 b400"), kVp8Delta = from_hex("10 01 aa"),
            kVp8More = from_hex("00 bb");

struct Rig {
  explicit Rig(Codec codec, FrameAssemblerSettings settings = {}) : assembler(codec, settings) {}

  void insert(int64_t sequence, uint32_t timestamp, bool marker, const Bytes& payload) {
    assembler.insert({ExtSeqNum(sequence), RtpTimestamp(timestamp), now, marker, payload}, out);
  }
  void advance(int64_t ms) {
    now = now + TimeDelta::millis(ms);
    assembler.handle_time(now);
  }
  std::vector<uint32_t> timestamps() const {
    std::vector<uint32_t> all;
    for (const AssembledFrame& f : out) all.push_back(f.timestamp.value());
    return all;
  }

  FrameAssembler assembler;
  Timestamp now = Timestamp::from_ms(10'000);
  std::vector<AssembledFrame> out;
};

TEST_CASE("a keyframe that takes longer than the patience comes out all the same", "[media][assembler]") {
  Rig rig(Codec::kVp8);
  for (int i = 0; i < 100; ++i) {
    rig.insert(i, 0, i == 99, i == 0 ? kVp8Key : kVp8More);
    rig.advance(10);
  }
  CHECK(rig.out.size() == 1);
  CHECK_FALSE(rig.assembler.needs_keyframe());
}

TEST_CASE("a keyframe that is never whole is not kept for ever", "[media][assembler]") {
  Rig rig(Codec::kVp8);
  rig.insert(0, 0, false, kVp8Key);
  rig.advance(1900);
  CHECK(rig.assembler.stats().frames_dropped == 0);
  rig.advance(200);
  CHECK(rig.assembler.stats().frames_dropped == 1);
  rig.insert(1, 0, true, kVp8More);
  CHECK(rig.out.empty());
}

TEST_CASE("a slow frame is waited for as long as nothing is missing in it", "[media][assembler]") {
  Rig rig(Codec::kVp8);
  rig.insert(0, 0, true, kVp8Key);
  rig.insert(1, 1, false, kVp8Delta);
  rig.advance(1000);
  CHECK_FALSE(rig.assembler.needs_keyframe());
  rig.insert(2, 1, true, kVp8More);
  CHECK(rig.timestamps() == std::vector<uint32_t>{0, 1});
}

TEST_CASE("patience runs from when the first packet behind the hole came", "[media][assembler]") {
  Rig rig(Codec::kVp8);
  rig.insert(0, 0, true, kVp8Key);
  rig.advance(10'000);
  rig.insert(3, 3, true, kVp8Delta);
  rig.advance(200);
  rig.insert(2, 2, true, kVp8Delta);  // the younger one is nearer to the hole
  CHECK_FALSE(rig.assembler.needs_keyframe());
  rig.advance(60);
  CHECK(rig.assembler.needs_keyframe());
}

TEST_CASE("a frame of many packets, each of which is lost once, comes out when the last was sent again",
          "[media][assembler]") {
  for (const int64_t missing : {0, 1, 7, 19}) {
    Rig rig(Codec::kVp8);
    for (int64_t i = 0; i < 20; ++i)
      if (i != missing) rig.insert(i, 0, i == 19, i == 0 ? kVp8Key : kVp8More);
    rig.insert(20, 1, true, kVp8Delta);
    CHECK(rig.out.empty());
    rig.insert(missing, 0, missing == 19, missing == 0 ? kVp8Key : kVp8More);
    CHECK(rig.timestamps() == std::vector<uint32_t>{0, 1});
  }
}

TEST_CASE("frames end where the timestamp changes if the sender sets no marker", "[media][assembler]") {
  Rig rig(Codec::kH264);
  // SPS, PPS and IDR by themselves; then P, IDR without parameter sets, P.
  rig.insert(1, 10, false, from_hex("67 010203"));
  rig.insert(2, 10, false, from_hex("68 01"));
  rig.insert(3, 10, false, from_hex("65 88"));
  rig.insert(5, 30, false, from_hex("65 88"));
  rig.insert(6, 40, false, from_hex("41 9a"));
  CHECK(rig.out.empty());
  rig.insert(4, 20, false, from_hex("41 9a"));
  REQUIRE(rig.timestamps() == std::vector<uint32_t>{10, 20, 30});
  CHECK((rig.out[0].bytes == from_hex("00000001 67010203 00000001 6801 00000001 6588")));
  CHECK(rig.out[0].keyframe);
  CHECK_FALSE(rig.out[1].keyframe);
  CHECK(rig.out[2].keyframe);
}

TEST_CASE("an access unit with its delimiter is one frame, and so is one whose first packet comes last",
          "[media][assembler]") {
  const std::vector<Bytes> unit = {from_hex("09f0"), from_hex("67 010203"), from_hex("68 01"), from_hex("65 88")};
  for (const std::vector<size_t>& order : {std::vector<size_t>{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 3, 0, 1}}) {
    Rig rig(Codec::kH264);
    for (const size_t i : order) rig.insert(static_cast<int64_t>(i), 10, i == 3, unit[i]);
    REQUIRE(rig.out.size() == 1);
    CHECK(rig.out[0].keyframe);
    // Once the parameter sets are there nothing is waited for.
    CHECK(rig.out[0].bytes.size() == (order.back() == 0 ? 20u : 26u));
  }
}

TEST_CASE("an IDR picture behind a hole waits for the parameter sets that may be in it", "[media][assembler]") {
  Rig rig(Codec::kH264);
  rig.insert(1, 10, true, from_hex("18 0002 6701 0002 6801 0002 6588"));
  REQUIRE(rig.out.size() == 1);
  rig.insert(4, 30, true, from_hex("65 88"));
  CHECK(rig.out.size() == 1);
  rig.insert(3, 30, false, from_hex("18 0002 6701 0002 6801"));
  REQUIRE(rig.timestamps() == std::vector<uint32_t>{10, 30});
  CHECK(rig.out[1].keyframe);
}

TEST_CASE("fragments of H.264 that do not fit together are no frame", "[media][assembler]") {
  const auto frames = [](std::vector<Bytes> payloads) {
    Rig rig(Codec::kH264);
    payloads.insert(payloads.begin(), from_hex("67 010203"));
    for (size_t i = 0; i < payloads.size(); ++i)
      rig.insert(static_cast<int64_t>(i), 0, i + 1 == payloads.size(), payloads[i]);
    return rig.out.size();
  };
  CHECK(frames({from_hex("7c 85 aa"), from_hex("7c 05 bb"), from_hex("7c 45 cc")}) == 1);
  CHECK(frames({from_hex("7c 85 aa"), from_hex("7c 05 bb")}) == 0);                        // no end
  CHECK(frames({from_hex("7c 85 aa"), from_hex("65 88"), from_hex("7c 45 cc")}) == 0);     // another between
  CHECK(frames({from_hex("65 88"), from_hex("7c 45 cc")}) == 0);                           // no start
  CHECK(frames({from_hex("7c 85 aa"), from_hex("7c 85 aa"), from_hex("7c 45 cc")}) == 0);  // two starts
  CHECK(frames({from_hex("65 88"), from_hex("79 0000 6701")}) == 0);                       // STAP-B is of another mode
}

TEST_CASE("padding is nothing wherever it stands", "[media][assembler]") {
  Rig rig(Codec::kVp8);
  const Bytes nothing;
  rig.insert(2, 0, false, kVp8Key);
  rig.insert(3, 77, false, nothing);
  rig.insert(4, 0, true, kVp8More);
  rig.insert(6, 99, true, nothing);
  rig.insert(7, 1, false, kVp8Delta);
  rig.insert(8, 99, true, nothing);
  rig.insert(9, 1, true, kVp8More);
  CHECK(rig.timestamps() == std::vector<uint32_t>{0});
  rig.insert(5, 0, false, nothing);
  CHECK(rig.timestamps() == std::vector<uint32_t>{0, 1});
  CHECK((rig.out[0].bytes == from_hex("00 0000 9d012a 4001 b400 bb")));
  rig.insert(1, 0, false, nothing);
  rig.insert(10, 2, true, kVp8Delta);
  CHECK(rig.out.size() == 3);
}

TEST_CASE("a keyframe behind padding is known to begin there", "[media][assembler]") {
  Rig rig(Codec::kH264);
  rig.insert(1, 5, true, from_hex("41 9a"));
  rig.insert(4, 10, true, from_hex("65 88"));
  rig.insert(3, 5, false, {});
  CHECK(rig.out.empty());
  rig.insert(2, 5, false, {});
  CHECK(rig.timestamps() == std::vector<uint32_t>{10});
}

TEST_CASE("a sender whose numbers begin anew, far back or far ahead, is followed", "[media][assembler]") {
  for (const int64_t jump : {-50'000, 50'000}) {
    Rig rig(Codec::kVp8);
    for (int i = 0; i < 10; ++i) rig.insert(100'000 + i, static_cast<uint32_t>(i), true, i == 0 ? kVp8Key : kVp8Delta);
    // What was once behind is not repeated, however often it comes.
    for (int i = 0; i < 100; ++i) rig.insert(100'000, 0, true, kVp8Key);
    CHECK(rig.out.size() == 10);
    rig.out.clear();
    for (int i = 0; i < 100; ++i)
      rig.insert(100'000 + jump + i, static_cast<uint32_t>(i), true, i % 20 == 0 ? kVp8Key : kVp8Delta);
    CHECK(rig.out.size() >= 60);
    CHECK_FALSE(rig.assembler.needs_keyframe());
  }
}

TEST_CASE("times that lie do not change what belongs together", "[media][assembler]") {
  Rig rig(Codec::kVp8);
  // One time for all; then time runs backwards.
  for (int i = 0; i < 20; ++i) rig.insert(i, 5, i % 2 == 1, i % 2 == 1 ? kVp8More : i == 0 ? kVp8Key : kVp8Delta);
  CHECK(rig.out.size() == 10);
  for (int i = 20; i < 40; ++i) rig.insert(i, 4'000'000'000u - static_cast<uint32_t>(i) * 3000, true, kVp8Delta);
  CHECK(rig.out.size() == 30);
  CHECK(rig.assembler.stats().frames == 30);
  CHECK(rig.assembler.stats().frames_dropped == 0);
}

TEST_CASE("a packet that cannot be read is a hole, which the same number may still fill", "[media][assembler]") {
  Rig rig(Codec::kVp8);
  rig.insert(0, 0, true, kVp8Key);
  rig.insert(1, 1, true, from_hex("90"));  // announces an extension that is not there
  rig.insert(2, 2, true, kVp8Delta);
  CHECK(rig.out.size() == 1);
  CHECK(rig.assembler.stats().packets_malformed == 1);
  rig.insert(1, 1, true, kVp8Delta);
  CHECK(rig.out.size() == 3);
}

TEST_CASE("frames that were given up are counted once each", "[media][assembler]") {
  Rig rig(Codec::kVp8);
  rig.insert(0, 0, true, kVp8Key);
  for (int64_t i = 2; i < 8; ++i)
    rig.insert(i, static_cast<uint32_t>(i / 2), i % 2 == 1, i % 2 == 0 ? kVp8Delta : kVp8More);
  rig.advance(300);
  CHECK(rig.assembler.needs_keyframe());
  CHECK(rig.assembler.stats().frames_dropped == 3);
  CHECK(rig.assembler.stats().frames == 1);
}

TEST_CASE("layers of VP9 stay together though only the lowest begins a frame", "[media][assembler]") {
  // I, P as asked, L, B, E; spatial id, D; picture id and TL0PICIDX do not matter here.
  const auto layer = [](uint8_t spatial, bool key, bool depends) {
    return Bytes{static_cast<uint8_t>(0xAC | (key ? 0 : 0x40)),           1,
                 static_cast<uint8_t>(spatial << 1 | (depends ? 1 : 0)),  0,
                 static_cast<uint8_t>(key && spatial == 0 ? 0x82 : 0x86), spatial};
  };
  Rig rig(Codec::kVp9);
  int64_t sequence = 0;
  for (uint32_t picture = 0; picture < 5; ++picture)
    for (uint8_t spatial = 0; spatial < 3; ++spatial)
      rig.insert(sequence++, picture, spatial == 2, layer(spatial, picture == 0, picture == 0 && spatial > 0));
  REQUIRE(rig.out.size() == 5);
  // Three frames of two bytes, an index of two markers and three sizes of four bytes.
  for (const AssembledFrame& frame : rig.out) CHECK(frame.bytes.size() == 6 + 2 + 3 * 4);
  CHECK(rig.out[0].keyframe);
  CHECK_FALSE(rig.out[1].keyframe);
}

TEST_CASE("the index that an encoder of several VP9 layers wrote is not written again", "[media][assembler]") {
  Rig rig(Codec::kVp9);
  rig.insert(0, 0, false, from_hex("ac 01 00 00 8249"));
  rig.insert(1, 0, true, from_hex("ac 01 03 00 86aabb c1 02 03 c1"));
  REQUIRE(rig.out.size() == 1);
  CHECK((rig.out[0].bytes == from_hex("8249 86aabb c1 02 03 c1")));
}

TEST_CASE("what is not video never gives a frame", "[media][assembler]") {
  Rig rig(Codec::kOpus);
  for (int i = 0; i < 10; ++i) rig.insert(i, static_cast<uint32_t>(i), true, kVp8Key);
  rig.advance(1000);
  CHECK(rig.out.empty());
}

// The shapes of packets that cost most, had every packet to look at all others.
TEST_CASE("no order of packets is expensive", "[media][assembler]") {
  const Bytes sps = from_hex("67 010203"), idr = from_hex("65 88"), nothing;
  std::vector<int64_t> up(60'000);
  std::iota(up.begin(), up.end(), int64_t{5000});
  auto down = up;  // in blocks, from the end of each
  for (size_t i = 0; i < down.size(); i += 2000)
    std::reverse(down.begin() + static_cast<std::ptrdiff_t>(i), down.begin() + static_cast<std::ptrdiff_t>(i + 2000));
  auto shuffled = up;
  SeededRandom random(17);
  for (size_t i = 0; i < shuffled.size(); i += 2000)
    for (size_t j = 1; j < 2000; ++j) std::swap(shuffled[i + j], shuffled[i + random.below(j + 1)]);
  auto odd_first = up;
  std::stable_sort(odd_first.begin(), odd_first.end(),
                   [](int64_t a, int64_t b) { return std::pair(a / 1000, a % 2) < std::pair(b / 1000, b % 2); });

  const auto begin = std::chrono::steady_clock::now();
  for (const auto& order : {up, down, shuffled, odd_first}) {
    for (const auto& [codec, payload] :
         {std::pair(Codec::kVp8, &kVp8Key), std::pair(Codec::kVp8, &kVp8More), std::pair(Codec::kH264, &sps),
          std::pair(Codec::kH264, &idr), std::pair(Codec::kVp8, &nothing)}) {
      for (const bool marker : {false, true}) {
        Rig rig(codec);
        for (const int64_t sequence : order) {
          if (sequence % 2000 == 0) continue;
          rig.insert(sequence, static_cast<uint32_t>(sequence / 2000), marker && sequence % 3 == 0, *payload);
          if (sequence % 100 == 0) rig.advance(1);
          rig.out.clear();
        }
      }
    }
  }
  // 2.4 million packets. One that looks at a thousand others takes a few microseconds with -O2, so ten seconds for all.
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
}

TEST_CASE("whatever comes, frames come once, in order, and out of packets that were sent", "[media][assembler]") {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    SeededRandom random(seed);
    FrameAssemblerSettings settings;
    settings.max_packets = 50 + random.below(200);
    settings.max_bytes = 2000 + random.below(20'000);
    Rig rig(Codec::kVp8, settings);
    // Each frame says in its bytes which it is: the number of its first packet.
    std::vector<std::pair<int64_t, Bytes>> sent;
    std::vector<bool> markers;
    std::vector<uint32_t> times;
    std::set<int64_t> keyframes;
    int64_t number = 0;
    for (uint32_t frame = 0; frame < 200; ++frame) {
      const bool key = frame == 0 || random.below(15) == 0;
      const int64_t first = number;
      if (key) keyframes.insert(first);
      const size_t count = 1 + random.below(6);
      for (size_t i = 0; i < count; ++i, ++number) {
        Bytes payload = {static_cast<uint8_t>(i == 0 ? 0x10 : 0), static_cast<uint8_t>(key ? 0 : 1),
                         static_cast<uint8_t>(first >> 8), static_cast<uint8_t>(first), static_cast<uint8_t>(i)};
        sent.emplace_back(number, payload);
        markers.push_back(i + 1 == count);
        times.push_back(frame * 3000);
      }
      if (random.below(10) == 0) {
        sent.emplace_back(number++, Bytes());
        markers.push_back(false);
        times.push_back(frame * 3000);
      }
    }
    const uint64_t lost = random.below(15), again = random.below(10);
    std::vector<size_t> order;
    for (size_t i = 0; i < sent.size(); ++i) {
      if (random.below(100) < lost) continue;
      order.push_back(i);
      if (random.below(100) < again) order.push_back(i - random.below(std::min<size_t>(i + 1, 40)));
    }
    for (size_t i = 0; i + 1 < order.size(); ++i)
      std::swap(order[i], order[i + random.below(std::min<size_t>(8, order.size() - i))]);
    for (const size_t i : order) {
      rig.insert(sent[i].first, times[i], markers[i], sent[i].second);
      if (random.below(4) == 0) rig.advance(10);
    }

    int64_t expected = -1;
    for (const AssembledFrame& frame : rig.out) {
      const int64_t first = frame.bytes[1] << 8 | frame.bytes[2];
      CHECK(first >= expected);
      CHECK(frame.keyframe == keyframes.contains(first));
      // Without a keyframe nothing between the frames may be missing but padding.
      if (!frame.keyframe)
        for (int64_t between = expected; between < first; ++between)
          CHECK(sent[static_cast<size_t>(between)].second.empty());
      size_t packets = 0;
      for (size_t at = static_cast<size_t>(first);; ++at, ++packets)
        if (!sent[at].second.empty() && markers[at]) break;
      CHECK(frame.bytes.size() == (packets + 1) * 4);
      CHECK(frame.timestamp == RtpTimestamp(times[static_cast<size_t>(first)]));
      expected = first + static_cast<int64_t>(packets) + 1;
    }
    CHECK(rig.assembler.stats().frames == rig.out.size());
    CHECK(rig.out.size() > 5);
  }
}

}  // namespace
}  // namespace tutti::video
