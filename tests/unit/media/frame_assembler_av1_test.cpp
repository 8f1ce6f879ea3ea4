// AV1 as another encoder made it, cut in every way that a sender may.
#include <algorithm>
#include <catch2/catch.hpp>

#include "support/av1_packets.hpp"
#include "support/hex.hpp"
#include "support/scene.hpp"
#include "support/video_streams.hpp"
#include "tutti/base/random.hpp"
#include "tutti/media/video/decoder.hpp"
#include "tutti/media/video/frame_assembler.hpp"

namespace tutti::video {
namespace {

using test::from_hex;

constexpr size_t kKeyframeDistance = 6;  // of the fixture

struct Sent {
  int64_t sequence = 0;
  uint32_t timestamp = 0;
  bool marker = false;
  std::vector<uint8_t> payload;
};

std::vector<Sent> packets_of(const std::vector<test::FrameBytes>& units, const test::Av1Cut& cut, bool set_n) {
  std::vector<Sent> packets;
  for (size_t i = 0; i < units.size(); ++i) {
    const auto payloads = test::av1_payloads(units[i], set_n && i % kKeyframeDistance == 0, cut);
    for (size_t p = 0; p < payloads.size(); ++p)
      packets.push_back({static_cast<int64_t>(packets.size()), static_cast<uint32_t>(i * 3000),
                         p + 1 == payloads.size(), payloads[p]});
  }
  return packets;
}

void insert(FrameAssembler& assembler, const Sent& p, std::vector<AssembledFrame>& out) {
  assembler.insert({ExtSeqNum(p.sequence), RtpTimestamp(p.timestamp), Timestamp::from_ms(1), p.marker, p.payload}, out);
}

// Packets of one temporal unit; its bytes, or nothing if none came out.
std::vector<uint8_t> assemble(const std::vector<std::vector<uint8_t>>& payloads) {
  FrameAssembler assembler(Codec::kAv1, {});
  std::vector<AssembledFrame> out;
  for (size_t i = 0; i < payloads.size(); ++i)
    insert(assembler, {static_cast<int64_t>(i), 0, i + 1 == payloads.size(), payloads[i]}, out);
  return out.empty() ? std::vector<uint8_t>() : out[0].bytes;
}

TEST_CASE("an AV1 encoder's temporal units come out byte for byte, however they were cut", "[media][assembler][av1]") {
  const auto units = test::ivf_frames("video/av1_160x90.ivf");
  REQUIRE(units.size() == 12);
  SeededRandom random(30);
  for (const size_t max_payload : {size_t{40}, size_t{200}, size_t{1150}}) {
    for (const bool count_elements : {false, true}) {
      for (const bool keep_sizes : {false, true}) {
        INFO(max_payload << " " << count_elements << " " << keep_sizes);
        auto packets = packets_of(units, {max_payload, count_elements, keep_sizes}, true);
        // A whole keyframe waits for nobody, so none may overtake the frames before it here.
        const auto second = std::find_if(packets.begin(), packets.end(),
                                         [](const Sent& p) { return p.timestamp == kKeyframeDistance * 3000; });
        for (auto& [from, to] : {std::pair(packets.begin(), second), std::pair(second, packets.end())})
          for (auto it = from; it != to; ++it)
            std::iter_swap(
                it, it + static_cast<std::ptrdiff_t>(random.below(std::min<size_t>(6, static_cast<size_t>(to - it)))));
        FrameAssembler assembler(Codec::kAv1, {});
        std::vector<AssembledFrame> out;
        for (const Sent& p : packets) insert(assembler, p, out);
        REQUIRE(out.size() == units.size());
        for (size_t i = 0; i < units.size(); ++i) {
          CHECK((out[i].bytes == units[i]));
          CHECK(out[i].keyframe == (i % kKeyframeDistance == 0));
        }
      }
    }
  }
}

TEST_CASE("what was assembled of AV1 packets decodes to the picture that was encoded", "[media][assembler][av1]") {
  const auto units = test::ivf_frames("video/av1_160x90.ivf");
  FrameAssembler assembler(Codec::kAv1, {});
  std::vector<AssembledFrame> out;
  for (const Sent& p : packets_of(units, {.max_payload = 300}, true)) insert(assembler, p, out);
  REQUIRE(out.size() == units.size());
  const auto decoder = make_video_decoder(Codec::kAv1, {});
  for (size_t i = 0; i < out.size(); ++i) {
    const auto result = decoder->decode(out[i].bytes, {}, Rotation::k0);
    REQUIRE(result.picture);
    CHECK(test::psnr_luma(*result.picture, *test::scene(160, 90, static_cast<uint32_t>(i))) > 25);
  }
}

TEST_CASE("an AV1 keyframe is known by its sequence header where the sender does not set N",
          "[media][assembler][av1]") {
  const auto units = test::ivf_frames("video/av1_160x90.ivf");
  FrameAssembler assembler(Codec::kAv1, {});
  std::vector<AssembledFrame> out;
  // The packet before tells that a unit begins after it.
  auto packets = packets_of(units, {}, false);
  for (Sent& p : packets) p.sequence += 1;
  insert(assembler, {0, 7, true, {0x10, 0x30, 0}}, out);
  for (const Sent& p : packets) insert(assembler, p, out);
  REQUIRE(out.size() == units.size());
  CHECK(out[0].keyframe);
  CHECK_FALSE(out[1].keyframe);
}

TEST_CASE("an AV1 unit with a lost middle does not come out until the next keyframe", "[media][assembler][av1]") {
  const auto units = test::ivf_frames("video/av1_160x90.ivf");
  FrameAssembler assembler(Codec::kAv1, {});
  std::vector<AssembledFrame> out;
  const auto packets = packets_of(units, {.max_payload = 30}, true);
  for (const Sent& p : packets) {
    const bool lost = p.timestamp == 2 * 3000 && !p.marker;
    if (!lost) insert(assembler, p, out);
  }
  REQUIRE(out.size() == 2 + 6);
  CHECK(out[2].keyframe);
  CHECK(out[2].timestamp == RtpTimestamp(6 * 3000));
}

TEST_CASE("what does not belong into an AV1 temporal unit is left out", "[media][assembler][av1]") {
  // W=0, N: a temporal delimiter, an empty element, a sequence header with an extension byte, a tile list, a frame.
  const auto bytes = assemble({from_hex("08 01 10 00 04 0c28aabb 03 40ffff 03 300102")});
  CHECK((bytes == from_hex("1200 0e2802aabb 32020102")));
}

TEST_CASE("AV1 packets that do not fit together are no frame", "[media][assembler][av1]") {
  const auto whole = from_hex("18 08aa");
  CHECK_FALSE(assemble({whole}).empty());
  CHECK(assemble({from_hex("58 08aa")}).empty());                       // goes on, but ends
  CHECK(assemble({from_hex("18 08aa"), from_hex("90 bb")}).empty());    // goes on with what had ended
  CHECK(assemble({from_hex("58 08aa"), from_hex("10 30bb")}).empty());  // never goes on
  CHECK(assemble({from_hex("18 88aa")}).empty());                       // forbidden bit
  CHECK(assemble({from_hex("18 0a05aa")}).empty());                     // a size beyond its end
  CHECK(assemble({from_hex("28 05aa")}).empty());                       // a length beyond its end
  CHECK(assemble({from_hex("08 ffffffffffffffffff01")}).empty());       // a length without end
  CHECK(assemble({from_hex("18 10")}).empty());                         // nothing but a delimiter
  CHECK(assemble({from_hex("08")}).empty());
}

}  // namespace
}  // namespace tutti::video
