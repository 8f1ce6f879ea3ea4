#include "congestion/document.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace tutti::bench {

std::optional<std::string> with_table(const std::string& document, const std::string& name, const std::string& table) {
  const std::string mark = "<!-- " + name + ":";
  const size_t begin = document.find(mark);
  if (begin == std::string::npos || document.find(mark, begin + 1) != std::string::npos) return std::nullopt;
  const size_t from = document.find('\n', begin), to = document.find("<!-- end -->", begin);
  if (from == std::string::npos || to == std::string::npos) return std::nullopt;
  return document.substr(0, from + 1) + table + document.substr(to);
}

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw std::runtime_error("cannot read " + path);
  return text.str();
}

void write_text(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  if (!out.flush()) throw std::runtime_error("cannot write " + path);
}

}  // namespace tutti::bench
