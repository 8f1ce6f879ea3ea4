// Cutting SDP lines into fields, numbers and tokens: what the parsers of this folder share. RFC 8866 §9. Pure.
#pragma once

#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "tutti/base/result.hpp"
#include "tutti/wire/sdp/session.hpp"

namespace tutti::sdp {

// The text up to `separator`, which is stepped over; all of it if there is none.
inline std::string_view take(std::string_view& rest, char separator) {
  const size_t at = rest.find(separator);
  const std::string_view head = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return head;
}

// A whole decimal number within [0, max]; no sign, no blanks.
template <class T>
std::optional<T> to_number(std::string_view text, T max) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

inline std::optional<PayloadType> to_payload_type(std::string_view text) {
  const auto value = to_number<uint8_t>(text, 127);
  return value ? std::optional(PayloadType(*value)) : std::nullopt;
}

// Visible ASCII: every field that has no grammar of its own.
inline bool is_word(std::string_view text) {
  for (char c : text) {
    if (c <= ' ' || c > '~') return false;
  }
  return !text.empty();
}

inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

inline Error sdp_invalid(std::string detail) { return {ErrorKind::kInvalid, "sdp-invalid", std::move(detail), {}}; }
inline Error sdp_invalid(size_t line, std::string_view right) {
  return sdp_invalid("line " + std::to_string(line) + ": " + std::string(right));
}

struct Line {
  size_t number = 0;  // from 1
  char type = 0;
  std::string_view value;
};

// Walks the lines of a description. `next` gives nothing at the end and on an error, which `error` then holds.
class LineReader {
 public:
  LineReader(std::string_view text, const Limits& limits) : rest_(text), limits_(limits) {
    if (text.size() > limits.max_bytes) {
      error_ = sdp_invalid("the description is larger than " + std::to_string(limits.max_bytes) + " bytes");
    }
  }
  std::optional<Line> next();
  const std::optional<Error>& error() const { return error_; }

 private:
  std::string_view rest_;
  const Limits& limits_;
  size_t number_ = 0;
  std::optional<Error> error_;
};

}  // namespace tutti::sdp
