// Lengths and bytes as packets of a source and FEC packets over it: what comes back is a packet of the source, and no
// more than what is kept is kept.
#include "support/fuzz.hpp"
#include "tutti/proto/fec/flexfec_receiver.hpp"
#include "tutti/wire/rtp/header.hpp"

using namespace tutti;
using tutti::test::fuzz_require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (const auto header = fec::FlexfecHeader::parse({data, size})) {
    std::array<uint8_t, fec::FlexfecHeader::kMaxSize> out;
    const size_t written = header->serialize(out);
    const auto again = fec::FlexfecHeader::parse(std::span(out).first(written));
    fuzz_require(again && again->mask == header->mask && again->base == header->base &&
                 again->length == header->length);
  }
  rtp::ExtensionIds ids;
  ids.set(rtp::Extension::kTransportSequenceNumber, 3);
  constexpr Ssrc kSource{0x11223344};
  fec::FlexfecReceiver receiver(kSource, ids);
  std::span<const uint8_t> rest(data, size);
  while (rest.size() > 2) {
    const bool is_fec = (rest[0] & 1) != 0;
    const size_t length = std::min<size_t>(rest[1] * size_t{8}, rest.size() - 2);
    const auto one = rest.subspan(2, length);
    const auto back = is_fec ? receiver.on_fec(one) : receiver.on_packet(one);
    for (const auto& packet : back) {
      const auto parsed = rtp::parse(packet);
      fuzz_require(packet.size() >= rtp::kFixedHeaderSize && (!parsed || parsed->ssrc == kSource));
    }
    rest = rest.subspan(2 + length);
  }
  return 0;
}
