// Plays all cases, for docs/congestion-control.md and docs/congestion/.
#pragma once

#include <string>

namespace tutti::bench {

// Writes curves into the directory `out`, and the tables into the document beside it: `out` + "-control.md". With
// `only`: that case alone, printed, and its curves.
int simulate(const std::string& out, const std::string& only);
// 0 if the document's tables are what the code gives; else it says what they should be.
int check_document(const std::string& path);

}  // namespace tutti::bench
