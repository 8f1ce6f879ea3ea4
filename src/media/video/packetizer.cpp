#include "tutti/media/video/packetizer.hpp"

#include <algorithm>

#include "media/video/annex_b.hpp"
#include "tutti/base/byte_writer.hpp"
#include "tutti/wire/payload/vp8.hpp"

namespace tutti::video {
namespace {

constexpr uint16_t kPictureIdMask = 0x7FFF;

// RFC 6184 §5.8.
constexpr uint8_t kFuStart = 0x80, kFuEnd = 0x40;
constexpr uint8_t kTypeMask = 0x1F, kNriMask = 0x60;

}  // namespace

Packetizer::Packetizer(Codec codec, uint32_t width, uint32_t height, size_t max_payload)
    : codec_(codec), width_(width), height_(height), max_payload_(max_payload) {}

std::span<const std::vector<uint8_t>> Packetizer::packetize(const EncodedFrame& frame) {
  used_ = 0;
  if (frame.bytes.empty()) return {};
  if (codec_ == Codec::kVp8) {
    packetize_vp8(frame);
  } else if (codec_ == Codec::kVp9) {
    packetize_vp9(frame);
  } else if (codec_ == Codec::kH264) {
    packetize_h264(frame);
  }
  picture_id_ = (picture_id_ + 1) & kPictureIdMask;
  ++tl0_pic_idx_;
  return std::span(payloads_).first(used_);
}

std::vector<uint8_t>& Packetizer::next() {
  if (used_ == payloads_.size()) payloads_.emplace_back();
  std::vector<uint8_t>& payload = payloads_[used_++];
  payload.clear();
  return payload;
}

// Cuts into as few parts as fit, of sizes that differ by one byte at most: such leave the machine in one run.
template <class Each>
void Packetizer::split(std::span<const uint8_t> bytes, size_t header, Each each) {
  const size_t most = max_payload_ - header;
  const size_t count = std::max<size_t>(1, (bytes.size() + most - 1) / most);
  size_t at = 0;
  for (size_t i = 0; i < count; ++i) {
    const size_t size = bytes.size() / count + (i < bytes.size() % count ? 1 : 0);
    each(bytes.subspan(at, size), i == 0, i + 1 == count);
    at += size;
  }
}

// RFC 7741 §4.2: picture id of 15 bits and TL0PICIDX, one temporal layer.
void Packetizer::packetize_vp8(const EncodedFrame& frame) {
  split(frame.bytes, payload::Vp8Descriptor::kMaxSize, [&](std::span<const uint8_t> part, bool first, bool) {
    payload::Vp8Descriptor d;
    d.start_of_partition = first;
    d.picture_id = picture_id_;
    d.long_picture_id = true;
    d.tl0_pic_idx = tl0_pic_idx_;
    d.temporal_id = 0;
    std::vector<uint8_t>& payload = next();
    payload.resize(payload::Vp8Descriptor::kMaxSize);
    payload.resize(d.write(payload));
    payload.insert(payload.end(), part.begin(), part.end());
  });
}

// RFC 9628 §4.2: I, P, L, B, E and V; not flexible, one layer of each kind. A keyframe's first packet has the scalability structure.
void Packetizer::packetize_vp9(const EncodedFrame& frame) {
  constexpr size_t kHeader = 5, kStructure = 8;
  split(frame.bytes, kHeader + kStructure, [&](std::span<const uint8_t> part, bool first, bool last) {
    const bool structure = first && frame.keyframe;
    std::vector<uint8_t>& payload = next();
    payload.resize(kHeader + kStructure);
    ByteWriter w(payload);
    w.u8(static_cast<uint8_t>(0x80 | (frame.keyframe ? 0 : 0x40) | 0x20 | (first ? 0x08 : 0) | (last ? 0x04 : 0) | (structure ? 0x02 : 0)));
    w.u16(static_cast<uint16_t>(0x8000 | picture_id_));
    w.u8(0);  // TID, U, SID, D
    w.u8(tl0_pic_idx_);
    if (structure) {
      // N_S 0: one spatial layer. Y: its size follows. G: a picture group of one, which refers to the picture before it.
      w.u8(0x10 | 0x08);
      w.u16(static_cast<uint16_t>(width_));
      w.u16(static_cast<uint16_t>(height_));
      w.u8(1);     // N_G
      w.u8(0x04);  // T 0, U 0, R 1
      w.u8(1);     // P_DIFF
    }
    payload.resize(w.size());
    payload.insert(payload.end(), part.begin(), part.end());
  });
}

// RFC 6184: parameter sets together in a STAP-A (§5.7.1), then each NAL unit by itself (§5.6) or in fragments (§5.8).
void Packetizer::packetize_h264(const EncodedFrame& frame) {
  std::vector<std::span<const uint8_t>> sets;
  size_t together = 1;
  std::vector<std::span<const uint8_t>> rest;
  for_each_nal(frame.bytes, [&](std::span<const uint8_t> nal) {
    const uint8_t type = nal[0] & kTypeMask;
    if (type == 9) return;  // access unit delimiter: the marker tells that
    if ((type == 7 || type == 8) && rest.empty() && together + 2 + nal.size() <= max_payload_) {
      sets.push_back(nal);
      together += 2 + nal.size();
    } else {
      rest.push_back(nal);
    }
  });
  if (sets.size() == 1) {
    rest.insert(rest.begin(), sets.front());
  } else if (!sets.empty()) {
    std::vector<uint8_t>& payload = next();
    uint8_t nri = 0;
    for (const auto nal : sets) nri = std::max<uint8_t>(nri, nal[0] & kNriMask);
    payload.push_back(nri | 24);
    for (const auto nal : sets) {
      payload.push_back(static_cast<uint8_t>(nal.size() >> 8));
      payload.push_back(static_cast<uint8_t>(nal.size()));
      payload.insert(payload.end(), nal.begin(), nal.end());
    }
  }
  for (const auto nal : rest) {
    if (nal.size() <= max_payload_) {
      next().assign(nal.begin(), nal.end());
      continue;
    }
    split(nal.subspan(1), 2, [&](std::span<const uint8_t> part, bool first, bool last) {
      std::vector<uint8_t>& payload = next();
      payload.push_back(static_cast<uint8_t>((nal[0] & kNriMask) | 28));
      payload.push_back(static_cast<uint8_t>((nal[0] & kTypeMask) | (first ? kFuStart : 0) | (last ? kFuEnd : 0)));
      payload.insert(payload.end(), part.begin(), part.end());
    });
  }
}

}  // namespace tutti::video
