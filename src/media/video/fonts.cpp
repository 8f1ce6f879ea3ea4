#include "media/video/fonts.hpp"

namespace tutti::video {

Fonts::Fonts() : map_(pango_cairo_font_map_new()), context_(pango_font_map_create_context(map_.get())) {}

TextLayout Fonts::layout(const std::string& text, double size, PangoWeight weight) const {
  TextLayout out(pango_layout_new(context_.get()));
  const std::unique_ptr<PangoFontDescription, decltype(&pango_font_description_free)> font(
      pango_font_description_new(), &pango_font_description_free);
  pango_font_description_set_family(font.get(), "sans-serif");
  pango_font_description_set_weight(font.get(), weight);
  pango_font_description_set_absolute_size(font.get(), size * PANGO_SCALE);
  pango_layout_set_font_description(out.get(), font.get());
  pango_layout_set_single_paragraph_mode(out.get(), TRUE);
  pango_layout_set_text(out.get(), text.data(), static_cast<int>(text.size()));
  return out;
}

}  // namespace tutti::video
