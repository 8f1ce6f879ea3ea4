// Packets of one stream into the assembler: the first byte names the codec, then for each packet a length (two bytes), a step in
// sequence, a step in time and flags, and that many bytes. What comes out is bounded and in order.
#include <algorithm>
#include <array>
#include <vector>

#include "support/fuzz.hpp"
#include "tutti/base/byte_reader.hpp"
#include "tutti/media/video/frame_assembler.hpp"

using namespace tutti;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader r({data, size});
  constexpr std::array<Codec, 4> kCodecs = {Codec::kVp8, Codec::kVp9, Codec::kH264, Codec::kAv1};
  video::FrameAssemblerSettings settings;
  settings.max_packets = 64;
  settings.max_bytes = 16 * 1024;
  video::FrameAssembler assembler(kCodecs[r.u8() % 4], settings);
  std::vector<video::AssembledFrame> frames;
  int64_t sequence = 1000;
  uint32_t timestamp = 0;
  Timestamp now = Timestamp::from_ms(1000);
  uint64_t taken = 0;
  while (r.ok() && r.remaining() > 5) {
    const size_t length = r.u16() % 1500;
    sequence += static_cast<int8_t>(r.u8());
    timestamp += 1500u * (r.u8() % 4);
    const uint8_t flags = r.u8();
    now = now + TimeDelta::millis(flags >> 4);
    const auto payload = r.bytes(std::min(length, r.remaining()));
    frames.clear();
    if (flags & 2) {
      assembler.handle_time(now);
    } else {
      assembler.insert({ExtSeqNum(sequence), RtpTimestamp(timestamp), now, (flags & 1) != 0, payload}, frames);
    }
    if (flags & 4) assembler.request_keyframe();
    for (const auto& frame : frames) {
      test::fuzz_require(!frame.bytes.empty() && frame.bytes.size() <= 2 * settings.max_bytes + 64);
      ++taken;
    }
  }
  test::fuzz_require(assembler.stats().frames == taken);
  return 0;
}
