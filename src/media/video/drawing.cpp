#include "media/video/drawing.hpp"

#include <libyuv/convert.h>
#include <libyuv/convert_argb.h>
#include <libyuv/planar_functions.h>

#include <vector>

namespace tutti::video {

Drawing::Drawing(int width, int height)
    : width_(width),
      height_(height),
      surface_(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height)),
      cairo_(cairo_create(surface_.get())) {}

void Drawing::set_colour(uint32_t rgb, double alpha) {
  cairo_set_source_rgba(cairo_.get(), (rgb >> 16 & 0xFF) / 255.0, (rgb >> 8 & 0xFF) / 255.0, (rgb & 0xFF) / 255.0,
                        alpha);
}

void Drawing::read_colours(Planes out) const {
  cairo_surface_flush(surface_.get());
  const uint8_t* pixels = cairo_image_surface_get_data(surface_.get());
  const int stride = cairo_image_surface_get_stride(surface_.get());
  if (!pixels) return;
  // Cairo's pixels are multiplied with their alpha.
  std::vector<uint8_t> plain(static_cast<size_t>(stride) * static_cast<size_t>(height_));
  libyuv::ARGBUnattenuate(pixels, stride, plain.data(), stride, width_, height_);
  libyuv::ARGBToI420(plain.data(), stride, out.y, out.stride_y, out.u, out.stride_uv, out.v, out.stride_uv, width_,
                     height_);
}

void Drawing::read_alpha(uint8_t* out, int stride) const {
  cairo_surface_flush(surface_.get());
  const uint8_t* pixels = cairo_image_surface_get_data(surface_.get());
  if (!pixels) return;
  libyuv::ARGBExtractAlpha(pixels, cairo_image_surface_get_stride(surface_.get()), out, stride, width_, height_);
}

}  // namespace tutti::video
