// Both SRTP backends through the same script: any difference in what they seal, open or refuse ends the process. Where
// there is only one backend, nothing is compared.
#include "support/fuzz.hpp"
#include "support/srtp_script.hpp"

using namespace tutti::test;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static SrtpTwins twins;
  if (!twins.available()) return 0;
  twins.clear();
  SrtpScript script(twins);
  script.play({data, size});
  fuzz_require(twins.difference().empty());
  return 0;
}
