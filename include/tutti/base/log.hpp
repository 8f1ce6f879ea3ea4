// Logging: a line for each change of state, with fields. The sink is process-wide (spdlog, in log.cpp) and may be called
// from every thread; `configure_log` is called once, in main. Nothing is logged for each packet above trace.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace tutti {

enum class LogLevel : uint8_t { kTrace, kDebug, kInfo, kWarn, kError, kOff };
enum class LogFormat : uint8_t { kText, kJson };

// A field of a line. The usual keys are room, participant and track.
struct LogField {
  std::string_view key;
  std::string value;
};

void configure_log(LogLevel level, LogFormat format);
bool log_enabled(LogLevel level);
// `event` is a short constant sentence; what varies stands in the fields.
void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

}  // namespace tutti
