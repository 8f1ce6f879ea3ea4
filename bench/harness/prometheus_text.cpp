#include "harness/prometheus_text.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace tutti::bench {
namespace {

std::optional<std::string_view> label_value(std::string_view labels, std::string_view name) {
  const std::string wanted = std::string(name) + "=\"";
  const size_t at = labels.find(wanted);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = labels.substr(at + wanted.size());
  return rest.substr(0, rest.find('"'));
}

}  // namespace

std::vector<std::pair<std::string, double>> read_counters(std::string_view text, std::string_view prefix) {
  std::vector<std::pair<std::string, double>> counters;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t space = line.rfind(' ');
    if (line.starts_with('#') || !line.starts_with(prefix) || space == std::string_view::npos) continue;
    const size_t brace = std::min(line.find('{'), space);
    std::string name(line.substr(prefix.size(), brace - prefix.size()));
    if (!name.ends_with("_total")) continue;
    if (const auto reason = label_value(line.substr(brace, space - brace), "reason")) {
      name += "{" + std::string(*reason) + "}";
    }
    double value = 0;
    const std::string_view number = line.substr(space + 1);
    if (std::from_chars(number.data(), number.data() + number.size(), value).ec != std::errc()) continue;
    const auto same = std::find_if(counters.begin(), counters.end(), [&](const auto& c) { return c.first == name; });
    if (same != counters.end()) {
      same->second += value;
    } else {
      counters.emplace_back(std::move(name), value);
    }
  }
  return counters;
}

}  // namespace tutti::bench
