// The assembler against the packetizer, with real encoders between them: what was encoded comes out byte for byte, however the network
// orders, doubles, delays and loses its packets.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <deque>

#include "support/scene.hpp"
#include "tutti/base/random.hpp"
#include "tutti/media/video/decoder.hpp"
#include "tutti/media/video/encoder.hpp"
#include "tutti/media/video/frame_assembler.hpp"
#include "tutti/media/video/packetizer.hpp"

namespace tutti::video {
namespace {

struct Sent {
  int64_t sequence;
  uint32_t timestamp;
  bool marker;
  std::vector<uint8_t> payload;
};
struct Stream {
  std::vector<std::vector<uint8_t>> frames;  // as encoded
  std::vector<bool> keyframes;
  std::vector<Sent> packets;
};

// `keyframe_every`: frames. Numbers begin near their wrap on the wire.
Stream make_stream(Codec codec, size_t frames, size_t keyframe_every, size_t max_payload = 400) {
  auto encoder = make_video_encoder({.codec = codec, .width = 320, .height = 180, .max_fps = 30, .bitrate = DataRate::kbps(600)});
  Packetizer packetizer(codec, 320, 180, max_payload);
  Stream stream;
  int64_t sequence = 65'530;
  for (size_t i = 0; i < frames; ++i) {
    const auto picture = test::scene(320, 180, static_cast<uint32_t>(i), 3);
    EncodedFrame frame = encoder->encode(*picture, Timestamp::from_ms(static_cast<int64_t>(i) * 33), i % keyframe_every == 0);
    if (frame.bytes.empty()) continue;
    const auto payloads = packetizer.packetize(frame);
    for (size_t p = 0; p < payloads.size(); ++p)
      stream.packets.push_back({sequence++, static_cast<uint32_t>(i) * 3000, p + 1 == payloads.size(), payloads[p]});
    stream.keyframes.push_back(frame.keyframe);
    stream.frames.push_back(std::move(frame.bytes));
  }
  return stream;
}

VideoPacket as_packet(const Sent& sent, Timestamp now) {
  return {ExtSeqNum(sent.sequence), RtpTimestamp(sent.timestamp), now, sent.marker, sent.payload};
}

// H.264 in Annex B may be written with start codes of three or four bytes.
std::vector<uint8_t> normalised(Codec codec, const std::vector<uint8_t>& frame) {
  if (codec != Codec::kH264) return frame;
  std::vector<uint8_t> out;
  for (size_t i = 0; i < frame.size(); ++i) {
    const bool four = i + 4 <= frame.size() && frame[i] == 0 && frame[i + 1] == 0 && frame[i + 2] == 0 && frame[i + 3] == 1;
    if (!four) out.push_back(frame[i]);
  }
  return out;
}

constexpr std::array<Codec, 3> kEncoded = {Codec::kVp8, Codec::kVp9, Codec::kH264};

TEST_CASE("frames come out as they were encoded, out of packets shuffled and doubled", "[media][assembler]") {
  for (const Codec codec : kEncoded) {
    INFO(to_string(codec));
    Stream stream = make_stream(codec, 60, 1000);
    SeededRandom random(4);
    // Within a few packets of their place, some twice.
    std::vector<Sent> order = stream.packets;
    for (size_t i = 0; i + 1 < order.size(); ++i) std::swap(order[i], order[i + random.u32() % std::min<size_t>(6, order.size() - i)]);
    FrameAssembler assembler(codec, {});
    std::vector<AssembledFrame> out;
    for (const Sent& p : order) {
      assembler.insert(as_packet(p, Timestamp::from_ms(1)), out);
      if (random.u32() % 5 == 0) assembler.insert(as_packet(p, Timestamp::from_ms(1)), out);
    }
    REQUIRE(out.size() == stream.frames.size());
    for (size_t i = 0; i < out.size(); ++i) {
      REQUIRE((normalised(codec, out[i].bytes) == normalised(codec, stream.frames[i])));
      REQUIRE(out[i].keyframe == stream.keyframes[i]);
    }
    CHECK_FALSE(assembler.needs_keyframe());
    CHECK(assembler.stats().frames_dropped == 0);
  }
}

TEST_CASE("what was lost and comes again in time holds up, and nothing is missing", "[media][assembler]") {
  for (const Codec codec : kEncoded) {
    Stream stream = make_stream(codec, 60, 1000);
    SeededRandom random(8);
    FrameAssembler assembler(codec, {});
    std::vector<AssembledFrame> out;
    std::deque<std::pair<size_t, Sent>> again;
    for (size_t i = 0; i < stream.packets.size(); ++i) {
      while (!again.empty() && again.front().first <= i) {
        assembler.insert(as_packet(again.front().second, Timestamp::from_ms(static_cast<int64_t>(i))), out);
        again.pop_front();
      }
      if (random.u32() % 10 == 0) {
        again.emplace_back(i + 15, stream.packets[i]);
      } else {
        assembler.insert(as_packet(stream.packets[i], Timestamp::from_ms(static_cast<int64_t>(i))), out);
      }
      assembler.handle_time(Timestamp::from_ms(static_cast<int64_t>(i)));
    }
    for (const auto& [at, packet] : again) assembler.insert(as_packet(packet, Timestamp::from_ms(static_cast<int64_t>(at))), out);
    CHECK(out.size() == stream.frames.size());
  }
}

TEST_CASE("a hole that stays is waited for, then given up until the next keyframe", "[media][assembler]") {
  for (const Codec codec : kEncoded) {
    INFO(to_string(codec));
    const Stream stream = make_stream(codec, 60, 30);
    auto decoder = make_video_decoder(codec, {});
    FrameAssembler assembler(codec, {});
    std::vector<AssembledFrame> out;
    bool asked = false;
    size_t before_keyframe = 0;
    for (size_t i = 0; i < stream.packets.size(); ++i) {
      const Sent& p = stream.packets[i];
      const Timestamp now = Timestamp::from_ms(p.timestamp / 90);
      // The last packet of the eleventh frame.
      if (p.timestamp == 10 * 3000 && p.marker) continue;
      assembler.insert(as_packet(p, now), out);
      assembler.handle_time(now);
      if (p.timestamp == 11 * 3000 && p.marker) CHECK_FALSE(assembler.needs_keyframe());  // still patient
      if (p.timestamp == 29 * 3000) {
        asked = assembler.needs_keyframe();
        before_keyframe = out.size();
      }
    }
    CHECK(asked);
    CHECK(before_keyframe == 10);
    // From the second keyframe on everything is there, and what came out decodes without an error.
    CHECK(out.size() == 10 + stream.frames.size() - 30);
    for (const AssembledFrame& frame : out) REQUIRE(decoder->decode(frame.bytes, {}, Rotation::k0).error == DecodeError::kNone);
  }
}

TEST_CASE("a whole keyframe does not wait for what is missing before it", "[media][assembler]") {
  const Stream stream = make_stream(Codec::kVp8, 20, 10);
  FrameAssembler assembler(Codec::kVp8, {});
  std::vector<AssembledFrame> out;
  for (const Sent& p : stream.packets) {
    if (p.timestamp == 5 * 3000) continue;
    assembler.insert(as_packet(p, Timestamp::from_ms(1)), out);
  }
  CHECK(out.size() == 15);
  CHECK(out[5].keyframe);
}

TEST_CASE("padding fills its number and is no frame", "[media][assembler]") {
  const Stream stream = make_stream(Codec::kVp8, 4, 100);
  FrameAssembler assembler(Codec::kVp8, {});
  std::vector<AssembledFrame> out;
  int64_t shift = 0;
  for (const Sent& p : stream.packets) {
    Sent moved = p;
    moved.sequence += shift;
    assembler.insert(as_packet(moved, Timestamp::from_ms(1)), out);
    if (p.marker) assembler.insert({ExtSeqNum(p.sequence + ++shift), RtpTimestamp(p.timestamp), Timestamp::from_ms(1), false, {}}, out);
  }
  CHECK(out.size() == 4);
}

TEST_CASE("a decoder that lost its state gets nothing but a keyframe", "[media][assembler]") {
  const Stream stream = make_stream(Codec::kVp8, 20, 10);
  FrameAssembler assembler(Codec::kVp8, {});
  std::vector<AssembledFrame> out;
  for (const Sent& p : stream.packets) {
    if (p.timestamp == 4 * 3000 && p.sequence == std::find_if(stream.packets.begin(), stream.packets.end(), [](const Sent& s) { return s.timestamp == 4 * 3000; })->sequence)
      assembler.request_keyframe();
    assembler.insert(as_packet(p, Timestamp::from_ms(1)), out);
  }
  REQUIRE(out.size() == 14);
  CHECK(out[4].keyframe);
}

TEST_CASE("what is kept is bounded in packets and in bytes, and a jump begins anew", "[media][assembler]") {
  FrameAssemblerSettings settings;
  settings.max_packets = 100;
  settings.max_bytes = 20'000;
  FrameAssembler assembler(Codec::kVp8, settings);
  std::vector<AssembledFrame> out;
  const std::vector<uint8_t> part(1000, 0x00);
  for (int i = 0; i < 100'000; ++i)
    assembler.insert({ExtSeqNum(i), RtpTimestamp(7), Timestamp::from_ms(1), false, i % 3 == 0 ? std::span<const uint8_t>(part) : std::span<const uint8_t>(part).first(2)}, out);
  CHECK(out.empty());
  const Stream stream = make_stream(Codec::kVp8, 5, 100);
  for (const Sent& p : stream.packets) assembler.insert({ExtSeqNum(p.sequence + 5'000'000), RtpTimestamp(p.timestamp), Timestamp::from_ms(2), p.marker, p.payload}, out);
  CHECK(out.size() == 5);
}

TEST_CASE("random packets of every codec do no harm", "[media][assembler]") {
  SeededRandom random(21);
  for (const Codec codec : {Codec::kVp8, Codec::kVp9, Codec::kH264, Codec::kAv1}) {
    FrameAssembler assembler(codec, {});
    std::vector<AssembledFrame> out;
    int64_t sequence = 0;
    uint32_t timestamp = 0;
    for (int i = 0; i < 30'000; ++i) {
      std::vector<uint8_t> payload(random.u32() % 40);
      random.fill(payload);
      sequence += static_cast<int64_t>(random.u32() % 4) - 1;
      timestamp += random.u32() % 3 == 0 ? 3000 : 0;
      assembler.insert({ExtSeqNum(sequence), RtpTimestamp(timestamp), Timestamp::from_ms(i), random.u32() % 4 == 0, payload}, out);
      if (i % 10 == 0) assembler.handle_time(Timestamp::from_ms(i));
      out.clear();
    }
  }
}

// AV1, by hand: a sequence header and a frame of two tiles' worth of bytes, the latter in fragments.
TEST_CASE("AV1's elements and fragments become a temporal unit with sizes", "[media][assembler]") {
  const std::vector<uint8_t> sequence_header = {0x08, 1, 2, 3};  // type 1, no size
  std::vector<uint8_t> frame = {0x30};                           // type 6, no size
  for (int i = 0; i < 200; ++i) frame.push_back(static_cast<uint8_t>(i));
  FrameAssembler assembler(Codec::kAv1, {});
  std::vector<AssembledFrame> out;
  // W=2, N: the header with its length, the frame's first hundred bytes; then Z, W=1 with the rest.
  std::vector<uint8_t> first = {0x40 | 0x20 | 0x08, 4};
  first.insert(first.end(), sequence_header.begin(), sequence_header.end());
  first.insert(first.end(), frame.begin(), frame.begin() + 100);
  std::vector<uint8_t> second = {0x80 | 0x10};
  second.insert(second.end(), frame.begin() + 100, frame.end());
  assembler.insert({ExtSeqNum(2), RtpTimestamp(0), Timestamp::from_ms(1), true, second}, out);
  assembler.insert({ExtSeqNum(1), RtpTimestamp(0), Timestamp::from_ms(1), false, first}, out);
  REQUIRE(out.size() == 1);
  CHECK(out[0].keyframe);
  std::vector<uint8_t> expected = {0x12, 0, 0x0A, 3, 1, 2, 3, 0x32, 0xC8, 0x01};
  expected.insert(expected.end(), frame.begin() + 1, frame.end());
  CHECK((out[0].bytes == expected));
}

// VP9 with two spatial layers: a superframe with its index.
TEST_CASE("spatial layers of one VP9 picture become one superframe", "[media][assembler]") {
  FrameAssembler assembler(Codec::kVp9, {});
  std::vector<AssembledFrame> out;
  // I, L, B, E; TID 0 SID s D; TL0PICIDX. The upper layer has P clear and D set.
  const auto packet = [](uint8_t sid, std::vector<uint8_t> frame) {
    std::vector<uint8_t> p = {0x80 | 0x20 | 0x08 | 0x04, 5, static_cast<uint8_t>(sid << 1 | (sid > 0 ? 1 : 0)), 0};
    p.insert(p.end(), frame.begin(), frame.end());
    return p;
  };
  const auto base = packet(0, {0x82, 0x49, 0x83, 0x42, 1, 2, 3}), upper = packet(1, {0x86, 9, 9});
  assembler.insert({ExtSeqNum(1), RtpTimestamp(0), Timestamp::from_ms(1), false, base}, out);
  assembler.insert({ExtSeqNum(2), RtpTimestamp(0), Timestamp::from_ms(1), true, upper}, out);
  REQUIRE(out.size() == 1);
  const auto& bytes = out[0].bytes;
  REQUIRE(bytes.size() == 7 + 3 + 10);
  CHECK(bytes.back() == (0xC0 | 3 << 3 | 1));
  CHECK(bytes[10] == bytes.back());
  CHECK(bytes[11] == 7);
  CHECK(bytes[15] == 3);
}

}  // namespace
}  // namespace tutti::video
