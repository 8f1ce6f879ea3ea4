// A certificate's fingerprint as SDP carries it: hash function and digest. RFC 8122 §5. A value; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tutti::sdp {

struct Fingerprint {
  std::string algorithm;  // lower case: "sha-256", "sha-384", "sha-512"
  std::vector<uint8_t> bytes;
  bool operator==(const Fingerprint&) const = default;
};

// "sha-256 D3:5F:05:...": the digits in either case, at most 64 bytes.
std::optional<Fingerprint> parse_fingerprint(std::string_view text);
// The same form with upper-case digits.
std::string to_string(const Fingerprint& fingerprint);

}  // namespace tutti::sdp
