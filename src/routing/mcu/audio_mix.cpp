#include "routing/mcu/audio_mix.hpp"

#include <algorithm>
#include <array>

#include "routing/mcu/mix_budget.hpp"
#include "routing/mcu/mixer_stats.hpp"
#include "tutti/wire/sdp/session.hpp"

namespace tutti::routing {
namespace {

// What receivers lose, in percent, rounded up to what encoders are made for: each is a class of its own.
constexpr std::array<uint8_t, 4> kLossBuckets = {0, 5, 10, 20};
// A lower bucket must do for so long before it is taken.
constexpr TimeDelta kPathImprovesAfter = TimeDelta::seconds(5);
constexpr size_t kMaxClasses = 8;
constexpr TimeDelta kTimingInterval = TimeDelta::seconds(1);

uint8_t loss_bucket(double fraction) {
  const double percent = fraction * 100;
  if (percent < 1) return kLossBuckets[0];
  if (percent < 5) return kLossBuckets[1];
  return percent < 12 ? kLossBuckets[2] : kLossBuckets[3];
}

// Bitrates are rounded down to these, so that classes stay few.
constexpr std::array<int64_t, 7> kBitrates = {12'000, 16'000, 24'000, 32'000, 48'000, 64'000, 96'000};

DataRate round_down(int64_t bps) {
  int64_t rounded = kBitrates.front();
  for (const int64_t b : kBitrates) {
    if (b <= bps) rounded = b;
  }
  return DataRate::bps(rounded);
}

}  // namespace

AudioMix::AudioMix(room::RouterHost& host)
    : host_(host),
      frame_(host.mixing().audio_frame),
      schedule_(frame_),
      selector_({.max_selected = host.mixing().max_speakers}),
      mono_({audio::kMixRateHz, 1}, frame_),
      stereo_({audio::kMixRateHz, 2}, frame_) {}

void AudioMix::add_source(room::Track& track) {
  auto source = AudioSource::make(track, frame_);
  if (!source) return;
  by_track_[track.number()] = source.get();
  sources_.push_back(std::move(source));
}

void AudioMix::remove_source(room::Track& track) {
  auto it = by_track_.find(track.number());
  if (it == by_track_.end()) return;
  std::erase_if(contributors_, [&](const Contributor& c) { return c.participant == &it->second->participant(); });
  if (schedule_.is_running() && it->second->is_audible()) last_words_.push_back(fade_out(*it->second));
  std::erase_if(sources_, [&](const auto& s) { return s.get() == it->second; });
  by_track_.erase(it);
}

// Cut in the middle of a word it would click.
AudioMix::LastWords AudioMix::fade_out(AudioSource& source) const {
  LastWords words{source.channels(), {}, 0};
  source.select(schedule_.next(), false);
  for (Timestamp time = schedule_.next(); source.is_audible(); time = time + frame_) {
    const auto pcm = source.pull(time);
    words.pcm.insert(words.pcm.end(), pcm.begin(), pcm.end());
  }
  return words;
}

void AudioMix::on_rtp(Timestamp now, const room::Track& track, const peer::MediaPacket& packet) {
  // While nobody listens nothing is kept: time would not pass for it.
  if (!schedule_.is_running()) return;
  if (auto it = by_track_.find(track.number()); it != by_track_.end()) it->second->on_rtp(now, packet);
}

std::optional<AudioClass::Key> AudioMix::key_for(const room::Subscription& slot, const Served& served) const {
  for (const peer::CodecSpec& codec : slot.spec().codecs) {
    if (codec.codec != Codec::kOpus) {
      if (audio::make_audio_encoder({.codec = codec.codec, .frame = frame_}))
        return AudioClass::Key{codec.codec, 1, DataRate::kbps(64), 0};
      continue;
    }
    // RFC 7587 §6.1: stereo is what the receiver would rather have; maxaveragebitrate what it takes at most.
    const uint8_t channels = sdp::fmtp_number(codec.fmtp, "stereo", 0) == 1 ? 2 : 1;
    const int64_t bps = std::min<int64_t>(host_.mixing().audio_bitrate.bps() * channels,
                                          sdp::fmtp_number(codec.fmtp, "maxaveragebitrate", UINT32_MAX));
    const DataRate rounded = round_down(std::min(bps, served.rate.bps() > 0 ? served.rate.bps() : bps));
    const bool fec = sdp::fmtp_number(codec.fmtp, "useinbandfec", 0) == 1;
    return AudioClass::Key{Codec::kOpus, channels, rounded, fec ? served.loss : uint8_t{0}};
  }
  return std::nullopt;
}

AudioClass& AudioMix::class_for(const AudioClass::Key& key) {
  for (auto& c : classes_) {
    if (c->key() == key) return *c;
  }
  // Listeners choose their class by what they announce, and each costs K+1 encodes on the room's thread.
  if (classes_.size() >= kMaxClasses && key.codec == Codec::kOpus) {
    AudioClass* nearest = nullptr;
    for (auto& c : classes_) {
      if (c->key().codec == key.codec && (!nearest || c->key().channels == key.channels)) nearest = c.get();
    }
    if (nearest) return *nearest;
  }
  return *classes_.emplace_back(std::make_unique<AudioClass>(host_, key, frame_, host_.mixing().audio_complexity));
}

room::SlotReason AudioMix::serve(Timestamp now, room::Subscription& slot) {
  Served& served = served_[&slot];
  const auto key = key_for(slot, served);
  if (!key) {
    stop_serving(slot);
    return room::SlotReason::kCodec;
  }
  AudioClass& wanted = class_for(*key);
  if (served.by == &wanted) return room::SlotReason::kNone;
  if (served.by) served.by->remove(slot);
  served.by = &wanted;
  if (!wanted.add(now, slot)) {
    stop_serving(slot);
    return room::SlotReason::kCodec;
  }
  if (!schedule_.is_running()) {
    for (auto& source : sources_) source->restart();
    schedule_.start(now);
  }
  return room::SlotReason::kNone;
}

void AudioMix::stop_serving(room::Subscription& slot) {
  auto it = served_.find(&slot);
  if (it == served_.end()) return;
  if (it->second.by) it->second.by->remove(slot);
  served_.erase(it);
  drop_empty_classes();
}

void AudioMix::drop_empty_classes() {
  std::erase_if(classes_, [](const auto& c) { return c->empty(); });
  if (!classes_.empty()) return;
  schedule_.stop();
  contributors_.clear();
  last_words_.clear();
}

void AudioMix::handle_deadline(Timestamp now) {
  while (!classes_.empty()) {
    const auto step = schedule_.take(now);
    if (!step) return;
    host_.count(Counter::kMixTicks);
    if (step->late) host_.count(Counter::kMixTicksLate);
    mix(now, *step);
    if (step->number % (kTimingInterval.us() / frame_.us()) != 0) continue;
    follow_paths(now);
    for (auto& c : classes_) c->set_age(step->time, step->number, age_.value());
  }
}

void AudioMix::mix(Timestamp now, const Schedule::Step& step) {
  const Timestamp time = step.time;
  candidates_.clear();
  for (const auto& source : sources_) candidates_.push_back({source->track().number(), source->loudness(time)});
  selector_.update(time, candidates_);

  const bool any_stereo =
      std::any_of(classes_.begin(), classes_.end(), [](const auto& c) { return c->key().channels == 2; });
  mono_.clear();
  if (any_stereo) stereo_.clear();
  contributors_.clear();
  TimeDelta age;
  for (const auto& source : sources_) {
    source->select(time, selector_.is_selected(source->track().number()));
    const std::span<const int16_t> pcm = source->pull(time);
    if (pcm.empty()) continue;
    const size_t bus_source = mono_.add(pcm, source->channels());
    if (any_stereo) stereo_.add(pcm, source->channels());
    const double level = std::clamp(127 - source->loudness(time), 0.0, 127.0);
    contributors_.push_back(
        {&source->participant(), bus_source, source->ssrc().value_or(Ssrc()), static_cast<uint8_t>(level)});
    age += source->age(time);
  }
  std::erase_if(last_words_, [&](LastWords& words) {
    const size_t samples = mono_.format().samples(frame_) * words.channels;
    if (words.played + samples > words.pcm.size()) return true;
    const auto pcm = std::span(words.pcm).subspan(words.played, samples);
    words.played += samples;
    mono_.add(pcm, words.channels);
    if (any_stereo) stereo_.add(pcm, words.channels);
    return false;
  });
  if (!contributors_.empty()) age_.add(age / static_cast<int64_t>(contributors_.size()));
  for (auto& c : classes_) c->encode(now, time, step.number, c->key().channels == 2 ? stereo_ : mono_, contributors_);
}

// True if the bucket of expected loss has changed: up at once, down after a while.
bool AudioMix::follow_loss(Timestamp now, const room::Subscription& slot, Served& served) {
  const auto lost = slot.subscriber().peer->fraction_lost(slot.index());
  const uint8_t bucket = lost ? loss_bucket(*lost) : 0;
  if (bucket >= served.loss) served.loss_fell_at = Timestamp::never();
  if (bucket == served.loss) return false;
  if (bucket < served.loss) {
    if (served.loss_fell_at == Timestamp::never()) served.loss_fell_at = now;
    if (now - served.loss_fell_at < kPathImprovesAfter) return false;
    served.loss_fell_at = Timestamp::never();
  }
  served.loss = bucket;
  return true;
}

// The same for what the path has room for: down at once, up after a while.
bool AudioMix::follow_rate(Timestamp now, const room::Subscription& slot, Served& served) {
  const auto budget = MixBudget::for_sound(slot.subscriber());
  const DataRate rate = budget ? round_down(budget->bps()) : DataRate::bps(0);
  const bool rises = served.rate.bps() > 0 && (rate > served.rate || rate.bps() == 0);
  if (!rises) served.rate_rose_at = Timestamp::never();
  if (rate == served.rate) return false;
  if (rises) {
    if (served.rate_rose_at == Timestamp::never()) served.rate_rose_at = now;
    if (now - served.rate_rose_at < kPathImprovesAfter) return false;
    served.rate_rose_at = Timestamp::never();
  }
  served.rate = rate;
  return true;
}

void AudioMix::follow_paths(Timestamp now) {
  std::vector<room::Subscription*> moving;
  for (auto& [slot, served] : served_) {
    const bool by_loss = follow_loss(now, *slot, served), by_rate = follow_rate(now, *slot, served);
    if (by_loss || by_rate) moving.push_back(slot);
  }
  for (room::Subscription* slot : moving) serve(now, *slot);
  drop_empty_classes();
}

bool AudioMix::add_source_stats(const room::Track& track, room::StatsEntry& entry) const {
  auto it = by_track_.find(track.number());
  if (it == by_track_.end()) return false;
  it->second->add_stats(entry);
  return true;
}

void AudioMix::add_stats(std::vector<room::StatsEntry>& out) const {
  for (const auto& c : classes_) c->add_stats(out);
  if (!schedule_.is_running()) return;
  add_mixer_entry(MediaKind::kAudio, schedule_, sources_.size(), out).speakers = contributors_.size();
}

}  // namespace tutti::routing
