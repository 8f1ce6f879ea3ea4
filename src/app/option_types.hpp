// Makers of Options, one for each type that a setting can have. Each takes the key's path and the member it stands for:
// integer("media.workers", &Config::media, &MediaConfig::workers, 0, 64, "Threads for media.").
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "app/schema.hpp"
#include "app/value_text.hpp"

namespace tutti::app {

constexpr size_t kMaxTextLength = 4096;

// An Option without its access; `path` is "section.key".
Option make_option(std::string_view path, std::string meaning, std::string allowed);
// "abc" is <complaint>: <allowed>
std::string bad_value(const Scalar& value, std::string_view complaint, std::string_view allowed);

template <class S, class T>
Option integer(std::string_view path, S Config::*section, T S::*member, int64_t min, int64_t max, std::string meaning) {
  Option option = make_option(path, std::move(meaning), std::to_string(min) + " to " + std::to_string(max));
  const auto set = [=, allowed = option.allowed](Config& config, const Scalar& value) -> Problem {
    const auto number = parse_integer(value.text);
    if (value.quoted || !number) return bad_value(value, value.quoted ? "text" : "no whole number", allowed);
    if (*number < min || *number > max) return value.text + " is out of range: " + allowed;
    config.*section.*member = static_cast<T>(*number);
    return std::nullopt;
  };
  option.access = ScalarAccess{set, [=](const Config& config) { return std::to_string(config.*section.*member); }};
  return option;
}

template <class S>
Option boolean(std::string_view path, S Config::*section, bool S::*member, std::string meaning) {
  Option option = make_option(path, std::move(meaning), "true or false");
  const auto set = [=, allowed = option.allowed](Config& config, const Scalar& value) -> Problem {
    if (value.quoted || (value.text != "true" && value.text != "false")) return bad_value(value, "no boolean", allowed);
    config.*section.*member = value.text == "true";
    return std::nullopt;
  };
  option.access = ScalarAccess{set, [=](const Config& config) { return config.*section.*member ? "true" : "false"; }};
  return option;
}

template <class S>
Option duration(std::string_view path, S Config::*section, TimeDelta S::*member, TimeDelta min, TimeDelta max,
                std::string meaning) {
  Option option = make_option(path, std::move(meaning), format_duration(min) + " to " + format_duration(max));
  const auto set = [=, allowed = option.allowed](Config& config, const Scalar& value) -> Problem {
    const auto time = parse_duration(value.text);
    if (!time) return bad_value(value, "no duration such as 500ms, 30s or 5m", allowed);
    if (*time < min || *time > max) return value.text + " is out of range: " + allowed;
    config.*section.*member = *time;
    return std::nullopt;
  };
  option.access = ScalarAccess{set, [=](const Config& config) { return format_duration(config.*section.*member); }};
  return option;
}

template <class S>
Option size(std::string_view path, S Config::*section, DataSize S::*member, DataSize min, DataSize max,
            std::string meaning) {
  Option option = make_option(path, std::move(meaning), format_size(min) + " to " + format_size(max));
  const auto set = [=, allowed = option.allowed](Config& config, const Scalar& value) -> Problem {
    const auto bytes = parse_size(value.text);
    if (!bytes) return bad_value(value, "no size such as 256KiB, 4MiB or a number of bytes", allowed);
    if (*bytes < min || *bytes > max) return value.text + " is out of range: " + allowed;
    config.*section.*member = *bytes;
    return std::nullopt;
  };
  option.access = ScalarAccess{set, [=](const Config& config) { return format_size(config.*section.*member); }};
  return option;
}

template <class S>
Option rate(std::string_view path, S Config::*section, DataRate S::*member, DataRate min, DataRate max,
            std::string meaning) {
  Option option = make_option(path, std::move(meaning), format_rate(min) + " to " + format_rate(max));
  const auto set = [=, allowed = option.allowed](Config& config, const Scalar& value) -> Problem {
    const auto parsed = parse_rate(value.text);
    if (!parsed) return bad_value(value, "no rate such as 32kbps or 2Mbps", allowed);
    if (*parsed < min || *parsed > max) return value.text + " is out of range: " + allowed;
    config.*section.*member = *parsed;
    return std::nullopt;
  };
  option.access = ScalarAccess{set, [=](const Config& config) { return format_rate(config.*section.*member); }};
  return option;
}

// From 0 to 1.
template <class S>
Option fraction(std::string_view path, S Config::*section, double S::*member, std::string meaning) {
  Option option = make_option(path, std::move(meaning), "0 to 1");
  const auto set = [=, allowed = option.allowed](Config& config, const Scalar& value) -> Problem {
    const auto number = parse_decimal(value.text);
    if (value.quoted || !number) return bad_value(value, value.quoted ? "text" : "no number", allowed);
    if (*number < 0 || *number > 1) return value.text + " is out of range: " + allowed;
    config.*section.*member = *number;
    return std::nullopt;
  };
  option.access = ScalarAccess{set, [=](const Config& config) { return format_decimal(config.*section.*member); }};
  return option;
}

template <class S>
Option text(std::string_view path, S Config::*section, std::string S::*member, std::string meaning,
            std::string allowed) {
  Option option = make_option(path, std::move(meaning), std::move(allowed));
  const auto set = [=](Config& config, const Scalar& value) -> Problem {
    if (value.text.size() > kMaxTextLength) return "longer than " + std::to_string(kMaxTextLength) + " bytes";
    if (value.text.find('\0') != std::string::npos) return "a zero byte is in it";
    config.*section.*member = value.text;
    return std::nullopt;
  };
  option.access = ScalarAccess{set, [=](const Config& config) { return quoted(config.*section.*member); }};
  return option;
}

template <class E, class S>
Option choice(std::string_view path, S Config::*section, E S::*member, std::string meaning,
              std::vector<std::pair<std::string, E>> values) {
  std::vector<std::string> names;
  std::string allowed;
  for (size_t i = 0; i < values.size(); ++i) {
    names.push_back(values[i].first);
    allowed += (i == 0 ? "" : i + 1 == values.size() ? " or " : ", ") + values[i].first;
  }
  Option option = make_option(path, std::move(meaning), allowed);
  const auto set = [=](Config& config, const Scalar& value) -> Problem {
    for (const auto& [name, meant] : values) {
      if (name != value.text) continue;
      config.*section.*member = meant;
      return std::nullopt;
    }
    return bad_value(value, "not known here", allowed) + did_you_mean(value.text, names);
  };
  const auto print = [=](const Config& config) {
    for (const auto& [name, meant] : values) {
      if (config.*section.*member == meant) return name;
    }
    return std::string();
  };
  option.access = ScalarAccess{set, print};
  return option;
}

Option endpoint(std::string_view path, HttpConfig Config::*section, Endpoint HttpConfig::*member, std::string meaning);
Option api_keys(std::string_view path, HttpConfig Config::*section, std::vector<ApiKey> HttpConfig::*member,
                std::string meaning);
Option addresses(std::string_view path, MediaConfig Config::*section, std::vector<IpAddress> MediaConfig::*member,
                 std::string meaning);
Option advertised(std::string_view path, MediaConfig Config::*section,
                  std::vector<AdvertisedAddress> MediaConfig::*member, std::string meaning);

// picture_options.cpp
Option rungs(std::string_view path, MixingConfig Config::*section, std::vector<room::Rung> MixingConfig::*member,
             std::string meaning);
Option picture_size(std::string_view path, MixingConfig Config::*section, PictureSize MixingConfig::*member,
                    std::string meaning);

}  // namespace tutti::app
