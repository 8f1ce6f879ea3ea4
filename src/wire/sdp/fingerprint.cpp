#include "tutti/wire/sdp/fingerprint.hpp"

#include "wire/sdp/text.hpp"

namespace tutti::sdp {
namespace {

constexpr size_t kMaxDigest = 64;

std::optional<uint8_t> digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  if (c >= 'A' && c <= 'F') return static_cast<uint8_t>(c - 'A' + 10);
  if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
  return std::nullopt;
}

}  // namespace

// RFC 8122 §5: fingerprint = 2UHEX *(":" 2UHEX). Lower-case digits are not in the grammar, but some clients write them.
std::optional<Fingerprint> parse_fingerprint(std::string_view text) {
  Fingerprint f;
  const std::string_view algorithm = take(text, ' ');
  if (!is_word(algorithm) || algorithm.size() > 16) return std::nullopt;
  for (char c : algorithm) f.algorithm += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  while (!text.empty()) {
    const bool last = text.size() == 2;
    if (!last && (text.size() < 5 || text[2] != ':')) return std::nullopt;
    const auto high = digit(text[0]), low = digit(text[1]);
    if (!high || !low || f.bytes.size() == kMaxDigest) return std::nullopt;
    f.bytes.push_back(static_cast<uint8_t>(*high << 4 | *low));
    text.remove_prefix(last ? 2 : 3);
  }
  if (f.bytes.empty()) return std::nullopt;
  return f;
}

std::string to_string(const Fingerprint& fingerprint) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out = fingerprint.algorithm;
  for (size_t i = 0; i < fingerprint.bytes.size(); ++i) {
    out += i == 0 ? ' ' : ':';
    out += kDigits[fingerprint.bytes[i] >> 4];
    out += kDigits[fingerprint.bytes[i] & 0x0F];
  }
  return out;
}

}  // namespace tutti::sdp
