#include "media/video/names.hpp"

#include <pango/pango.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace tutti::video {
namespace {

constexpr std::string_view kReplacement = "\uFFFD";
// Between the initials: two Arabic letters are not joined to a word.
const char kZeroWidthNonJoiner[] = "\u200C";

struct GFreeDeleter {
  void operator()(void* memory) const { g_free(memory); }
};
using GString8 = std::unique_ptr<char, GFreeDeleter>;

bool turns_direction(gunichar c) {
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F || c == 0x061C;
}

bool is_invisible(gunichar c) {
  // ZWNJ and ZWJ make letters of Persian and Hindi, and emoji of several parts.
  if (c == 0x200C || c == 0x200D) return false;
  const GUnicodeType type = g_unichar_type(c);
  return type == G_UNICODE_FORMAT || type == G_UNICODE_UNASSIGNED || type == G_UNICODE_PRIVATE_USE;
}

bool is_blank(gunichar c) {
  return g_unichar_iscntrl(c) || g_unichar_isspace(c) || g_unichar_type(c) == G_UNICODE_CONTROL;
}

void append(std::string& out, gunichar c) {
  char bytes[6];
  out.append(bytes, static_cast<size_t>(g_unichar_to_utf8(c, bytes)));
}

std::string first_cluster(const std::string& word) {
  const size_t characters = static_cast<size_t>(g_utf8_strlen(word.data(), static_cast<gssize>(word.size())));
  std::vector<PangoLogAttr> attributes(characters + 1);
  pango_get_log_attrs(word.data(), static_cast<int>(word.size()), -1, pango_language_get_default(), attributes.data(),
                      static_cast<int>(attributes.size()));
  size_t length = 1;
  while (length < characters && !attributes[length].is_cursor_position) ++length;
  return word.substr(
      0, static_cast<size_t>(g_utf8_offset_to_pointer(word.data(), static_cast<glong>(length)) - word.data()));
}

}  // namespace

std::string clean_name(std::string_view name) {
  name = name.substr(0, kMaxNameBytes);
  // A character cut in two by the limit is left out, not shown as invalid.
  for (int i = 0; i < 3 && name.size() > kMaxNameBytes - 3; ++i) {
    if (g_utf8_get_char_validated(name.data() + name.size() - 1 - i, i + 1) == static_cast<gunichar>(-2)) {
      name.remove_suffix(static_cast<size_t>(i) + 1);
      break;
    }
  }
  const GString8 valid(g_utf8_make_valid(name.data(), static_cast<gssize>(name.size())));
  std::string out;
  for (const char* p = valid.get(); *p; p = g_utf8_next_char(p)) {
    const gunichar c = g_utf8_get_char(p);
    if (is_blank(c)) {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else if (!turns_direction(c) && !is_invisible(c)) {
      append(out, c);
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string initials_of(std::string_view name) {
  std::string text = clean_name(name);
  for (size_t at; (at = text.find(kReplacement)) != std::string::npos;) text.erase(at, kReplacement.size());
  text.erase(0, text.find_first_not_of(' '));
  text.erase(text.find_last_not_of(' ') + 1);
  if (text.empty()) return {};
  const size_t first_end = std::min(text.find(' '), text.size());
  const size_t last_start = text.rfind(' ');
  std::string out = first_cluster(text.substr(0, first_end));
  if (last_start != std::string::npos) out += kZeroWidthNonJoiner + first_cluster(text.substr(last_start + 1));
  const GString8 capitals(g_utf8_strup(out.data(), static_cast<gssize>(out.size())));
  return capitals.get();
}

}  // namespace tutti::video
