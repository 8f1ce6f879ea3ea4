// Packets into an audio decoder as the jitter buffer calls it: the first byte names the codec, then each packet is a length, an order (decode,
// recover, conceal, reset) and bytes.
#include <algorithm>
#include <array>
#include <vector>

#include "support/fuzz.hpp"
#include "tutti/base/byte_reader.hpp"
#include "tutti/media/audio/decoder.hpp"

using namespace tutti;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader r({data, size});
  constexpr std::array<Codec, 4> kCodecs = {Codec::kOpus, Codec::kPcmu, Codec::kPcma, Codec::kG722};
  const uint8_t choice = r.u8();
  const auto decoder = audio::make_audio_decoder(kCodecs[choice % 4], choice % 4 == 0 && choice & 4 ? 2 : 1);
  const audio::AudioFormat format = decoder->format();
  std::vector<int16_t> pcm(format.samples(TimeDelta::millis(120)) * format.channels);
  while (r.ok() && r.remaining() > 2) {
    const uint8_t order = r.u8();
    const size_t length = r.u16() % 1300;
    const auto payload = r.bytes(std::min(length, r.remaining()));
    size_t samples = 0;
    switch (order % 4) {
      case 0:
      case 1: {
        const TimeDelta duration = decoder->duration(payload);
        samples = decoder->decode(payload, pcm);
        test::fuzz_require(samples == 0 || duration > TimeDelta::zero());
        break;
      }
      case 2: samples = decoder->decode_fec(payload, TimeDelta::millis(20), pcm); break;
      case 3: decoder->conceal(std::span(pcm).first(format.samples(TimeDelta::millis(order & 4 ? 10 : 20)) * format.channels)); break;
    }
    if (order == 0xFF) decoder->reset();
    test::fuzz_require(samples * format.channels <= pcm.size());
  }
  return 0;
}
