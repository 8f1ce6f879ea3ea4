#include "routing/mcu/video_mix.hpp"

#include <algorithm>

#include "routing/mcu/mix_budget.hpp"
#include "routing/mcu/mixer_stats.hpp"
#include "tutti/base/log.hpp"
#include "tutti/base/small_vector.hpp"

namespace tutti::routing {
namespace {

using room::SlotReason;
using room::Subscription;

// A source's number beside those of tracks: a participant's own place, which stays when its camera comes and goes.
constexpr uint64_t kPlaceOf = uint64_t{1} << 62;

const std::string& layout_of(const Subscription::Wish& wish) {
  static const std::string kDefault = "default";
  return wish.layout.empty() ? kDefault : wish.layout;
}

bool publishes_video(const room::Participant& participant) {
  return std::any_of(participant.tracks.begin(), participant.tracks.end(),
                     [](const auto& t) { return t && t->kind() == MediaKind::kVideo; });
}

std::string shown_name(const room::Participant& participant, video::DecodeError error) {
  std::string name = participant.name.empty() ? participant.id().str() : participant.name;
  if (error != video::DecodeError::kNone && error != video::DecodeError::kNeedsKeyframe)
    name += " (" + std::string(video::to_string(error)) + ")";
  return name;
}

}  // namespace

void DecodeJob::deliver(Timestamp now, VideoMix& mix) { mix.on_decoded(now, *this); }
void ComposeJob::deliver(Timestamp, VideoMix& mix) { mix.on_drawn(*this); }
void EncodeJob::deliver(Timestamp now, VideoMix& mix) { mix.on_encoded(now, *this); }

VideoMix::VideoMix(room::RouterHost& host)
    : host_(host), schedule_(TimeDelta::micros(1'000'000 / static_cast<int64_t>(host.mixing().rungs.front().fps))) {}

void VideoMix::remove_source(Timestamp, room::Track& track) { sources_.erase(track.number()); }

void VideoMix::on_rtp(Timestamp now, const room::Track& track, const peer::MediaPacket& packet) {
  if (auto it = sources_.find(track.number()); it != sources_.end()) it->second->on_rtp(now, packet);
}

void VideoMix::on_keyframe_needed(const Subscription& slot) {
  if (auto it = served_.find(&slot); it != served_.end()) it->second.by->on_keyframe_needed(slot);
}

Composition* VideoMix::find(std::string_view layout, const room::Participant* without) const {
  for (const auto& c : compositions_) {
    if (c->layout() == layout && c->without() == without) return c.get();
  }
  return nullptr;
}

Composition* VideoMix::find(uint64_t id) const {
  for (const auto& c : compositions_) {
    if (c->id() == id) return c.get();
  }
  return nullptr;
}

const room::Participant* VideoMix::left_out(const Subscription& slot) const {
  const bool hides = layout_named(host_, layout_of(slot.wish)).hide_self && publishes_video(slot.subscriber());
  return hides ? &slot.subscriber() : nullptr;
}

SlotReason VideoMix::watch(Timestamp now, Subscription& slot, const std::string& layout,
                           const room::Participant* without) {
  Composition* wanted = find(layout, without);
  if (!wanted)
    wanted =
        compositions_.emplace_back(std::make_unique<Composition>(host_, next_composition_++, layout, without)).get();
  Served& served = served_[&slot];
  if (served.by && served.by != wanted) served.by->remove(slot);
  served.by = wanted;
  update_limit(now, slot, served.limit);
  const SlotReason reason = wanted->serve(now, slot, served.limit.top());
  if (reason == SlotReason::kNone) return reason;
  wanted->remove(slot);
  served_.erase(&slot);
  return reason;
}

SlotReason VideoMix::serve(Timestamp now, Subscription& slot) {
  const room::Participant* without = left_out(slot);
  const std::string& layout = layout_of(slot.wish);
  SlotReason reason = watch(now, slot, layout, without);
  // To see oneself is better than to see nobody.
  if (reason == SlotReason::kOverloaded && without) reason = watch(now, slot, layout, nullptr);
  drop_unwatched(now);
  if (!schedule_.is_running() && !compositions_.empty()) schedule_.start(now);
  return reason;
}

bool VideoMix::update_limit(Timestamp now, const Subscription& slot, RungLimit& limit) const {
  const auto budget = MixBudget::for_picture(slot.subscriber());
  if (!budget) return false;
  SmallVector<DataRate, 8> rates;
  const auto& rungs = host_.mixing().rungs;
  for (auto rung = rungs.rbegin(); rung != rungs.rend(); ++rung) rates.push_back(rung->bitrate);
  return limit.update(now, *budget, rates);
}

void VideoMix::follow_rate(Timestamp now, room::Participant& watcher) {
  for (auto& slot : watcher.subscriptions) {
    auto it = served_.find(slot.get());
    if (it != served_.end() && update_limit(now, *slot, it->second.limit)) it->second.by->serve(now, *slot, it->second.limit.top());
  }
}

void VideoMix::stop_serving(Timestamp now, Subscription& slot) {
  auto it = served_.find(&slot);
  if (it == served_.end()) return;
  it->second.by->remove(slot);
  served_.erase(it);
  // At once: the participant that a composition leaves out may be about to go.
  drop_unwatched(now);
}

Result<void> VideoMix::admit(const peer::ReceiveSpec& slot, const Subscription::Wish& wish) const {
  const Composition* composition = find(layout_of(wish), nullptr);
  const bool needs = !composition || composition->needs_encoder(slot, wish.max_height);
  if (!needs || host_.mixing_load().video_encoders < host_.mixing().max_video_encoders) return {};
  return Error{ErrorKind::kUnavailable,
               "mixing-overloaded",
               "this would need another video encoder, and all " + std::to_string(host_.mixing().max_video_encoders) +
                   " are in use; another max_height or layout may be encoded already",
               {}};
}

void VideoMix::drop_unwatched(Timestamp now) {
  for (auto& c : compositions_) c->drop_unwatched(now);
  std::erase_if(compositions_, [](const auto& c) { return c->empty(); });
  if (!compositions_.empty()) return;
  schedule_.stop();
  // Nobody looks: nothing is decoded.
  for (auto& [number, source] : sources_) source->pause(now);
  sources_.clear();
}

void VideoMix::handle_deadline(Timestamp now) {
  drop_unwatched(now);
  // Only the newest of steps that are due: a picture that is late is not drawn twice.
  std::optional<Schedule::Step> due;
  while (!compositions_.empty()) {
    const auto step = schedule_.take(now);
    if (!step) break;
    due = step;
  }
  if (due) tick(*due, now);
}

void VideoMix::tick(const Schedule::Step& step, Timestamp now) {
  gather(now);
  heights_.clear();
  for (auto& c : compositions_) draw(now, step, *c);

  TimeDelta age;
  int64_t aged = 0;
  for (auto it = sources_.begin(); it != sources_.end();) {
    VideoSource& source = *it->second;
    const auto height = heights_.find(it->first);
    if (height == heights_.end()) {
      source.pause(now);
      it = source.is_forgettable(now) ? sources_.erase(it) : std::next(it);
      continue;
    }
    source.fit(now, height->second);
    source.handle_time(now);
    // How old pictures are when they are first shown; one that stands still gets no older for lip-sync.
    if (const video::PictureRef picture = source.picture(now); picture && source.take_news()) {
      age += now - picture->captured;
      ++aged;
    }
    ++it;
  }
  if (aged > 0) age_.add(age / aged);
  if (step.number % host_.mixing().rungs.front().fps != 0) return;
  for (auto& c : compositions_) c->set_age(step.time, step.number, age_.value());
  for (room::Participant* watcher : host_.participants()) follow_rate(now, *watcher);
  watch_over(now);
}

// Who is in the picture at all: everybody who publishes something, by camera or still, and every shared screen.
void VideoMix::gather(Timestamp now) {
  shown_.clear();
  for (room::Participant* participant : host_.participants()) {
    Shown person;
    bool speaking = false;
    for (const auto& track : participant->tracks) {
      if (!track) continue;
      if (person.id == 0) person.id = kPlaceOf | track->number();
      if (track->kind() == MediaKind::kAudio) {
        speaking |= !track->muted && host_.speakers().loudness(track->number(), now) > 0;
      } else if (track->is_screen()) {
        shown_.push_back({track->number(), participant, track.get(), false});
      } else if (!person.video) {
        person.video = track.get();
      } else {
        shown_.push_back({track->number(), participant, track.get(), false});
      }
    }
    if (person.id == 0) continue;
    person.participant = participant;
    person.speaking = speaking;
    // Who only shares a screen is seen by it.
    if (!person.video && !shown_.empty() && shown_.back().participant == participant) continue;
    shown_.push_back(person);
  }
}

VideoSource* VideoMix::source_for(room::Track& track) {
  const auto source = sources_.find(track.number());
  const bool room_for_one = host_.mixing_load().video_decoders < host_.mixing().max_video_decoders;
  if (source != sources_.end()) {
    if (!source->second->decodes() && room_for_one) source->second->resume();
    return source->second.get();
  }
  if (!room_for_one) return nullptr;
  return sources_.emplace(track.number(), std::make_unique<VideoSource>(host_, track)).first->second.get();
}

void VideoMix::draw(Timestamp now, const Schedule::Step& step, Composition& composition) {
  std::vector<video::LayoutSource> candidates;
  for (const Shown& s : shown_) {
    if (s.participant == composition.without()) continue;
    int64_t last_spoke = 0;
    for (const auto& track : s.participant->tracks) {
      if (track && track->kind() == MediaKind::kAudio)
        last_spoke = std::max(last_spoke, host_.speakers().last_spoke(track->number()).us());
    }
    candidates.push_back({s.id, s.participant->id(), s.video && s.video->is_screen(), s.video != nullptr, s.speaking,
                          std::max<int64_t>(0, last_spoke)});
  }
  uint64_t fingerprint = 0;
  auto mix_in = [&fingerprint](uint64_t v) { fingerprint = (fingerprint ^ v) * 0x100000001b3; };
  std::vector<video::TileContent> tiles;
  for (const video::Tile& tile : composition.arrange(candidates)) {
    const auto shown = std::find_if(shown_.begin(), shown_.end(), [&](const Shown& s) { return s.id == tile.source; });
    if (shown == shown_.end()) continue;
    video::TileContent& content = tiles.emplace_back();
    content.tile = tile;
    content.speaking = shown->speaking;
    video::DecodeError error = video::DecodeError::kNone;
    if (shown->video) {
      if (VideoSource* source = source_for(*shown->video)) {
        if (source->decodes()) {
          uint32_t& height = heights_[shown->video->number()];
          height = std::max(height, tile.height);
        }
        content.picture = source->picture(now);
        error = source->error();
        mix_in(source->pictures());
      }
    }
    content.name = shown_name(*shown->participant, error);
    for (const char c : content.name) mix_in(static_cast<uint8_t>(c));
    mix_in(content.speaking);
    mix_in(content.picture != nullptr);
    mix_in(tile.source);
    mix_in(uint64_t{tile.x} << 48 | uint64_t{tile.y} << 32 | uint64_t{tile.width} << 16 | tile.height);
  }
  const video::LayoutSpec& spec = layout_named(host_, composition.layout()).spec;
  mix_in(uint64_t{spec.background} << 32 | spec.border);
  mix_in(uint64_t{spec.border_width} << 1 | (spec.names ? 1 : 0));
  composition.draw(step.number, step.time, std::move(tiles), fingerprint);
}

// Says so when the pool is behind: pictures are left out then, and nobody would know why.
void VideoMix::watch_over(Timestamp now) {
  uint64_t skipped = schedule_.skipped();
  for (const auto& c : compositions_) skipped += c->skipped_frames();
  const uint64_t lately = skipped - std::min(skipped, skipped_before_);
  const uint64_t steps = schedule_.steps() - watched_steps_;
  skipped_before_ = skipped;
  watched_steps_ = schedule_.steps();
  if (lately * 4 < steps || lately == 0 || now - warned_at_ < TimeDelta::seconds(10)) return;
  warned_at_ = now;
  log(LogLevel::kWarn, "codec threads are behind: pictures are left out",
      {{"skipped", std::to_string(lately)},
       {"of", std::to_string(steps)},
       {"compositions", std::to_string(compositions_.size())}});
}

void VideoMix::on_decoded(Timestamp now, DecodeJob& job) {
  if (auto it = sources_.find(job.source); it != sources_.end()) it->second->on_decoded(now, job);
}

void VideoMix::on_drawn(ComposeJob& job) {
  if (Composition* c = find(job.composition)) c->on_drawn(job);
}

void VideoMix::on_encoded(Timestamp now, EncodeJob& job) {
  if (Composition* c = find(job.composition)) c->on_encoded(now, job);
}

void VideoMix::add_source_stats(const room::Track& track, uint8_t layer, room::StatsEntry& entry) const {
  if (auto it = sources_.find(track.number()); it != sources_.end()) it->second->add_stats(layer, entry);
}

void VideoMix::add_stats(std::vector<room::StatsEntry>& out) const {
  for (const auto& c : compositions_) c->add_stats(out);
  if (!schedule_.is_running()) return;
  room::StatsEntry& e = add_mixer_entry(MediaKind::kVideo, schedule_, sources_.size(), out);
  for (const auto& c : compositions_) *e.skipped_frames += c->skipped_frames();
}

void VideoMix::add_cost(room::LayoutInfo& info) const {
  for (const auto& c : compositions_) {
    if (c->layout() != info.name) continue;
    ++info.compositions;
    info.encoders += c->encoders();
    info.watchers += c->watchers();
  }
}

}  // namespace tutti::routing
