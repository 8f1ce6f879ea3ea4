// InterArrival: packets that left in one burst, or came in one, count as one group; between the last packets of two
// groups it tells how far apart they were sent and how far apart they arrived. draft-ietf-rmcat-gcc-02 §5.2. Owned by a
// DelayBasedEstimator.
#pragma once

#include <optional>

#include "tutti/base/units.hpp"

namespace tutti::cc {

class InterArrival {
 public:
  // Packets that leave within this of a group's first belong to it (§5.2).
  static constexpr TimeDelta kGroupLength = TimeDelta::millis(5);
  // Nor does a later packet open a group when it came this soon after the one before, faster than it was sent:
  // something on the path had held both. Unless the burst has lasted kMaxBurst.
  static constexpr TimeDelta kBurstGap = TimeDelta::millis(5);
  static constexpr TimeDelta kMaxBurst = TimeDelta::millis(100);
  // The receiver's clock was set if groups are this much further apart on it than on ours.
  static constexpr TimeDelta kClockJump = TimeDelta::seconds(3);
  // So many groups in a row that arrived before the one sent earlier are a clock set back.
  static constexpr int kMaxReordered = 3;

  struct Deltas {
    TimeDelta sent;
    TimeDelta arrived;
  };
  // A packet that arrived, in the order of sending. What the group that it closes says, if it closes one.
  std::optional<Deltas> on_packet(Timestamp now, Timestamp sent, Timestamp arrived);

 private:
  struct Group {
    Timestamp first_sent, last_sent;
    Timestamp first_arrived, last_arrived;
    Timestamp told;  // our clock, when feedback told of its last packet
  };
  static bool opens_group(const Group& group, Timestamp sent, Timestamp arrived);

  std::optional<Group> current_, previous_;
  int reordered_ = 0;
};

}  // namespace tutti::cc
