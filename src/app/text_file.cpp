#include "app/text_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

namespace tutti::app {

std::variant<std::string, ConfigErrors> read_text_file(const std::string& file) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  std::string text(kMaxConfigBytes + 1, '\0');
  if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.eof() && in.gcount() != static_cast<std::streamsize>(text.size())) {
    const std::string reason = errno != 0 ? std::strerror(errno) : "it is no file";
    return ConfigErrors{{file, 0, 0, "", "cannot be read: " + reason}};
  }
  text.resize(static_cast<size_t>(in.gcount()));
  return text;
}

}  // namespace tutti::app
