// Names: what people call themselves, made harmless for drawing, and their initials. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

namespace tutti::video {

constexpr size_t kMaxNameBytes = 256;

// At most so many bytes of valid UTF-8 on one line: what is invalid becomes U+FFFD, control characters a space, and
// characters that turn the direction of the text around (which would let a name read as somebody else's) are left out.
std::string clean_name(std::string_view name);

// The first character, with all its marks, of the first and the last word, in capitals, a zero-width non-joiner between
// them. Empty if the name has nothing to show.
std::string initials_of(std::string_view name);

}  // namespace tutti::video
