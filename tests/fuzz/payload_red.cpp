// An RTP payload as RED, and each of its blocks as Opus: blocks lie within the payload, in order and without overlap.
#include "support/fuzz.hpp"
#include "tutti/wire/payload/opus.hpp"
#include "tutti/wire/payload/red.hpp"

using namespace tutti::payload;
using tutti::test::fuzz_require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto red = RedPayload::parse({data, size});
  if (!red) return 0;
  fuzz_require(!red->blocks().empty() && red->blocks().size() <= RedPayload::kMaxBlocks);
  const uint8_t* at = data + 4 * (red->blocks().size() - 1) + 1;
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
