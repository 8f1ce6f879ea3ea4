// Text of people's names: made harmless, and their initials. Fonts holds what Pango needs to draw it (an own font map,
// because Pango's default one belongs to a thread, and a compositor changes threads between two pictures). One thread
// at a time.
#pragma once

#include <pango/pangocairo.h>

#include <memory>
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

struct GObjectDeleter {
  void operator()(void* object) const { g_object_unref(object); }
};
using TextLayout = std::unique_ptr<PangoLayout, GObjectDeleter>;

class Fonts {
 public:
  Fonts();
  // One paragraph of sans-serif of that size in pixels.
  TextLayout layout(const std::string& text, double size, PangoWeight weight) const;

 private:
  std::unique_ptr<PangoFontMap, GObjectDeleter> map_;
  std::unique_ptr<PangoContext, GObjectDeleter> context_;
};

}  // namespace tutti::video
