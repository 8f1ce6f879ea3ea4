// The files compiled into the binary (cmake/embed.cmake): the page of web/ and docs/openapi.yaml. Constant; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace tutti::api {

struct Asset {
  std::string_view name;
  std::span<const unsigned char> bytes;
  std::string_view etag;  // with its quotes

  std::string_view text() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
};

std::span<const Asset> embedded_assets();

// Null if there is no such file.
inline const Asset* find_asset(std::string_view name) {
  for (const Asset& asset : embedded_assets()) {
    if (asset.name == name) return &asset;
  }
  return nullptr;
}

}  // namespace tutti::api
