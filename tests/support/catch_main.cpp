// Catch2's own main, compiled once for all test executables.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

// Asked by LeakSanitizer, if it is linked. fontconfig keeps the parsed configuration for the life of the process and
// finds parts of it by offsets, which the leak checker cannot follow.
extern "C" const char* __lsan_default_suppressions();  // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __lsan_default_suppressions() { return "leak:libfontconfig\n"; }
