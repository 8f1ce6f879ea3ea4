// Random: where every random value comes from, handed in through constructors. SecureRandom asks OpenSSL, SeededRandom is
// its reproducible double for tests and simulation. Not shared between threads.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace tutti {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<uint8_t> out) = 0;

  uint32_t u32();
  uint64_t u64();
  // Uniform in [0, bound); bound 0 gives 0.
  uint64_t below(uint64_t bound);
  // `length` characters out of [A-Za-z0-9], for ids, ufrags and passwords: 5.95 bits each.
  std::string token(size_t length);
};

class SecureRandom final : public Random {
 public:
  void fill(std::span<uint8_t> out) override;
};

// SplitMix64: the same seed gives the same sequence on every machine. Never for secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  void fill(std::span<uint8_t> out) override;
  uint64_t next();
  // Uniform in [0, 1).
  double unit();

 private:
  uint64_t state_;
};

}  // namespace tutti
