// An RTP payload as RED, and each of its blocks as Opus: blocks lie within the payload, in order and without overlap,
// and fill it but for the oldest of very many.
#include "support/fuzz.hpp"
#include "tutti/wire/payload/opus.hpp"
#include "tutti/wire/payload/red.hpp"

using namespace tutti::payload;
using tutti::test::fuzz_require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto red = RedPayload::parse({data, size});
  if (!red) return 0;
  fuzz_require(!red->blocks().empty() && red->blocks().size() <= RedPayload::kMaxBlocks);
  size_t redundant = 0;
  while ((data[4 * redundant] & 0x80) != 0) ++redundant;
  const uint8_t* at = data + 4 * redundant + 1;
  for (size_t i = 0; i + RedPayload::kMaxBlocks <= redundant; ++i) at += (data[4 * i + 2] & 3) << 8 | data[4 * i + 3];
  for (const RedBlock& block : red->blocks()) {
    fuzz_require(block.data.empty() || block.data.data() == at);
    at += block.data.size();
    const auto samples = opus_duration_samples(block.data);
    fuzz_require(!samples || (*samples > 0 && *samples <= 5760));
    (void)is_opus_dtx(block.data);
    (void)is_opus_stereo(block.data);
  }
  fuzz_require(at == data + size);
  return 0;
}
