// Strong<Tag, T>: a number that does not mix with other numbers of the same width. InlineString<N>: a short bounded
// string without an allocation. They give the identifiers of ids.hpp and seq_num.hpp their types.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string_view>

namespace tutti {

template <class Tag, class T>
class Strong {
 public:
  using Value = T;
  constexpr Strong() = default;
  constexpr explicit Strong(T v) : value_(v) {}
  constexpr T value() const { return value_; }
  constexpr auto operator<=>(const Strong&) const = default;

 private:
  T value_{};
};

// At most N bytes, kept inline. Longer text does not fit: `make` says so instead of cutting.
template <class Tag, size_t N>
class InlineString {
 public:
  constexpr InlineString() = default;
  static constexpr std::optional<InlineString> make(std::string_view text) {
    if (text.size() > N) return std::nullopt;
    InlineString s;
    for (size_t i = 0; i < text.size(); ++i) s.chars_[i] = text[i];
    s.size_ = static_cast<uint8_t>(text.size());
    return s;
  }
  static constexpr size_t capacity() { return N; }
  constexpr std::string_view view() const { return {chars_.data(), size_}; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr bool operator==(const InlineString& o) const { return view() == o.view(); }
  constexpr auto operator<=>(const InlineString& o) const { return view() <=> o.view(); }

 private:
  static_assert(N < 256);
  std::array<char, N> chars_{};
  uint8_t size_ = 0;
};

}  // namespace tutti

template <class Tag, class T>
struct std::hash<tutti::Strong<Tag, T>> {
  size_t operator()(const tutti::Strong<Tag, T>& v) const noexcept { return std::hash<T>{}(v.value()); }
};
template <class Tag, size_t N>
struct std::hash<tutti::InlineString<Tag, N>> {
  size_t operator()(const tutti::InlineString<Tag, N>& v) const noexcept { return std::hash<std::string_view>{}(v.view()); }
};
