// The allocator: shares what the path to one receiver carries out among its video slots: which encoding, spatial and
// temporal layer each of them gets, or none, and why. A pure function of the estimate, the tracks and what the viewer
// asks for; the router calls it and carries out what it says. src/room/README.md has goal and algorithm. Any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "tutti/base/small_vector.hpp"
#include "tutti/base/units.hpp"

namespace tutti::room {

// One thing that a slot could be sent of a track: an encoding (simulcast) up to one of its spatial and temporal layers
// (SVC).
struct LayerKey {
  uint8_t encoding = 0, spatial = 0, temporal = 0;
  auto operator<=>(const LayerKey&) const = default;
  bool same_size(const LayerKey& o) const { return encoding == o.encoding && spatial == o.spatial; }
};

enum class LayerState : uint8_t {
  kAbsent,    // wanted, and does not come
  kPromised,  // does not come, but nobody wanted it until just now
  kSent,
};

struct LayerOption {
  LayerKey key;
  uint32_t height = 0;  // lines; a guess where the stream has not said
  double fps = 30;
  DataRate rate;  // with all layers that it depends on
  LayerState state = LayerState::kSent;
  DataRate usual;  // of its size, where `rate` is a careful guess: nothing has been measured yet
};

struct LayerWish {
  std::optional<uint8_t> encoding;  // outweighs the height
  std::optional<uint16_t> max_height;
  std::optional<uint16_t> max_fps;
  std::optional<uint8_t> max_temporal;
  bool operator==(const LayerWish&) const = default;
};

// Of a slot, where the viewer does not name one. Twice the priority gets the next layer when it makes up no more than
// twice the rate.
namespace priority {
constexpr uint8_t kScreen = 80, kPinned = 60, kSpeaker = 40, kOther = 10, kMost = 100;
}  // namespace priority

struct SlotRequest {
  std::span<const LayerOption> options;  // of its track, ascending by key, at least one
  LayerWish wish;
  uint8_t priority = priority::kOther;
  bool prefers_detail = false;      // a screen: rather few large pictures than many small ones
  bool is_silent = false;           // nothing is sent for it whatever is chosen (a muted track), so it costs nothing
  std::optional<LayerKey> current;  // what it has; nothing before it is shown, and while it is paused
  bool is_steady = false;           // shows the same for the same wish as before, so hysteresis applies
  bool may_grow = true;             // its last loss of size is long enough ago
  bool may_quicken = true;          // its last loss of frame rate is
  bool may_leap = true;             // either is, for what there is plenty of bandwidth for
};

enum class AllocationReason : uint8_t {
  kNone,       // the best that there is
  kViewer,     // the best that is asked for
  kPublisher,  // the best that is sent
  kBandwidth,
  kSettling,  // there would be bandwidth for more, but not for long enough or not with a margin
};
std::string_view to_string(AllocationReason reason);

struct SlotAllocation {
  std::optional<uint8_t> option;  // index; nothing: paused, for lack of bandwidth
  uint8_t ideal = 0;              // index of what the wish means, be it sent or not
  uint8_t wanted_encoding = 0;    // that the publisher should send for it
  DataRate rate;                  // that it was granted
  AllocationReason reason = AllocationReason::kNone;
  bool operator==(const SlotAllocation&) const = default;
};

// What may be sent beyond the budget so that the first slot shows something: as much again, and no more than this.
constexpr DataRate kMostOversend = DataRate::kbps(500);
// A slot rises to a larger picture only if there is so many times what all need then; to a higher frame rate, which
// costs nobody a keyframe and is seen less, for less. Some seconds after a fall if there is plenty.
constexpr double kRiseMargin = 1.05, kFrameRateMargin = 1.02, kPlenty = 1.25;

struct Allocation {
  SmallVector<SlotAllocation, 16> slots;  // as the requests
  DataRate used;
  DataRate needed;  // by all at their ideal layers
};

// `budget`: for video; nothing: there is no estimate, and everybody gets what it asks for.
Allocation allocate(std::optional<DataRate> budget, std::span<const SlotRequest> slots);

// What is left for video of a target for everything: audio goes first, and a part of the rest is kept for what is lost
// and sent again.
DataRate video_budget(DataRate target, DataRate audio, double loss);

}  // namespace tutti::room
