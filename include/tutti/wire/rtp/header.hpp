// The RTP header: parse into values and spans, and write one. RFC 3550 §5.1, with the header extension block of §5.3.1 left
// to extensions.hpp. Pure; the spans point into the packet that was parsed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/base/ids.hpp"
#include "tutti/base/seq_num.hpp"

namespace tutti::rtp {

constexpr size_t kFixedHeaderSize = 12;
constexpr size_t kMaxCsrcs = 15;

// RFC 8285's profile values; anything else in the extension's profile field is some other scheme and is not read.
constexpr uint16_t kOneByteProfile = 0xBEDE;
constexpr uint16_t kTwoByteProfile = 0x1000;  // lower four bits are appbits

// A parsed packet. Before decryption `payload` holds the SRTP payload with its tag, and the padding cannot be known yet.
struct Packet {
  bool marker = false;
  bool has_padding = false;
  PayloadType payload_type;
  SeqNum sequence;
  RtpTimestamp timestamp;
  Ssrc ssrc;
  std::span<const uint8_t> csrcs;       // 4 bytes each
  uint16_t extension_profile = 0;       // 0 if there is no extension
  std::span<const uint8_t> extensions;  // the block's content, without its four-byte header
  size_t header_size = 0;               // fixed part, CSRCs and extension block
  std::span<const uint8_t> payload;     // with the padding, until strip_padding
};

// Nothing if the packet is cut, is not version 2, or its CSRCs or extension reach past its end.
std::optional<Packet> parse(std::span<const uint8_t> bytes) noexcept;

// Takes the padding off a decrypted packet's payload. False if the padding count is zero or more than there is
// (GHSA-f26w-gh5m-qq77: a count taken on trust crashed every user of a library).
bool strip_padding(Packet& packet) noexcept;

// RFC 5761 §4: with RTCP multiplexed on one port, payload types 64..95 would collide, so the second byte tells.
constexpr bool is_rtcp(std::span<const uint8_t> bytes) noexcept {
  return bytes.size() >= 2 && bytes[1] >= 192 && bytes[1] <= 223;
}

// What the caller sets of an outgoing header.
struct HeaderFields {
  bool marker = false;
  PayloadType payload_type;
  SeqNum sequence;
  RtpTimestamp timestamp;
  Ssrc ssrc;
  std::span<const Ssrc> csrcs = {};  // at most kMaxCsrcs
};

// Writes the fixed header with its CSRCs and, if `extension_block` is not empty, that block (already with its own four-byte header, as
// ExtensionWriter gives it). Returns its size, 0 if `out` is too small.
size_t write_header(const HeaderFields& fields, std::span<const uint8_t> extension_block, std::span<uint8_t> out) noexcept;

}  // namespace tutti::rtp
