// Fonts: what Pango needs to draw text. A font map of its own, because Pango's default one belongs to a thread, and a
// compositor changes threads between two pictures. One thread at a time.
#pragma once

#include <pango/pangocairo.h>

#include <memory>
#include <string>

namespace tutti::video {

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
