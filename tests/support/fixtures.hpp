// Files under tests/fixtures, as text.
#pragma once

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace tutti::test {

inline std::string fixture(const std::string& path) {
  std::ifstream in(TUTTI_SOURCE_DIR "/tests/fixtures/" + path, std::ios::binary);
  if (!in) throw std::runtime_error("there is no fixture " + path);
  return std::string((std::istreambuf_iterator<char>(in)), {});
}

// `text` with the first `from` replaced; fails if it is not there, so that a test cannot pass for having changed
// nothing.
inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  if (at == std::string::npos) throw std::runtime_error("nothing to replace: " + from);
  return text.replace(at, from.size(), to);
}
inline std::string replaced_everywhere(std::string text, const std::string& from, const std::string& to) {
  if (text.find(from) == std::string::npos) throw std::runtime_error("nothing to replace: " + from);
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

}  // namespace tutti::test
