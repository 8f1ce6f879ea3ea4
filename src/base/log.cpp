#include "tutti/base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace tutti {
namespace {

// Shared by all threads: written by configure_log before the first of them starts.
struct Sink {
  std::shared_ptr<spdlog::logger> logger = std::make_shared<spdlog::logger>("tutti", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  LogFormat format = LogFormat::kText;
};
Sink& sink() {
  static Sink instance;
  return instance;
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kTrace: return spdlog::level::trace;
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarn: return spdlog::level::warn;
    case LogLevel::kError: return spdlog::level::err;
    case LogLevel::kOff: return spdlog::level::off;
  }
  return spdlog::level::info;
}

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (u < 0x20) {
      out += "\\u00";
      out += kHex[u >> 4];
      out += kHex[u & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

// Values come from the network too: a value with spaces, quotes or control characters is quoted and escaped.
void append_text_value(std::string& out, std::string_view value) {
  const bool plain = !value.empty() && value.find_first_of(" \"\\=\t\r\n") == std::string_view::npos &&
                     std::string_view::npos == value.find_first_of(std::string_view("\0\x1b", 2));
  if (plain) {
    out += value;
  } else {
    append_json_string(out, value);
  }
}

}  // namespace

void configure_log(LogLevel level, LogFormat format) {
  sink().format = format;
  sink().logger->set_level(to_spdlog(level));
  sink().logger->flush_on(spdlog::level::info);
  sink().logger->set_pattern(format == LogFormat::kJson ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l",%v})"
                                                        : "%Y-%m-%dT%H:%M:%S.%e %-5l %v");
}

bool log_enabled(LogLevel level) { return sink().logger->should_log(to_spdlog(level)); }

void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!log_enabled(level)) return;
  std::string line;
  if (sink().format == LogFormat::kJson) {
    line += "\"event\":";
    append_json_string(line, event);
    for (const LogField& f : fields) {
      line += ",";
      append_json_string(line, f.key);
      line += ":";
      append_json_string(line, f.value);
    }
  } else {
    line += event;
    for (const LogField& f : fields) {
      line += ' ';
      line += f.key;
      line += '=';
      append_text_value(line, f.value);
    }
  }
  sink().logger->log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace tutti
