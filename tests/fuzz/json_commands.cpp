// Any bytes as the body of every request that takes JSON, and as a WHIP fragment: each
// reader sees the same text, so one corpus serves all.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "api/command_reader.hpp"
#include "api/sdp_fragment.hpp"

using namespace tutti;
using namespace tutti::api;

namespace {

// A body that is refused says why.
template <class T>
void check(const Read<T>& read) {
  if (!read && (read.error().status != 400 || read.error().detail.empty())) std::abort();
}

// What the compositor may rely on.
void check_layout(const video::LayoutSpec& spec) {
  const bool custom = spec.kind == video::LayoutKind::kCustom;
  if (custom == spec.rectangles.empty() || spec.rectangles.size() > video::kMaxTiles) std::abort();
  if (spec.max_tiles < 1 || spec.max_tiles > video::kMaxTiles || spec.border_width > 16) std::abort();
  for (const video::LayoutRectangle& r : spec.rectangles) {
    if (!(r.x >= 0 && r.y >= 0 && r.width > 0 && r.height > 0 && r.x + r.width <= 1 && r.y + r.height <= 1)) {
      std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const RoomId room("r");
  const ParticipantId ada("ada");
  const ReaderLimits limits;
  check(read_create_room(text, RoomId(), limits));
  check(read_create_room(text, room, limits));
  check(read_update_room(text, room, limits));
  const auto join = read_join(text, room, limits);
  check(join);
  if (join) {
    if (const auto* keyed = std::get_if<room::KeyedJoin>(&join->transport)) {
      if (keyed->publish.size() > kMaxPublish || keyed->receive.size() > kMaxReceive) std::abort();
      if (keyed->encrypted && keyed->receive_key.size() != master_key_size(keyed->suite)) std::abort();
      if (!keyed->remote && keyed->publish.empty()) std::abort();
    }
  }
  check(read_update_participant(text, room, ada, limits));
  check(read_subscriptions(text, room, ada, true));
  const auto layout = read_layout(text, room, "stage");
  check(layout);
  if (layout) check_layout(layout->layout.spec);
  parse_ice_fragment(text);
  first_section_candidates(text);
  return 0;
}
