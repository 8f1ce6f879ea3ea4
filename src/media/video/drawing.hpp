// Drawing: a Cairo surface in memory and its way into I420. One thread at a time.
#pragma once

#include <cairo/cairo.h>

#include <cstdint>
#include <memory>

#include "media/video/planes.hpp"

namespace tutti::video {

class Drawing {
 public:
  // Transparent. Width and height even.
  Drawing(int width, int height);

  cairo_t* cairo() { return cairo_.get(); }
  void set_colour(uint32_t rgb, double alpha = 1);

  // The colours, at full strength where the drawing is translucent.
  void read_colours(Planes out) const;
  void read_alpha(uint8_t* out, int stride) const;

 private:
  struct SurfaceDeleter {
    void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  };
  struct CairoDeleter {
    void operator()(cairo_t* cairo) const { cairo_destroy(cairo); }
  };
  int width_, height_;
  std::unique_ptr<cairo_surface_t, SurfaceDeleter> surface_;
  std::unique_ptr<cairo_t, CairoDeleter> cairo_;
};

}  // namespace tutti::video
