// VideoMix: the pictures of one room: what its layouts show is decoded, each composition that somebody watches is drawn
// at each tick, and encoded for its watchers. The work is done on the codec pool; this decides what is done. Owned by
// McuRouter.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "routing/mcu/capture_age.hpp"
#include "routing/mcu/composition.hpp"
#include "routing/mcu/rung_limit.hpp"
#include "routing/mcu/schedule.hpp"
#include "routing/mcu/video_source.hpp"

namespace tutti::routing {

class VideoMix {
 public:
  explicit VideoMix(room::RouterHost& host);

  void remove_source(Timestamp now, room::Track& track);
  void on_rtp(Timestamp now, const room::Track& track, const peer::MediaPacket& packet);
  void on_keyframe_needed(const room::Subscription& slot);

  // Shows the composition that the slot wishes; why not, if not. Again at any time.
  room::SlotReason serve(Timestamp now, room::Subscription& slot);
  // What the path to a watcher carries may have changed.
  void follow_rate(Timestamp now, room::Participant& watcher);
  void stop_serving(Timestamp now, room::Subscription& slot);
  Result<void> admit(const peer::ReceiveSpec& slot, const room::Subscription::Wish& wish) const;

  Timestamp next_deadline() const { return compositions_.empty() ? Timestamp::never() : schedule_.next(); }
  void handle_deadline(Timestamp now);

  // Jobs that come back.
  void on_decoded(Timestamp now, DecodeJob& job);
  void on_drawn(ComposeJob& job);
  void on_encoded(Timestamp now, EncodeJob& job);

  void add_source_stats(const room::Track& track, uint8_t layer, room::StatsEntry& entry) const;
  void add_stats(std::vector<room::StatsEntry>& out) const;
  void add_cost(room::LayoutInfo& info) const;

 private:
  // Somebody in the picture.
  struct Shown {
    uint64_t id = 0;
    room::Participant* participant = nullptr;
    room::Track* video = nullptr;  // null: the still
    bool speaking = false;
  };
  struct Served {
    Composition* by = nullptr;
    RungLimit limit;
  };
  Composition* find(std::string_view layout, const room::Participant* without) const;
  Composition* find(uint64_t id) const;
  room::SlotReason watch(Timestamp now, room::Subscription& slot, const std::string& layout,
                         const room::Participant* without);
  const room::Participant* left_out(const room::Subscription& slot) const;
  bool update_limit(Timestamp now, const room::Subscription& slot, RungLimit& limit) const;
  void drop_unwatched(Timestamp now);
  void tick(const Schedule::Step& step, Timestamp now);
  void gather(Timestamp now);
  // Null if there is no decoder for it. One that has paused and gets none yet has its last picture for a while.
  VideoSource* source_for(room::Track& track);
  void draw(Timestamp now, const Schedule::Step& step, Composition& composition);
  void watch_over(Timestamp now);

  room::RouterHost& host_;
  Schedule schedule_;
  std::vector<std::unique_ptr<Composition>> compositions_;
  std::unordered_map<const room::Subscription*, Served> served_;
  std::unordered_map<uint64_t, std::unique_ptr<VideoSource>> sources_;  // by track
  uint64_t next_composition_ = 1;

  // Of the tick under way.
  std::vector<Shown> shown_;
  std::unordered_map<uint64_t, uint32_t> heights_;  // by track: of its largest tile
  SmoothedAge age_;

  uint64_t skipped_before_ = 0, watched_steps_ = 0;
  Timestamp warned_at_ = Timestamp::long_ago();
};

}  // namespace tutti::routing
