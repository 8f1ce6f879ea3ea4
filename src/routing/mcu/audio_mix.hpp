// AudioMix: the sound of one room: every 20 ms the loudest are decoded and summed once, and each class of listeners
// gets the sum, less its own voice for who is in it. Runs on the room's thread. Owned by McuRouter.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "routing/mcu/audio_class.hpp"
#include "routing/mcu/audio_source.hpp"
#include "routing/mcu/capture_age.hpp"
#include "routing/mcu/schedule.hpp"
#include "tutti/media/audio/mix_bus.hpp"
#include "tutti/media/audio/speaker_selector.hpp"

namespace tutti::routing {

class AudioMix {
 public:
  explicit AudioMix(room::RouterHost& host);

  void add_source(room::Track& track);
  void remove_source(room::Track& track);
  void on_rtp(Timestamp now, const room::Track& track, const peer::MediaPacket& packet);

  // Shows the mix in a slot, in the class that fits it now; why not, if not. Again at any time: what fits may have
  // changed.
  room::SlotReason serve(Timestamp now, room::Subscription& slot);
  void stop_serving(room::Subscription& slot);

  Timestamp next_deadline() const { return classes_.empty() ? Timestamp::never() : schedule_.next(); }
  void handle_deadline(Timestamp now);

  bool add_source_stats(const room::Track& track, room::StatsEntry& entry) const;
  void add_stats(std::vector<room::StatsEntry>& out) const;

 private:
  struct Served {
    AudioClass* by = nullptr;
    uint8_t loss = 0;                             // the bucket
    Timestamp loss_fell_at = Timestamp::never();  // since when a lower bucket would do
    DataRate rate = DataRate::bps(0);             // what its path has for it, 0: whatever it takes
    Timestamp rate_rose_at = Timestamp::never();
  };
  // Of a source that has gone: how it fades, frame after frame.
  struct LastWords {
    uint8_t channels = 1;
    std::vector<int16_t> pcm;
    size_t played = 0;
  };
  LastWords fade_out(AudioSource& source) const;
  std::optional<AudioClass::Key> key_for(const room::Subscription& slot, const Served& served) const;
  AudioClass& class_for(const AudioClass::Key& key);
  void mix(Timestamp now, const Schedule::Step& step);
  // Listeners move to the class that their paths ask for.
  void follow_paths(Timestamp now);
  static bool follow_loss(Timestamp now, const room::Subscription& slot, Served& served);
  static bool follow_rate(Timestamp now, const room::Subscription& slot, Served& served);
  void drop_empty_classes();

  room::RouterHost& host_;
  TimeDelta frame_;
  Schedule schedule_;
  audio::SpeakerSelector selector_;
  std::vector<std::unique_ptr<AudioSource>> sources_;
  std::unordered_map<uint64_t, AudioSource*> by_track_;
  audio::MixBus mono_, stereo_;
  std::vector<std::unique_ptr<AudioClass>> classes_;
  std::unordered_map<room::Subscription*, Served> served_;
  // Of the frame that is being mixed, and kept for its statistics.
  std::vector<audio::SpeakerSelector::Source> candidates_;
  std::vector<Contributor> contributors_;
  std::vector<LastWords> last_words_;
  SmoothedAge age_;  // of what is played
};

}  // namespace tutti::routing
