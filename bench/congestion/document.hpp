// The tables of a Markdown document that a program writes: each between a line "<!-- NAME: ..." and "<!-- end -->".
#pragma once

#include <optional>
#include <string>

namespace tutti::bench {

// The document with this table in its place; nothing if it has no such place, or two.
std::optional<std::string> with_table(const std::string& document, const std::string& name, const std::string& table);

// Throw std::runtime_error with the path.
std::string read_text(const std::string& path);
void write_text(const std::string& path, const std::string& text);

}  // namespace tutti::bench
