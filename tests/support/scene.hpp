// A synthetic camera picture and the measure by which decoded pictures are compared with it: a drifting background
// before a shelf of books, a head that sways and whose mouth moves, a sensor's noise, colour bars along the top, and a
// strip with the hard edges of text. Every pixel is a function of size, frame number and `hue`, so both ends of a test
// can make the same picture.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>

#include "tutti/media/video/picture.hpp"

namespace tutti::test {

struct Yuv {
  uint8_t y = 16, u = 128, v = 128;
  bool operator==(const Yuv&) const = default;
};

// White, yellow, cyan, green, magenta, red, blue, black at 75 %, BT.601 in studio range.
constexpr std::array<Yuv, 8> kColourBars = {{{180, 128, 128},
                                             {162, 44, 142},
                                             {131, 156, 44},
                                             {112, 72, 58},
                                             {84, 184, 198},
                                             {65, 100, 212},
                                             {35, 212, 114},
                                             {16, 128, 128}}};

inline void fill_rectangle(video::Picture& p, uint32_t left, uint32_t top, uint32_t width, uint32_t height,
                           Yuv colour) {
  const uint32_t right = std::min(left + width, p.width()), bottom = std::min(top + height, p.height());
  for (uint32_t y = top; y < bottom; ++y)
    for (uint32_t x = left; x < right; ++x) p.y()[y * static_cast<size_t>(p.stride_y()) + x] = colour.y;
  for (uint32_t y = top / 2; y < (bottom + 1) / 2; ++y) {
    for (uint32_t x = left / 2; x < (right + 1) / 2; ++x) {
      p.u()[y * static_cast<size_t>(p.stride_uv()) + x] = colour.u;
      p.v()[y * static_cast<size_t>(p.stride_uv()) + x] = colour.v;
    }
  }
}

// One colour all over.
inline std::shared_ptr<video::Picture> flat_picture(uint32_t width, uint32_t height, Yuv colour) {
  auto p = video::Picture::make(width, height);
  fill_rectangle(*p, 0, 0, width, height, colour);
  return p;
}

// Eight vertical bars from left to right over the whole picture.
inline std::shared_ptr<video::Picture> bars_picture(uint32_t width, uint32_t height) {
  auto p = video::Picture::make(width, height);
  for (uint32_t i = 0; i < 8; ++i)
    fill_rectangle(*p, width * i / 8, 0, width * (i + 1) / 8 - width * i / 8, height, kColourBars[i]);
  return p;
}

// `frame` counts at 30 Hz. `hue` (any number) tells one sender's scene from another's by the colour of its background.
inline std::shared_ptr<video::Picture> scene(uint32_t width, uint32_t height, uint32_t frame, uint32_t hue = 0) {
  auto p = video::Picture::make(width, height);
  const float w = static_cast<float>(width), h = static_cast<float>(height);
  const float t = static_cast<float>(frame) / 30;
  const float head_x = w * (0.5f + 0.04f * std::sin(2.1f * t)), head_y = h * (0.55f + 0.02f * std::sin(3.7f * t));
  const float radius_x = h * 0.2f, radius_y = h * 0.28f;
  const float mouth = h * 0.03f * (1.2f + std::sin(25 * t));
  const float drift = 12 * t;

  const uint32_t text_top = height * 7 / 8;
  const uint32_t cell = std::max(4u, height / 45);
  for (uint32_t row = 0; row < height; ++row) {
    const float y = static_cast<float>(row);
    uint8_t* out = p->y() + row * static_cast<size_t>(p->stride_y());
    for (uint32_t column = 0; column < width; ++column) {
      const float x = static_cast<float>(column);
      const float dx = (x - head_x) / radius_x, dy = (y - head_y) / radius_y;
      const float from_head = dx * dx + dy * dy;
      float luma = 70 + 40 * x / w + 25 * y / h + 8 * std::sin((x + drift) * 40 / w) * std::sin(y * 25 / h);
      const auto hash = [](uint32_t a, uint32_t b) { return ((a * 73856093u) ^ (b * 19349663u)) * 2654435761u; };
      // Spines of books, a little rough.
      luma += static_cast<float>(hash(column * 90 / width, row * 5 / height) >> 27) - 16;
      luma += static_cast<float>(hash(column, row) >> 29) - 4;
      if (from_head < 1) {
        luma = 150 - 40 * from_head + 6 * std::sin(dx * 9) * std::sin(dy * 11);
        const bool eye = std::abs(dy + 0.25f) < 0.07f && std::abs(std::abs(dx) - 0.4f) < 0.12f;
        const bool lips = std::abs(dx) < 0.35f && std::abs(y - head_y - radius_y * 0.5f) < mouth;
        if (eye || lips) luma = 50;
      }
      luma += static_cast<float>(hash(column + frame * 7919, row + frame * 104729) >> 29) - 3.5f;
      // Glyphs of noise, as still as a caption.
      if (row >= text_top) luma = hash(column / cell, (row - text_top) / cell) >> 28 < 5 ? 220 : 40;
      out[column] = static_cast<uint8_t>(std::clamp(luma, 16.0f, 235.0f));
    }
  }
  const float angle = static_cast<float>(hue) * 2.4f;  // the golden angle: neighbours differ
  const float shift_u = 30 * std::cos(angle), shift_v = 30 * std::sin(angle);
  for (uint32_t row = 0; row < p->chroma_height(); ++row) {
    const float y = static_cast<float>(row) * 2;
    for (uint32_t column = 0; column < p->chroma_width(); ++column) {
      const float x = static_cast<float>(column) * 2;
      const float dx = (x - head_x) / radius_x, dy = (y - head_y) / radius_y;
      const bool head = dx * dx + dy * dy < 1, text = row * 2 >= text_top;
      const size_t at = row * static_cast<size_t>(p->stride_uv()) + column;
      p->u()[at] = static_cast<uint8_t>(text ? 128 : head ? 110 : 128 + shift_u + 10 * x / w);
      p->v()[at] = static_cast<uint8_t>(text ? 128 : head ? 150 : 128 + shift_v - 10 * y / h);
    }
  }
  for (uint32_t i = 0; i < 8; ++i)
    fill_rectangle(*p, width * i / 8, 0, width * (i + 1) / 8 - width * i / 8, height / 8, kColourBars[i]);
  return p;
}

namespace scene_detail {

inline double plane_error(const uint8_t* a, int stride_a, const uint8_t* b, int stride_b, uint32_t width,
                          uint32_t height) {
  uint64_t sum = 0;
  for (uint32_t y = 0; y < height; ++y) {
    for (uint32_t x = 0; x < width; ++x) {
      const int d = a[y * static_cast<size_t>(stride_a) + x] - b[y * static_cast<size_t>(stride_b) + x];
      sum += static_cast<uint64_t>(d * d);
    }
  }
  return static_cast<double>(sum);
}

// 100 dB stands for equal.
inline double decibels(double squared_error, double samples) {
  return squared_error == 0 ? 100 : 10 * std::log10(255.0 * 255.0 * samples / squared_error);
}

}  // namespace scene_detail

// Peak signal-to-noise ratio in dB over luma; 0 if the sizes differ, 100 if the pictures are equal.
inline double psnr_luma(const video::Picture& a, const video::Picture& b) {
  if (a.width() != b.width() || a.height() != b.height()) return 0;
  const double error = scene_detail::plane_error(a.y(), a.stride_y(), b.y(), b.stride_y(), a.width(), a.height());
  return scene_detail::decibels(error, static_cast<double>(a.width()) * a.height());
}

// The same over all samples of all three planes.
inline double psnr(const video::Picture& a, const video::Picture& b) {
  if (a.width() != b.width() || a.height() != b.height()) return 0;
  using scene_detail::plane_error;
  const double error = plane_error(a.y(), a.stride_y(), b.y(), b.stride_y(), a.width(), a.height()) +
                       plane_error(a.u(), a.stride_uv(), b.u(), b.stride_uv(), a.chroma_width(), a.chroma_height()) +
                       plane_error(a.v(), a.stride_uv(), b.v(), b.stride_uv(), a.chroma_width(), a.chroma_height());
  const double samples = static_cast<double>(a.width()) * a.height() + 2.0 * a.chroma_width() * a.chroma_height();
  return scene_detail::decibels(error, samples);
}

}  // namespace tutti::test
