// RTP header extensions: which we know, how they are numbered for one m-line (ExtensionIds), reading them in the one- and
// two-byte forms, and writing a block. RFC 8285. Pure; spans point into the packet.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "tutti/base/ids.hpp"

namespace tutti::rtp {

enum class Extension : uint8_t {
  kMid,                      // RFC 9143
  kRid,                      // RFC 8852
  kRepairedRid,              // RFC 8852
  kAudioLevel,               // RFC 6464, client to mixer
  kCsrcAudioLevel,           // RFC 6465, mixer to client
  kAbsSendTime,              // draft-alvestrand-rmcat-remb
  kTransportSequenceNumber,  // draft-holmer-rmcat-transport-wide-cc-extensions-01
  kVideoOrientation,         // 3GPP TS 26.114
  kPlayoutDelay,
  kDependencyDescriptor,     // AV1 RTP specification, appendix A
  kVideoLayersAllocation,    // what a publisher sends, or means to send, in its layers
  kCount
};
constexpr size_t kExtensionCount = static_cast<size_t>(Extension::kCount);

std::string_view uri(Extension extension);
std::optional<Extension> extension_from_uri(std::string_view uri);

// RFC 8285 §4.2: what the one-byte form can say; 15 is reserved.
constexpr uint8_t kMaxOneByteId = 14;

// The numbers that were negotiated for one m-line; 0 where an extension was not.
class ExtensionIds {
 public:
  constexpr uint8_t get(Extension e) const { return ids_[static_cast<size_t>(e)]; }
  constexpr void set(Extension e, uint8_t id) { ids_[static_cast<size_t>(e)] = id; }
  constexpr bool has(Extension e) const { return get(e) != 0; }
  bool need_two_bytes() const {
    return std::any_of(ids_.begin(), ids_.end(), [](uint8_t id) { return id > kMaxOneByteId; });
  }
  bool operator==(const ExtensionIds&) const = default;

 private:
  std::array<uint8_t, kExtensionCount> ids_{};
};

// The data of the element with this id in a parsed packet's extension block; nothing if it is absent or the block is cut.
std::optional<std::span<const uint8_t>> find_extension(uint16_t profile, std::span<const uint8_t> block, uint8_t id) noexcept;

// RFC 6464 §3: level in -dBov (0 is loudest, 127 silence).
struct AudioLevel {
  uint8_t level = 127;
  bool voice = false;
};
std::optional<AudioLevel> parse_audio_level(std::span<const uint8_t> data) noexcept;

// Builds an extension block in a fixed buffer: the one-byte form while every id is 1..14 and every length 1..16, else the
// two-byte form (asked for at construction). `finish` pads to four bytes and gives the block with its header.
class ExtensionWriter {
 public:
  static constexpr size_t kCapacity = 320;
  explicit ExtensionWriter(bool two_byte = false) : two_byte_(two_byte) {}

  // False if it does not fit this form or the buffer; the block is then as before.
  bool add(uint8_t id, std::span<const uint8_t> data) noexcept;
  // Where the data of the element added last begins in the finished block.
  size_t last_offset() const { return last_offset_; }
  // Empty if nothing was added.
  std::span<const uint8_t> finish() noexcept;

 private:
  bool two_byte_;
  size_t size_ = 4;
  size_t last_offset_ = 0;
  std::array<uint8_t, kCapacity> buffer_;
};

}  // namespace tutti::rtp
