// The little of SDP that WHIP's PATCH needs: ICE credentials out of an offer or a trickle-ice-sdpfrag (RFC 8840 §9),
// and the fragment that answers an ICE restart (RFC 9725 §4.3.3). Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tutti::api {

// The value of the first "a=name:value" line.
std::optional<std::string> sdp_attribute(std::string_view sdp, std::string_view name);

struct IceFragment {
  std::string ufrag;  // empty if it names none
  std::string pwd;
};
// Nothing if it is no fragment: no attribute at all, or credentials outside RFC 8839 §5.4's lengths and characters.
std::optional<IceFragment> parse_ice_fragment(std::string_view text);

// The m= line, mid and candidates of an answer's first section, for repeating them after a restart.
std::string first_section_candidates(std::string_view answer);
std::string restart_fragment(std::string_view ufrag, std::string_view pwd, std::string_view section);

}  // namespace tutti::api
