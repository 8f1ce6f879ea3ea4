// A body as RFC 8888 feedback: what parses is written again and parses to the same; and a history of sent packets that
// it is given to tells of each packet once, in the order of sending.
#include "tutti/wire/rtcp/congestion_feedback.hpp"
#include "support/fuzz.hpp"
#include "support/rtcp.hpp"
#include "tutti/proto/cc/sent_packet_history.hpp"

using namespace tutti;
using namespace tutti::test;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto feedback = rtcp::CongestionFeedback::parse({data, size});
  if (!feedback) return 0;
  const auto bytes = serialized(*feedback);
  fuzz_require(parse_whole<rtcp::CongestionFeedback>(bytes) == feedback);

  cc::SentPacketHistory history;
  for (const auto& stream : feedback->streams) {
    for (int i = -1; i < 20; ++i) {
      history.on_sent(Timestamp::from_ms(i), DataSize::bytes(1000), 0, stream.source, stream.begin + i);
    }
  }
  int64_t last = -1;
  size_t lost = 0;
  for (const cc::PacketResult& result : history.on_feedback(*feedback)) {
    fuzz_require(result.sequence.value() > last && !result.was_lost);
    last = result.sequence.value();
    if (!result.arrived) ++lost;
  }
  fuzz_require(history.on_feedback(*feedback).empty() && history.lost() == lost);
  return 0;
}
