#include "tutti/wire/sdp/trickle_fragment.hpp"

#include "wire/sdp/attributes.hpp"
#include "wire/sdp/text.hpp"

namespace tutti::sdp {
namespace {

// A credential may stand at the top and in each section, but there is one generation for the whole BUNDLE group.
bool set_credential(std::string& target, std::string_view value) {
  if (!target.empty() && target != value) return false;
  target = value;
  return true;
}

}  // namespace

// RFC 8840 §9.2: session-level attributes, then pseudo m-lines, each with a=mid and its candidates.
Result<TrickleFragment> parse_fragment(std::string_view text, const Limits& limits) {
  TrickleFragment f;
  LineReader lines(text, limits);
  while (auto line = lines.next()) {
    std::string_view value = line->value;
    if (line->type == 'm') {
      if (f.sections.size() == limits.max_sections) return sdp_invalid(line->number, "there are too many m-lines");
      auto& section = f.sections.emplace_back();
      section.media = take(value, ' ');
      if (!is_word(section.media)) return sdp_invalid(line->number, "m= must begin with the kind of media");
      continue;
    }
    if (line->type != 'a') continue;
    const std::string_view name = take(value, ':');
    FragmentSection* section = f.sections.empty() ? nullptr : &f.sections.back();
    if (name == "ice-ufrag") {
      if (!is_ice_ufrag(value) || !set_credential(f.ice_ufrag, value)) {
        return sdp_invalid(line->number, "a=ice-ufrag must be 4 to 256 visible characters, the same in all sections");
      }
    } else if (name == "ice-pwd") {
      if (!is_ice_pwd(value) || !set_credential(f.ice_pwd, value)) {
        return sdp_invalid(line->number, "a=ice-pwd must be 22 to 256 visible characters, the same in all sections");
      }
    } else if (name == "mid") {
      const auto mid = to_mid(value);
      if (!mid || !section || !section->mid.empty()) {
        return sdp_invalid(line->number, "a=mid must be one word of at most 32 characters, once after each m-line");
      }
      section->mid = *mid;
    } else if (name == "candidate") {
      if (value.empty() || !section || section->candidates.size() == limits.max_attributes) {
        return sdp_invalid(line->number, "a=candidate must follow an m-line and hold a candidate");
      }
      section->candidates.emplace_back(value);
    } else if (name == "end-of-candidates") {
      (section ? section->end_of_candidates : f.end_of_candidates) = true;
    }
  }
  if (lines.error()) return *lines.error();
  return f;
}

std::string serialise(const TrickleFragment& fragment) {
  std::string out;
  if (!fragment.ice_ufrag.empty()) write_line(out, "ice-ufrag", fragment.ice_ufrag);
  if (!fragment.ice_pwd.empty()) write_line(out, "ice-pwd", fragment.ice_pwd);
  if (fragment.end_of_candidates) write_flag(out, "end-of-candidates");
  for (const FragmentSection& section : fragment.sections) {
    // Only the kind and the mid of a pseudo m-line mean something; port and format are as in WHIP (RFC 9725 §4.3).
    // §4.3.1).
    out += "m=" + section.media + " 9 UDP/TLS/RTP/SAVPF 0\r\n";
    if (!section.mid.empty()) write_line(out, "mid", section.mid.view());
    for (const std::string& candidate : section.candidates) write_line(out, "candidate", candidate);
    if (section.end_of_candidates) write_flag(out, "end-of-candidates");
  }
  return out;
}

}  // namespace tutti::sdp
