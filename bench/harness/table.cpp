#include "harness/table.hpp"

#include <algorithm>
#include <cstdio>

namespace tutti::bench {
namespace {

// Characters, not bytes, of UTF-8 text.
size_t width_of(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::string for_terminal(const Table& table, const std::set<size_t>& text) {
  std::vector<size_t> widths;
  const auto widen = [&widths](const std::vector<std::string>& row) {
    for (size_t i = 0; i < row.size(); ++i) {
      if (i == widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], width_of(row[i]));
    }
  };
  widen(table.head);
  for (const auto& row : table.rows) widen(row);
  std::string out;
  const auto print = [&](const std::vector<std::string>& row) {
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string fill(widths[i] - width_of(row[i]), ' ');
      if (i > 0) out += "  ";
      out += i == 0 || text.contains(i) ? row[i] + fill : fill + row[i];
    }
    out.erase(out.find_last_not_of(' ') + 1);
    out += "\n";
  };
  print(table.head);
  for (const auto& row : table.rows) print(row);
  return out;
}

std::string as_markdown(const Table& table) {
  std::string out;
  const auto print = [&out](const std::vector<std::string>& row) {
    out += "|";
    for (const std::string& cell : row) out += " " + cell + " |";
    out += "\n";
  };
  print(table.head);
  out += "|";
  for (size_t i = 0; i < table.head.size(); ++i) out += i == 0 ? " --- |" : " ---: |";
  out += "\n";
  for (const auto& row : table.rows) print(row);
  return out;
}

std::string figure(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.*f", digits, value);
  std::string out = text;
  const size_t first = out.starts_with('-') ? 1 : 0;
  for (size_t at = std::min(out.find('.'), out.size()); at > first + 3;) {
    at -= 3;
    out.insert(at, ",");
  }
  return out;
}

}  // namespace tutti::bench
