// A datagram as RTCP: the compound reader, then every parser on every packet of its type. What parses is written again
// and has to parse to the same.
#include <vector>

#include "support/fuzz.hpp"
#include "support/rtcp.hpp"
#include "tutti/wire/rtcp/bye.hpp"
#include "tutti/wire/rtcp/congestion_feedback.hpp"
#include "tutti/wire/rtcp/extended_reports.hpp"
#include "tutti/wire/rtcp/fir.hpp"
#include "tutti/wire/rtcp/nack.hpp"
#include "tutti/wire/rtcp/pli.hpp"
#include "tutti/wire/rtcp/receiver_report.hpp"
#include "tutti/wire/rtcp/remb.hpp"
#include "tutti/wire/rtcp/sdes.hpp"
#include "tutti/wire/rtcp/sender_report.hpp"
#include "tutti/wire/rtcp/transport_feedback.hpp"

using namespace tutti::rtcp;
using namespace tutti::test;

namespace {

template <class Packet>
void check(const PacketView& view) {
  const auto packet = parse_as<Packet>(view);
  if (!packet) return;
  const auto bytes = serialized(*packet);
  fuzz_require(!bytes.empty() && bytes.size() % 4 == 0);
  const auto again = only_packet(bytes);
  fuzz_require(again && again->type == view.type);
  fuzz_require(parse_as<Packet>(*again) == packet);
}

void check_by_type(const PacketView& view) {
  if (view.type == kTypeSenderReport) check<SenderReport>(view);
  if (view.type == kTypeReceiverReport) check<ReceiverReport>(view);
  if (view.type == kTypeSdes) check<Sdes>(view);
  if (view.type == kTypeBye) check<Bye>(view);
  if (view.type == kTypeExtendedReports) check<ExtendedReports>(view);
  if (view.type == kTypeRtpFeedback && view.format == kFormatNack) check<Nack>(view);
  if (view.type == kTypeRtpFeedback && view.format == kFormatTransportCc) check<TransportFeedback>(view);
  if (view.type == kTypeRtpFeedback && view.format == kFormatCongestionFeedback) check<CongestionFeedback>(view);
  if (view.type == kTypePayloadFeedback && view.format == kFormatPli) check<Pli>(view);
  if (view.type == kTypePayloadFeedback && view.format == kFormatFir) check<Fir>(view);
  if (view.type == kTypePayloadFeedback && view.format == kFormatRemb) check<Remb>(view);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto reader = CompoundReader::open({data, size});
  if (!reader) return 0;
  while (const auto packet = reader->next()) check_by_type(*packet);
  return 0;
}
