// Table: rows of figures for people, on a terminal (aligned) or as Markdown.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace tutti::bench {

struct Table {
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
};

// The first column and those of `text` are left-aligned, the others, which hold numbers, right-aligned.
std::string for_terminal(const Table& table, const std::set<size_t>& text = {});
std::string as_markdown(const Table& table);

// With `digits` behind the point, and commas between thousands.
std::string figure(double value, int digits = 0);

}  // namespace tutti::bench
