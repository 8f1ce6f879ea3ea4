#include "alloc/allocation_counter.hpp"

#include <cxxabi.h>
#include <execinfo.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <new>

namespace tutti::test {
namespace {

constexpr size_t kMaxPlaces = 32;
// Calls that tell places apart, and those of the hooks themselves above them.
constexpr size_t kDepth = 14, kOwnFrames = 2;

struct Place {
  std::array<void*, kDepth> calls{};
  uint64_t count = 0;
};

// Plain data: it is written from within malloc.
bool counting = false;
uint64_t total = 0;
size_t place_count = 0;
std::array<Place, kMaxPlaces> seen;

[[gnu::noinline, maybe_unused]] void note() {
  counting = false;  // backtrace may allocate
  ++total;
  std::array<void*, kDepth + kOwnFrames> stack{};
  backtrace(stack.data(), static_cast<int>(stack.size()));
  std::array<void*, kDepth> calls{};
  std::copy(stack.begin() + kOwnFrames, stack.end(), calls.begin());
  size_t i = 0;
  while (i < place_count && seen[i].calls != calls) ++i;
  if (i < kMaxPlaces) {
    place_count = std::max(place_count, i + 1);
    seen[i].calls = calls;
    ++seen[i].count;
  }
  counting = true;
}

// "object(_ZN5tuttiEv+0x12) [0x...]" with the name in clear.
std::string readable(const char* symbol) {
  std::string text = symbol;
  const size_t begin = text.find('('), end = text.find('+', begin);
  if (begin == std::string::npos || end == std::string::npos || end == begin + 1) return text;
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(text.substr(begin + 1, end - begin - 1).c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 ? name.get() : text.substr(begin + 1, end - begin - 1);
}

}  // namespace

AllocationCounter::AllocationCounter() {
  // The first call loads a library.
  std::array<void*, 1> unused;
  backtrace(unused.data(), 1);
  total = 0;
  place_count = 0;
  seen = {};
}

void AllocationCounter::begin() { counting = kCounts; }
void AllocationCounter::end() { counting = false; }
uint64_t AllocationCounter::allocations() const { return total; }

std::string AllocationCounter::places() const {
  std::string text;
  for (size_t i = 0; i < place_count; ++i) {
    text += std::to_string(seen[i].count) + " times:\n";
    const auto used = std::find(seen[i].calls.begin(), seen[i].calls.end(), nullptr) - seen[i].calls.begin();
    const std::unique_ptr<char*, decltype(&std::free)> names(
        backtrace_symbols(seen[i].calls.data(), static_cast<int>(used)), &std::free);
    for (int c = 0; c < used; ++c) text += "    " + readable(names.get()[c]) + "\n";
  }
  return text;
}

}  // namespace tutti::test

#ifndef TUTTI_SANITIZED

using tutti::test::counting;
using tutti::test::note;

extern "C" {

// glibc's own, under the names that it keeps for those who stand before them.
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* old, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
void __libc_free(void* memory);

void* malloc(size_t size) {
  if (counting) note();
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  if (counting) note();
  return __libc_calloc(count, size);
}
void* realloc(void* old, size_t size) {
  if (counting) note();
  return __libc_realloc(old, size);
}
void* memalign(size_t alignment, size_t size) {
  if (counting) note();
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  if (counting) note();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** out, size_t alignment, size_t size) {
  if (counting) note();
  *out = __libc_memalign(alignment, size);
  return *out ? 0 : ENOMEM;
}
void free(void* memory) { __libc_free(memory); }

}  // extern "C"
#endif
