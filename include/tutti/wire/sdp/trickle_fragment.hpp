// application/trickle-ice-sdpfrag (RFC 8840 §9): candidates and credentials that follow an offer, as WHIP's PATCH
// carries them (RFC 9725 §4.3). Bounded like a session description. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tutti/base/ids.hpp"
#include "tutti/base/result.hpp"
#include "tutti/wire/sdp/session.hpp"

namespace tutti::sdp {

// The candidates of one m-line.
struct FragmentSection {
  std::string media = "audio";
  Mid mid;
  std::vector<std::string> candidates;  // what follows "a=candidate:"
  bool end_of_candidates = false;
  bool operator==(const FragmentSection&) const = default;
};

struct TrickleFragment {
  std::string ice_ufrag;  // empty if it names no generation
  std::string ice_pwd;
  std::vector<FragmentSection> sections;
  bool end_of_candidates = false;  // of all m-lines
  bool operator==(const TrickleFragment&) const = default;
};

// The most a fragment may hold.
constexpr Limits kFragmentLimits{.max_bytes = 16 * 1024,
                                 .max_lines = 256,
                                 .max_line_length = 1024,
                                 .max_sections = 128,
                                 .max_formats = 128,
                                 .max_attributes = 128};

// Credentials within a section are taken as those of the fragment, because everything is bundled; two different ones
// are an error. Errors as for a session description.
Result<TrickleFragment> parse_fragment(std::string_view text, const Limits& limits = kFragmentLimits);
std::string serialise(const TrickleFragment& fragment);

}  // namespace tutti::sdp
