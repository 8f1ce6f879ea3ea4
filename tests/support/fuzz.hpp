// What a fuzz target claims of its input. A broken claim ends the process, so that the fuzzer keeps the input.
#pragma once

#include <cstdlib>

namespace tutti::test {

inline void fuzz_require(bool claim) {
  if (!claim) std::abort();
}

}  // namespace tutti::test
