// RFC 6184, packetization mode 1: NAL units that fit into one packet together travel so (STAP-A, §5.7.1), one that fits
// alone travels as it is (§5.6), a larger one in fragments of one size (FU-A, §5.8).
#include <algorithm>

#include "tutti/media/video/packetizer.hpp"
#include "tutti/wire/payload/annex_b.hpp"
#include "tutti/wire/payload/h264.hpp"

namespace tutti::video {

using payload::H264Payload;

constexpr size_t kFuHeaderSize = 2, kStapHeaderSize = 1, kStapLengthSize = 2;
constexpr uint8_t kForbiddenBit = 0x80, kImportance = 0x60, kType = 0x1F;
constexpr uint8_t kAccessUnitDelimiter = 9;

void Packetizer::packetize_h264(const EncodedFrame& frame) {
  std::vector<std::span<const uint8_t>> together;
  size_t together_size = kStapHeaderSize;
  const auto flush = [&] {
    if (!together.empty()) append_nals(together);
    together.clear();
    together_size = kStapHeaderSize;
  };
  std::span<const uint8_t> stream(frame.bytes);
  for (auto nal = payload::take_nal_unit(stream); !nal.empty(); nal = payload::take_nal_unit(stream)) {
    // The marker and the timestamp tell what it tells.
    if ((nal[0] & kType) == kAccessUnitDelimiter) continue;
    if (together_size + kStapLengthSize + nal.size() > std::min<size_t>(max_payload_, UINT16_MAX)) flush();
    if (nal.size() > max_payload_) {
      append_fragments(nal);
      continue;
    }
    together.push_back(nal);
    together_size += kStapLengthSize + nal.size();
  }
  flush();
}

void Packetizer::append_nals(std::span<const std::span<const uint8_t>> nals) {
  std::vector<uint8_t>& out = next_payload();
  if (nals.size() == 1) {
    out.assign(nals[0].begin(), nals[0].end());
    return;
  }
  // §5.3, §5.7: F is set if it is in any of them, NRI is the highest of theirs.
  uint8_t forbidden = 0, importance = 0;
  for (const auto nal : nals) {
    forbidden |= nal[0] & kForbiddenBit;
    importance = std::max<uint8_t>(importance, nal[0] & kImportance);
  }
  out.push_back(forbidden | importance | H264Payload::kStapA);
  for (const auto nal : nals) {
    out.push_back(static_cast<uint8_t>(nal.size() >> 8));
    out.push_back(static_cast<uint8_t>(nal.size()));
    out.insert(out.end(), nal.begin(), nal.end());
  }
}

void Packetizer::append_fragments(std::span<const uint8_t> nal) {
  constexpr uint8_t kStart = 0x80, kEnd = 0x40;
  const auto indicator = static_cast<uint8_t>((nal[0] & (kForbiddenBit | kImportance)) | H264Payload::kFuA);
  const auto type = static_cast<uint8_t>(nal[0] & kType);
  std::span<const uint8_t> rest = nal.subspan(1);
  const size_t size = fair_size(rest.size(), kFuHeaderSize, kFuHeaderSize);
  uint8_t start = kStart;
  while (!rest.empty()) {
    const auto part = rest.first(std::min(size - kFuHeaderSize, rest.size()));
    rest = rest.subspan(part.size());
    std::vector<uint8_t>& out = next_payload();
    out.push_back(indicator);
    out.push_back(static_cast<uint8_t>(start | (rest.empty() ? kEnd : 0) | type));
    out.insert(out.end(), part.begin(), part.end());
    start = 0;
  }
}

}  // namespace tutti::video
