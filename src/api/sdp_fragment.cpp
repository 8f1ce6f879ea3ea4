#include "api/sdp_fragment.hpp"

#include <algorithm>

namespace tutti::api {
namespace {

// The next line without its end; steps over it.
std::string_view next_line(std::string_view& text) {
  const size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

bool starts(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

// RFC 8839 §5.4: ice-char is ALPHA / DIGIT / "+" / "/".
bool is_ice_text(std::string_view text, size_t min) {
  return text.size() >= min && text.size() <= 256 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
         });
}

}  // namespace

std::optional<std::string> sdp_attribute(std::string_view sdp, std::string_view name) {
  const std::string prefix = "a=" + std::string(name) + ":";
  while (!sdp.empty()) {
    const std::string_view line = next_line(sdp);
    if (starts(line, prefix)) return std::string(line.substr(prefix.size()));
  }
  return std::nullopt;
}

std::optional<IceFragment> parse_ice_fragment(std::string_view text) {
  bool any = false;
  for (std::string_view rest = text; !rest.empty() && !any;) any = starts(next_line(rest), "a=");
  if (!any) return std::nullopt;
  const auto ufrag = sdp_attribute(text, "ice-ufrag");
  const auto pwd = sdp_attribute(text, "ice-pwd");
  if (ufrag && !is_ice_text(*ufrag, 4)) return std::nullopt;
  if (pwd && !is_ice_text(*pwd, 22)) return std::nullopt;
  return IceFragment{ufrag.value_or(""), pwd.value_or("")};
}

std::string first_section_candidates(std::string_view answer) {
  std::string out;
  bool in_section = false;
  while (!answer.empty()) {
    const std::string_view line = next_line(answer);
    const bool media = starts(line, "m=");
    if (media && in_section) break;
    in_section = in_section || media;
    if (!in_section) continue;
    if (media || starts(line, "a=mid:") || starts(line, "a=candidate:") || line == "a=end-of-candidates") {
      out += std::string(line) + "\r\n";
    }
  }
  return out;
}

std::string restart_fragment(std::string_view ufrag, std::string_view pwd, std::string_view section) {
  return "a=ice-lite\r\na=ice-ufrag:" + std::string(ufrag) + "\r\na=ice-pwd:" + std::string(pwd) + "\r\n" +
         std::string(section);
}

}  // namespace tutti::api
