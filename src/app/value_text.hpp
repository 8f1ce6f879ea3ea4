// The text forms of configuration values: durations ("30s"), sizes ("4MiB"), rates ("32kbps"), whole numbers, and
// quoting for YAML and for error messages. Parsers return nullopt for anything else, an overflow included.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tutti/base/units.hpp"

namespace tutti::app {

std::optional<int64_t> parse_integer(std::string_view text);
// A decimal such as 0.95 or 1.3e-6; neither infinite nor none.
std::optional<double> parse_decimal(std::string_view text);
// As short as it can be read back.
std::string format_decimal(double value);
// A whole number and one of ms, s, m, h.
std::optional<TimeDelta> parse_duration(std::string_view text);
std::string format_duration(TimeDelta value);
// A whole number of bytes, or one with B, KiB, MiB or GiB.
std::optional<DataSize> parse_size(std::string_view text);
std::string format_size(DataSize value);
// A whole number and one of bps, kbps, Mbps.
std::optional<DataRate> parse_rate(std::string_view text);
std::string format_rate(DataRate value);

// In double quotes, with everything escaped that YAML or a terminal would take for something else; cut after `max`
// bytes.
std::string quoted(std::string_view text, size_t max = 4096);

// The one of `known` that `text` was probably meant to be: it begins so, or is few edits away. Empty if none is near.
std::string nearest(std::string_view text, const std::vector<std::string>& known);
// " (did you mean X?)", or nothing.
std::string did_you_mean(std::string_view text, const std::vector<std::string>& known);

}  // namespace tutti::app
