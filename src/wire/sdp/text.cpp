#include "wire/sdp/text.hpp"

#include <algorithm>

namespace tutti::sdp {

std::optional<Line> LineReader::next() {
  while (!error_ && !rest_.empty()) {
    std::string_view line = take(rest_, '\n');
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (++number_ > limits_.max_lines) {
      error_ = sdp_invalid(number_, "there may be at most " + std::to_string(limits_.max_lines) + " lines");
    } else if (line.size() > limits_.max_line_length) {
      error_ =
          sdp_invalid(number_, "a line may have at most " + std::to_string(limits_.max_line_length) + " characters");
    } else if (std::any_of(line.begin(), line.end(),
                           [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7F; })) {
      error_ = sdp_invalid(number_, "a line may not hold control characters");
    } else if (line.empty()) {
      continue;
    } else if (line.size() < 2 || line[1] != '=' || line[0] < 'a' || line[0] > 'z') {
      error_ = sdp_invalid(number_, "a line must be '<letter>=<value>'");
    } else {
      return Line{number_, line[0], line.substr(2)};
    }
  }
  return std::nullopt;
}

}  // namespace tutti::sdp
