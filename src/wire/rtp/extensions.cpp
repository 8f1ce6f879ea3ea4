#include "tutti/wire/rtp/extensions.hpp"

#include <algorithm>

#include "tutti/base/byte_reader.hpp"
#include "tutti/wire/rtp/header.hpp"

namespace tutti::rtp {
namespace {

struct Name {
  Extension extension;
  std::string_view uri;
};
constexpr std::array<Name, kExtensionCount> kNames = {{
    {Extension::kMid, "urn:ietf:params:rtp-hdrext:sdes:mid"},
    {Extension::kRid, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"},
    {Extension::kRepairedRid, "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"},
    {Extension::kAudioLevel, "urn:ietf:params:rtp-hdrext:ssrc-audio-level"},
    {Extension::kCsrcAudioLevel, "urn:ietf:params:rtp-hdrext:csrc-audio-level"},
    {Extension::kAbsSendTime, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"},
    {Extension::kTransportSequenceNumber, "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"},
    {Extension::kVideoOrientation, "urn:3gpp:video-orientation"},
    {Extension::kPlayoutDelay, "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"},
    {Extension::kDependencyDescriptor,
     "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"},
    {Extension::kVideoLayersAllocation, "http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00"},
}};

}  // namespace

std::string_view uri(Extension extension) { return kNames[static_cast<size_t>(extension)].uri; }

std::optional<Extension> extension_from_uri(std::string_view text) {
  for (const Name& n : kNames) {
    if (n.uri == text) return n.extension;
  }
  return std::nullopt;
}

// RFC 8285 §4.2 (one byte: ID and length-1 share a byte, 0 pads, 15 ends) and §4.3 (two bytes: ID, length, 0 pads).
std::optional<std::span<const uint8_t>> find_extension(uint16_t profile, std::span<const uint8_t> block, uint8_t id) noexcept {
  if (id == 0) return std::nullopt;
  const bool one_byte = profile == kOneByteProfile;
  if (!one_byte && (profile & 0xFFF0) != kTwoByteProfile) return std::nullopt;
  ByteReader r(block);
  while (r.remaining() > 0) {
    const uint8_t head = r.u8();
    if (head == 0) continue;
    uint8_t element = head;
    size_t length = 0;
    if (one_byte) {
      element = head >> 4;
      length = (head & 0x0F) + size_t{1};
      // "If the ID value 15 is used, its length field should be ignored, processing of the entire extension should terminate"
      if (element == 15) return std::nullopt;
      // ID 0 with a length is not padding of ours; its bytes are skipped like those of any unknown element.
    } else {
      length = r.u8();
    }
    auto data = r.bytes(length);
    if (!r.ok()) return std::nullopt;
    if (element == id) return data;
  }
  return std::nullopt;
}

std::optional<AudioLevel> parse_audio_level(std::span<const uint8_t> data) noexcept {
  if (data.empty()) return std::nullopt;
  return AudioLevel{static_cast<uint8_t>(data[0] & 0x7F), (data[0] & 0x80) != 0};
}

bool ExtensionWriter::add(uint8_t id, std::span<const uint8_t> data) noexcept {
  const size_t head = two_byte_ ? 2 : 1;
  const bool fits =
      two_byte_ ? id != 0 && data.size() <= 255 : id >= 1 && id <= kMaxOneByteId && !data.empty() && data.size() <= 16;
  if (!fits || size_ + head + data.size() + 3 > buffer_.size()) return false;
  if (two_byte_) {
    buffer_[size_] = id;
    buffer_[size_ + 1] = static_cast<uint8_t>(data.size());
  } else {
    buffer_[size_] = static_cast<uint8_t>(id << 4 | (data.size() - 1));
  }
  size_ += head;
  last_offset_ = size_;
  std::copy(data.begin(), data.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += data.size();
  return true;
}

std::span<const uint8_t> ExtensionWriter::finish() noexcept {
  if (size_ == 4) return {};
  while (size_ % 4 != 0) buffer_[size_++] = 0;
  const uint16_t profile = two_byte_ ? kTwoByteProfile : kOneByteProfile;
  const auto words = static_cast<uint16_t>(size_ / 4 - 1);
  buffer_[0] = static_cast<uint8_t>(profile >> 8);
  buffer_[1] = static_cast<uint8_t>(profile);
  buffer_[2] = static_cast<uint8_t>(words >> 8);
  buffer_[3] = static_cast<uint8_t>(words);
  return {buffer_.data(), size_};
}

}  // namespace tutti::rtp
