// A report in the forms that it leaves the harness in: JSON (and back), tables, and a page of its own
// (report_page.hpp).
#pragma once

#include <string>
#include <vector>

#include "harness/result.hpp"
#include "harness/table.hpp"
#include "tutti/base/result.hpp"

namespace tutti::bench {

// JSON, schema Report::kSchema: every field by its name. An error says what is missing or of another schema.
std::string to_json(const std::vector<Report>& reports);
[[nodiscard]] Result<std::vector<Report>> reports_from_json(const std::string& text);

// A row for each step, with the units in the head.
Table steps_table(const Report& report);
// Joins by phase; no rows if nobody joined under measurement.
Table joins_table(const Report& report);
// What the generator says of itself, and which counters of the server moved; a row for each step.
Table generator_table(const Report& report);
// Scenario, server, machine: a line each.
std::vector<std::pair<std::string, std::string>> facts_of(const Report& report);

std::string as_terminal_text(const Report& report);
std::string as_markdown(const Report& report);

}  // namespace tutti::bench
