#include "app/value_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <utility>

namespace tutti::app {
namespace {

struct Unit {
  std::string_view name;
  int64_t factor;
};
// Largest first: the printer takes the first that divides the value.
constexpr std::array<Unit, 4> kDurationUnits = {
    {{"h", 3'600'000'000}, {"m", 60'000'000}, {"s", 1'000'000}, {"ms", 1000}}};
constexpr std::array<Unit, 4> kSizeUnits = {{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}};
constexpr std::array<Unit, 3> kRateUnits = {{{"Mbps", 1'000'000}, {"kbps", 1000}, {"bps", 1}}};

std::optional<int64_t> parse_with_unit(std::string_view text, std::span<const Unit> units) {
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_integer(text.substr(0, digits));
  const auto unit =
      std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == text.substr(digits); });
  if (!number || unit == units.end() || *number > std::numeric_limits<int64_t>::max() / unit->factor)
    return std::nullopt;
  return *number * unit->factor;
}

std::string format_with_unit(int64_t value, std::span<const Unit> units) {
  if (value == 0) return "0" + std::string(units.back().name);
  const auto unit = std::find_if(units.begin(), units.end() - 1, [&](const Unit& u) { return value % u.factor == 0; });
  return std::to_string(value / unit->factor) + std::string(unit->name);
}

// Levenshtein distance without regard to case, or to '-' for '_'.
size_t edit_distance(std::string_view a, std::string_view b) {
  const auto fold = [](char c) { return c == '-' ? '_' : c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t substituted = diagonal + (fold(a[i]) == fold(b[j]) ? 0 : 1);
      diagonal = std::exchange(row[j + 1], std::min({substituted, row[j] + 1, row[j + 1] + 1}));
    }
  }
  return row.back();
}

}  // namespace

std::optional<int64_t> parse_integer(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_decimal(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string format_decimal(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

std::optional<TimeDelta> parse_duration(std::string_view text) {
  const auto us = parse_with_unit(text, kDurationUnits);
  return us ? std::optional(TimeDelta::micros(*us)) : std::nullopt;
}
std::string format_duration(TimeDelta value) { return format_with_unit(value.us(), kDurationUnits); }

std::optional<DataSize> parse_size(std::string_view text) {
  auto bytes = parse_with_unit(text, kSizeUnits);
  if (!bytes) bytes = parse_integer(text);
  return bytes ? std::optional(DataSize::bytes(*bytes)) : std::nullopt;
}
std::string format_size(DataSize value) { return format_with_unit(value.bytes(), kSizeUnits); }

std::optional<DataRate> parse_rate(std::string_view text) {
  const auto bps = parse_with_unit(text, kRateUnits);
  return bps ? std::optional(DataRate::bps(*bps)) : std::nullopt;
}
std::string format_rate(DataRate value) { return format_with_unit(value.bps(), kRateUnits); }

std::string quoted(std::string_view text, size_t max) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text.substr(0, max)) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (u < 0x20 || u == 0x7F) {
      out += "\\x";
      out += kHex[u >> 4];
      out += kHex[u & 15];
    } else {
      out += c;
    }
  }
  return out + (text.size() > max ? "\"..." : "\"");
}

std::string nearest(std::string_view text, const std::vector<std::string>& known) {
  if (text.size() > 64) return {};
  std::string best;
  size_t best_distance = std::max<size_t>(2, text.size() / 3) + 1;
  for (const std::string& candidate : known) {
    if (candidate.size() > 2 && text.starts_with(candidate)) return candidate;
    const size_t distance = edit_distance(text, candidate);
    if (distance < best_distance && distance < candidate.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view text, const std::vector<std::string>& known) {
  const std::string best = nearest(text, known);
  return best.empty() ? "" : " (did you mean " + best + "?)";
}

}  // namespace tutti::app
