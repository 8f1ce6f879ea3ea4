// The RTP header and its extensions: whatever is parsed stays within the packet, and is the same after it is written again.
#include <array>
#include <cstdlib>

#include "tutti/wire/rtp/extensions.hpp"
#include "tutti/wire/rtp/header.hpp"

using namespace tutti;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> bytes(data, size);
  auto packet = rtp::parse(bytes);
  (void)rtp::is_rtcp(bytes);
  if (!packet) return 0;
  if (packet->header_size + packet->payload.size() != size) std::abort();
  const bool two_byte = packet->extension_profile != rtp::kOneByteProfile;
  rtp::ExtensionWriter writer(two_byte);
  std::array<std::optional<std::span<const uint8_t>>, 256> kept;
  for (int id = 0; id < 256; ++id) {
    const auto found = rtp::find_extension(packet->extension_profile, packet->extensions, static_cast<uint8_t>(id));
    if (!found) continue;
    if (!found->empty() && (found->data() < data || found->data() + found->size() > data + size)) std::abort();
    if (writer.add(static_cast<uint8_t>(id), *found)) kept[static_cast<size_t>(id)] = found;
  }
  std::array<uint8_t, 512> out;
  const size_t written = rtp::write_header({packet->marker, packet->payload_type, packet->sequence, packet->timestamp, packet->ssrc}, writer.finish(), out);
  const auto again = rtp::parse(std::span(out).first(written));
  if (!again || again->sequence != packet->sequence || again->ssrc != packet->ssrc || again->marker != packet->marker) std::abort();
  for (size_t id = 0; id < 256; ++id) {
    if (!kept[id]) continue;
    const auto found = rtp::find_extension(again->extension_profile, again->extensions, static_cast<uint8_t>(id));
    if (!found || found->size() != kept[id]->size()) std::abort();
  }
  const size_t before = packet->payload.size();
  if (rtp::strip_padding(*packet) && packet->payload.size() > before) std::abort();
  return 0;
}
