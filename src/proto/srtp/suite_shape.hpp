// What the suites differ in on the wire: the kind of transform, the sizes of the tags, and where SRTCP keeps its index.
// RFC 3711 §3.1, §3.4, RFC 7714 §8.2, §9.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "tutti/base/byte_reader.hpp"
#include "tutti/base/result.hpp"
#include "tutti/base/srtp_suite.hpp"

namespace tutti::srtp {

constexpr size_t kRtpFixedHeaderSize = 12;
constexpr size_t kRtcpHeaderSize = 8;     // what stays readable: the first header and the sender's SSRC
constexpr size_t kRtcpIndexWordSize = 4;  // the E flag and 31 bits of index
constexpr uint32_t kRtcpEncrypted = 0x80000000;

constexpr bool is_gcm(SrtpSuite suite) {
  return suite == SrtpSuite::kAeadAes128Gcm || suite == SrtpSuite::kAeadAes256Gcm;
}

constexpr size_t rtp_tag_size(SrtpSuite suite) {
  switch (suite) {
    case SrtpSuite::kAesCm128HmacSha1_80:
      return 10;
    case SrtpSuite::kAesCm128HmacSha1_32:
      return 4;
    case SrtpSuite::kAeadAes128Gcm:
    case SrtpSuite::kAeadAes256Gcm:
      return 16;
  }
  return 0;
}

// RFC 3711 §5.2 wants SRTCP's tag at 80 bits even where SRTP's is 32 (RFC 4568 §6.2.2 says so for this suite).
constexpr size_t rtcp_tag_size(SrtpSuite suite) { return is_gcm(suite) ? 16 : 10; }
constexpr size_t rtcp_overhead(SrtpSuite suite) { return rtcp_tag_size(suite) + kRtcpIndexWordSize; }

// What is wrong with the master keys' lengths, if anything is.
inline std::optional<Error> check_key_sizes(const SrtpKeys& keys) {
  const size_t want = master_key_size(keys.suite);
  if (keys.local.size() == want && keys.remote.size() == want) return std::nullopt;
  return invalid("an SRTP key and salt for " + std::string(name(keys.suite)) + " has " + std::to_string(want) +
                 " bytes");
}

// The index word of an SRTCP packet of at least kRtcpHeaderSize + rtcp_overhead bytes: last with AES-GCM, else before
// the tag.
inline uint32_t rtcp_index_word(SrtpSuite suite, std::span<const uint8_t> packet) {
  return ByteReader(packet.last(is_gcm(suite) ? kRtcpIndexWordSize : rtcp_overhead(suite))).u32();
}

}  // namespace tutti::srtp
