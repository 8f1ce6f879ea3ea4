#include "tutti/media/jitter/audio_jitter_buffer.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "media/jitter/packet_intake.hpp"
#include "media/jitter/pause_noise.hpp"
#include "media/jitter/playout_buffer.hpp"
#include "media/jitter/playout_control.hpp"
#include "media/jitter/time_stretch.hpp"

namespace tutti::jitter {
namespace {

constexpr TimeDelta kUsualPacket = TimeDelta::millis(20);
// Concealment comes in multiples of it: of the steps that Opus can take, the shortest that its SILK part has frames
// for.
constexpr TimeDelta kConcealmentStep = TimeDelta::millis(10);
constexpr TimeDelta kMostConcealedAtOnce = TimeDelta::millis(20);
constexpr TimeDelta kBetweenChanges = TimeDelta::millis(100);

}  // namespace

struct AudioJitterBuffer::Impl {
  Impl(std::unique_ptr<audio::AudioDecoder> decoder, const AudioJitterSettings& settings)
      : settings_(settings),
        decoder_(std::move(decoder)),
        format_(decoder_->format()),
        intake_(settings),
        buffer_(format_),
        stretch_(format_),
        pause_noise_(*decoder_) {}

  // What the next sample to be appended to the buffer follows on.
  enum class Mode : uint8_t {
    kNotStarted,  // nothing
    kPlaying,     // packet `expected_` continues at RTP time `end_`
    kPause,       // the sender is silent, or nothing came for long: the next packet may be placed at will
  };

  void insert(const AudioPacket& packet);
  Output pull(Timestamp now, std::span<int16_t> out);
  void skip(Timestamp now, TimeDelta duration);
  void reset();
  int64_t next_timestamp() const;

  // Each appends something to the buffer, or changes the mode, or takes a packet out of the store. `missing`: samples
  // for each channel.
  void fill(Timestamp now, size_t missing);
  void fill_pause(size_t samples);
  void place(Timestamp now, size_t missing, const StoredPacket& next);
  void continue_playing(Timestamp now, size_t missing);
  void bridge_gap(Timestamp now, const StoredPacket& next);
  bool recover(Timestamp now, size_t left, const StoredPacket& next);
  void decode_front(Timestamp now);
  void append_decoded(size_t samples, int64_t timestamp);
  void conceal(size_t samples);

  void change_delay(Timestamp now);
  void catch_up(Timestamp now);
  void leave_skipped(Timestamp now);
  void drop_front(Timestamp now);
  void follow(ExtSeqNum expected, int64_t end);
  void pause();

  PlayoutSituation situation(Timestamp now, TimeDelta delay, size_t left, TimeDelta packet) const;
  PlayoutSituation situation_if_started(Timestamp now, const StoredPacket& first) const;
  size_t whole_steps(size_t samples) const {
    const size_t step = format_.samples(kConcealmentStep);
    return (samples + step - 1) / step * step;
  }
  int64_t to_rtp(size_t samples) const {
    return static_cast<int64_t>(samples) * settings_.rtp_clock_rate_hz / format_.sample_rate_hz;
  }
  size_t to_samples(int64_t rtp) const {
    return rtp <= 0 ? 0 : static_cast<size_t>(rtp) * format_.sample_rate_hz / settings_.rtp_clock_rate_hz;
  }

  const AudioJitterSettings settings_;
  const std::unique_ptr<audio::AudioDecoder> decoder_;
  const audio::AudioFormat format_;
  PacketIntake intake_;
  PlayoutBuffer buffer_;
  TimeStretch stretch_;
  PauseNoise pause_noise_;
  AudioJitterStats stats_;

  Mode mode_ = Mode::kNotStarted;
  ExtSeqNum expected_{0};
  int64_t end_ = 0;
  size_t concealed_ =
      0;  // samples made up since `end_`; only the next packet tells whether that was its time or it is late
  bool loss_noted_ = false;  // of the gap at `end_`
  TimeDelta packet_duration_ = kUsualPacket;
  bool skipped_ = false;
  bool concealing_ = false;
  Output kind_ = Output::kSilence;  // of what was appended last
  bool made_up_ = false;            // some of this pull was
  size_t frame_ = 0;                // of this pull
  Timestamp last_change_ = Timestamp::long_ago();
  TimeDelta waiting_;
};

void AudioJitterBuffer::Impl::insert(const AudioPacket& packet) {
  if (intake_.insert(packet, *decoder_, packet_duration_, stats_) == PacketIntake::Result::kTakenAnew) pause();
}

AudioJitterBuffer::Output AudioJitterBuffer::Impl::pull(Timestamp now, std::span<int16_t> out) {
  frame_ = out.size() / format_.channels;
  made_up_ = false;
  if (skipped_) leave_skipped(now);
  catch_up(now);
  while (buffer_.future() < frame_) fill(now, frame_ - buffer_.future());
  if (mode_ == Mode::kPlaying && concealed_ == 0 && !made_up_) change_delay(now);

  stats_.target_delay = intake_.target().value(now);
  if (mode_ == Mode::kPlaying) stats_.current_delay = intake_.delay(now, next_timestamp());
  buffer_.take(out);
  stretch_.on_played(out);
  stats_.total_samples += frame_;
  return made_up_ ? Output::kConcealed : kind_;
}

void AudioJitterBuffer::Impl::fill(Timestamp now, size_t missing) {
  if (mode_ == Mode::kPlaying) return continue_playing(now, missing);
  if (const StoredPacket* next = intake_.store().front()) return place(now, missing, *next);
  fill_pause(missing);
}

// The packet is put where its delay is the wanted one, or at once if it is older already: nothing of it is lost.
void AudioJitterBuffer::Impl::place(Timestamp now, size_t missing, const StoredPacket& next) {
  const PlayoutSituation at = situation_if_started(now, next);
  if (at.slack < least_slack(at.target)) return fill_pause(missing);
  const TimeDelta delay = at.delay + format_.duration(frame_ - missing);
  const size_t lead = format_.samples(std::max(TimeDelta::zero(), wanted_delay(at) - delay));
  if (lead >= missing) return fill_pause(missing);
  fill_pause(lead);
  mode_ = Mode::kPlaying;
  follow(next.sequence, next.timestamp);
  decode_front(now);
}

void AudioJitterBuffer::Impl::fill_pause(size_t samples) {
  const size_t n = std::min(samples, format_.samples(kMostConcealedAtOnce));
  pause_noise_.fill(buffer_.room().first(whole_steps(n) * format_.channels), n);
  kind_ = pause_noise_.sender_is_silent() ? Output::kComfortNoise : Output::kSilence;
  if (!pause_noise_.sender_is_silent() && mode_ == Mode::kPause) {
    stats_.concealed_samples += n;
    stats_.silent_concealed_samples += n;
  }
  buffer_.append(n);
  end_ += to_rtp(n);
}

void AudioJitterBuffer::Impl::continue_playing(Timestamp now, size_t missing) {
  const StoredPacket* next = intake_.store().front();
  if (next == nullptr) {
    const bool faded = concealed_ >= format_.samples(PauseNoise::kLongestConcealment);
    if (pause_noise_.sender_is_silent() || faded) return pause();
    return conceal(missing);
  }
  const int64_t lost = next->sequence - expected_, gap = next->timestamp - end_;
  const int64_t duration = intake_.timeline().units(packet_duration_);
  // RFC 3551 §4.1: in a pause the timestamp goes on, the sequence number does not.
  if (gap > lost * duration + duration / 2) return pause();
  if (lost > 0 && gap > 0) return bridge_gap(now, *next);
  decode_front(now);
}

// The expected packet is missing, but a later one is there.
void AudioJitterBuffer::Impl::bridge_gap(Timestamp now, const StoredPacket& next) {
  if (!loss_noted_) intake_.target().on_loss(now);
  loss_noted_ = true;
  const size_t gap = to_samples(next.timestamp - end_),
               recoverable = next.has_fec ? format_.samples(packet_duration_) : 0;
  const size_t left = gap - std::min(gap, concealed_);
  if (left > recoverable) return conceal(left - recoverable);
  if (!recover(now, left, next)) {
    if (left > 0) return conceal(left);
    decode_front(now);
  }
}

// By FEC, for as long as concealment has not covered most of the gap. If it has, what is recovered comes late; so it
// should, where the delay is too small to have waited for it.
bool AudioJitterBuffer::Impl::recover(Timestamp now, size_t left, const StoredPacket& next) {
  if (!next.has_fec) return false;
  const PlayoutSituation at = situation_if_started(now, next);
  if (left <= format_.samples(packet_duration_) / 2 && at.slack >= least_slack(at.target)) return false;
  const size_t n = decoder_->decode_fec(next.payload, packet_duration_, buffer_.room());
  if (n == 0) return false;
  append_decoded(n, next.timestamp - to_rtp(n));
  follow(next.sequence, next.timestamp);
  kind_ = Output::kSpeech;
  ++stats_.fec_packets_used;
  return true;
}

void AudioJitterBuffer::Impl::decode_front(Timestamp now) {
  const StoredPacket& packet = *intake_.store().front();
  pause_noise_.on_packet(packet);
  if (packet.comfort_noise) {
    follow(packet.sequence + 1, packet.timestamp);
    pause();
  } else if (const size_t n = decoder_->decode(packet.payload, buffer_.room()); n > 0) {
    const TimeDelta waited = now - packet.arrival + format_.duration(buffer_.future());
    waiting_ += (waited - waiting_) / 16;
    append_decoded(n, packet.timestamp);
    packet_duration_ = packet.duration;
    follow(packet.sequence + 1, packet.timestamp + to_rtp(n));
    kind_ = pause_noise_.sender_is_silent() ? Output::kComfortNoise : Output::kSpeech;
  } else {
    ++stats_.undecodable_packets;
    ++stats_.packets_discarded;
  }
  intake_.store().pop_front();
}

// Merge: what was made up beyond the time that was missing, and is not played yet, fades into what was meant to be
// heard.
void AudioJitterBuffer::Impl::append_decoded(size_t samples, int64_t timestamp) {
  const size_t before = buffer_.future(), gap = to_samples(timestamp - end_);
  const size_t superfluous = std::min({concealed_ - std::min(concealed_, gap), before, samples});
  buffer_.append(samples);
  if (superfluous > 0) buffer_.remove(before - superfluous, superfluous, superfluous);
}

void AudioJitterBuffer::Impl::conceal(size_t samples) {
  const size_t n = std::min(whole_steps(samples), format_.samples(kMostConcealedAtOnce));
  const std::span<int16_t> room = buffer_.room().first(n * format_.channels);
  decoder_->conceal(room);
  buffer_.append(n);
  concealed_ += n;
  stats_.concealed_samples += n;
  if (std::all_of(room.begin(), room.end(), [](int16_t x) { return x == 0; })) stats_.silent_concealed_samples += n;
  if (!concealing_) ++stats_.concealment_events;
  concealing_ = true;
  kind_ = Output::kConcealed;
  made_up_ = true;
}

void AudioJitterBuffer::Impl::change_delay(Timestamp now) {
  const size_t left = buffer_.future() - frame_;
  const PlayoutChange change = decide(situation(now, intake_.delay(now, next_timestamp()), left, packet_duration_));
  if (change.kind == PlayoutChange::Kind::kNone) return;
  if (!change.urgent && now - last_change_ < kBetweenChanges) return;
  if (change.only_if_quiet && !stretch_.quiet(buffer_)) return;

  const size_t most = format_.samples(std::min(change.amount, TimeStretch::kLongestLag));
  size_t changed = 0;
  if (change.kind == PlayoutChange::Kind::kExpand) {
    changed = stretch_.expand(buffer_, most, format_.samples(change.tolerance));
    stats_.inserted_for_deceleration += changed;
  } else {
    // What is left out the next packet has to make good, if it is there.
    const StoredPacket* next = intake_.store().front();
    const bool continues =
        next != nullptr && next->sequence == expected_ && next->timestamp == end_ && !next->comfort_noise;
    if (left < most && continues) decode_front(now);
    const auto care = change.urgent ? TimeStretch::Care::kFast : TimeStretch::Care::kNormal;
    changed = stretch_.accelerate(buffer_, std::min(most, buffer_.future() - frame_), care);
    stats_.removed_for_acceleration += changed;
  }
  if (changed > 0) last_change_ = now;
}

// What is older than the buffer may be is given up, and continuity with it.
void AudioJitterBuffer::Impl::catch_up(Timestamp now) {
  PacketStore& store = intake_.store();
  const StoredPacket* next = store.front();
  if (next == nullptr || intake_.delay(now, next->timestamp) <= settings_.max_delay) return;
  while (store.size() > 1 &&
         intake_.delay(now, store.front()->timestamp) > intake_.target().value(now) + kUsualPacket) {
    ++stats_.packets_discarded;
    drop_front(now);
  }
  buffer_.clear_future();
  decoder_->reset();
  pause();
}

void AudioJitterBuffer::Impl::skip(Timestamp now, TimeDelta duration) {
  skipped_ = true;
  buffer_.clear_future();
  if (mode_ == Mode::kPlaying) pause();
  frame_ = format_.samples(duration);
  stats_.target_delay = intake_.target().value(now);
  const Timestamp next_pull = now + duration;
  end_ += intake_.timeline().units(duration);
  while (const StoredPacket* front = intake_.store().front()) {
    const PlayoutSituation at = situation_if_started(next_pull, *front);
    const TimeDelta too_old = at.delay - wanted_delay(at);
    end_ = front->timestamp + intake_.timeline().units(std::max(TimeDelta::zero(), too_old));
    if (too_old < front->duration) return;
    mode_ = Mode::kPause;
    drop_front(next_pull - too_old);
  }
}

// Begins in the middle of a packet, if that is where somebody is who listened all the time.
void AudioJitterBuffer::Impl::leave_skipped(Timestamp now) {
  skipped_ = false;
  decoder_->reset();
  const StoredPacket* front = intake_.store().front();
  if (front == nullptr || front->comfort_noise || mode_ == Mode::kNotStarted) return;
  const PlayoutSituation at = situation_if_started(now, *front);
  const TimeDelta too_old = at.delay - wanted_delay(at);
  if (too_old <= TimeDelta::zero()) return;
  mode_ = Mode::kPlaying;
  decode_front(now);
  buffer_.discard(format_.samples(too_old));
}

// Nobody hears it; `now`: when it was to be played.
void AudioJitterBuffer::Impl::drop_front(Timestamp now) {
  const StoredPacket& packet = *intake_.store().front();
  pause_noise_.on_packet(packet);
  if (!packet.comfort_noise) packet_duration_ = packet.duration;
  waiting_ += (now - packet.arrival - waiting_) / 16;
  follow(packet.sequence + 1, packet.timestamp + intake_.timeline().units(packet.duration));
  intake_.store().pop_front();
}

void AudioJitterBuffer::Impl::follow(ExtSeqNum expected, int64_t end) {
  expected_ = expected;
  intake_.set_expected(expected);
  end_ = end;
  concealed_ = 0;
  loss_noted_ = false;
  concealing_ = false;
}

void AudioJitterBuffer::Impl::pause() {
  if (mode_ == Mode::kPlaying) mode_ = Mode::kPause;
  end_ += to_rtp(concealed_);
  concealed_ = 0;
  loss_noted_ = false;
  concealing_ = false;
}

void AudioJitterBuffer::Impl::reset() {
  intake_.forget();
  buffer_.clear_future();
  decoder_->reset();
  pause_noise_.reset();
  pause();
  mode_ = Mode::kNotStarted;
  skipped_ = false;
  waiting_ = TimeDelta::zero();
}

// `left`: in the buffer after the pull.
PlayoutSituation AudioJitterBuffer::Impl::situation(Timestamp now, TimeDelta delay, size_t left,
                                                    TimeDelta packet) const {
  // Of the pulls of one cycle the one counts that needs a packet the earliest.
  const TimeDelta step = TimeDelta::micros(2500), frame = format_.duration(frame_);
  const TimeDelta period = step * std::max<int64_t>(1, std::gcd(frame.us() / step.us(), packet.us() / step.us()));
  const TimeDelta misalignment = format_.duration(left % std::max<size_t>(1, format_.samples(period)));
  delay = delay - (frame - period);
  const TimeDelta target = std::min(intake_.target().value(now), settings_.max_delay - period);
  return {
      .delay = delay, .slack = delay - misalignment, .period = period, .target = target, .floor = settings_.min_delay};
}

// If `first` were the first of the samples pulled now.
PlayoutSituation AudioJitterBuffer::Impl::situation_if_started(Timestamp now, const StoredPacket& first) const {
  return situation(now, intake_.delay(now, first.timestamp), 0, first.duration);
}

int64_t AudioJitterBuffer::Impl::next_timestamp() const {
  return end_ - to_rtp(buffer_.future() - std::min(buffer_.future(), concealed_));
}

AudioJitterBuffer::AudioJitterBuffer(std::unique_ptr<audio::AudioDecoder> decoder, AudioJitterSettings settings)
    : impl_(std::make_unique<Impl>(std::move(decoder), settings)) {}
AudioJitterBuffer::~AudioJitterBuffer() = default;

audio::AudioFormat AudioJitterBuffer::format() const { return impl_->format_; }
void AudioJitterBuffer::insert(const AudioPacket& packet) { impl_->insert(packet); }
AudioJitterBuffer::Output AudioJitterBuffer::pull(Timestamp now, std::span<int16_t> out) {
  return impl_->pull(now, out);
}
void AudioJitterBuffer::skip(Timestamp now, TimeDelta duration) { impl_->skip(now, duration); }
std::optional<RtpTimestamp> AudioJitterBuffer::next_timestamp() const {
  if (impl_->mode_ == Impl::Mode::kNotStarted) return std::nullopt;
  return RtpTimestamp(static_cast<uint32_t>(impl_->next_timestamp()));
}
TimeDelta AudioJitterBuffer::waiting_time() const { return impl_->waiting_; }
void AudioJitterBuffer::reset() { impl_->reset(); }
AudioJitterStats AudioJitterBuffer::stats() const { return impl_->stats_; }

}  // namespace tutti::jitter
