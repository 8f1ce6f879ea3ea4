#include "tutti/base/random.hpp"

#include <openssl/rand.h>

#include <array>
#include <stdexcept>

namespace tutti {

uint32_t Random::u32() { return static_cast<uint32_t>(u64()); }

uint64_t Random::u64() {
  std::array<uint8_t, 8> b;
  fill(b);
  uint64_t v = 0;
  for (uint8_t x : b) v = v << 8 | x;
  return v;
}

uint64_t Random::below(uint64_t bound) {
  if (bound == 0) return 0;
  // Values under `reject` would make the low results likelier than the high ones.
  const uint64_t reject = (0 - bound) % bound;
  for (;;) {
    if (const uint64_t v = u64(); v >= reject) return v % bound;
  }
}

std::string Random::token(size_t length) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string out(length, ' ');
  for (char& c : out) c = kAlphabet[below(kAlphabet.size())];
  return out;
}

void SecureRandom::fill(std::span<uint8_t> out) {
  if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1) throw std::runtime_error("the system has no randomness");
}

uint64_t SeededRandom::next() {
  uint64_t z = state_ += 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

double SeededRandom::unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

void SeededRandom::fill(std::span<uint8_t> out) {
  uint64_t v = 0;
  for (size_t i = 0; i < out.size(); ++i) {
    if (i % 8 == 0) v = next();
    out[i] = static_cast<uint8_t>(v >> (8 * (i % 8)));
  }
}

}  // namespace tutti
