// Payloads of RFC 3389, each after a byte of its length: what they say is within bounds, the same after it was written,
// and makes noise that comes back to silence.
#include <algorithm>
#include <array>
#include <cmath>

#include "support/fuzz.hpp"
#include "tutti/base/byte_reader.hpp"
#include "tutti/media/audio/comfort_noise.hpp"

using namespace tutti;
using audio::NoiseDescription;
using tutti::test::fuzz_require;

namespace {

constexpr size_t kMostPayloads = 64;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader reader({data, size});
  audio::ComfortNoise noise({16'000, 1}, 1);
  std::array<int16_t, 320> pcm;
  for (size_t i = 0; i < kMostPayloads && reader.remaining() > 0; ++i) {
    const size_t length = reader.u8();
    const auto payload = reader.bytes(std::min(length, reader.remaining()));
    const auto description = NoiseDescription::parse(payload);
    fuzz_require(description.has_value() == !payload.empty());
    if (!description) continue;
    fuzz_require(description->level <= NoiseDescription::kQuietest &&
                 description->order <= NoiseDescription::kMaxOrder);
    for (const float k : description->reflection) fuzz_require(std::abs(k) < 1);
    std::array<uint8_t, 1 + NoiseDescription::kMaxOrder> written;
    const size_t bytes = description->write(written);
    fuzz_require(bytes == 1U + description->order);
    fuzz_require(NoiseDescription::parse(std::span(written).first(bytes))->level == description->level);
    noise.describe(*description);
    noise.generate(pcm);
  }
  noise.describe({});
  for (int i = 0; i < 100; ++i) noise.generate(pcm);
  for (const int16_t sample : pcm) fuzz_require(std::abs(sample) <= 1);
  return 0;
}
