#include "routing/mcu/audio_class.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "routing/mcu/mix_packet.hpp"
#include "tutti/routing/projection.hpp"

namespace tutti::routing {
namespace {

peer::PublishSpec spec_of(const AudioClass::Key& key) {
  peer::PublishSpec spec;
  spec.name = "audio";
  spec.kind = MediaKind::kAudio;
  spec.codec.codec = key.codec;
  spec.codec.clock_rate_hz = default_clock_rate_hz(key.codec);
  // RFC 7587 §7: Opus is always announced with two.
  spec.codec.channels = key.codec == Codec::kOpus ? 2 : 1;
  return spec;
}

}  // namespace

AudioClass::Mix::Mix(AudioClass& of, room::Participant* own_of, uint8_t layer_index)
    : without(own_of),
      layer(layer_index),
      limiter({audio::kMixRateHz, of.key_.channels}),
      encoder(audio::make_audio_encoder(
          {.codec = of.key_.codec,
           .channels = of.key_.channels,
           .frame = of.frame_,
           .bitrate = of.key_.bitrate,
           .complexity = of.complexity_,
           .expected_loss = of.key_.expected_loss,
           // Its idea of silence takes held tones and music for noise; the mixer knows who is heard.
           .dtx = false})) {
  const audio::AudioFormat format = encoder->format();
  if (format.sample_rate_hz != audio::kMixRateHz)
    resampler.emplace(audio::kMixRateHz, format.sample_rate_hz, format.channels);
}

AudioClass::AudioClass(room::RouterHost& host, const Key& key, TimeDelta frame, uint8_t complexity)
    : host_(host),
      key_(key),
      frame_(frame),
      complexity_(complexity),
      rtp_per_frame_(
          static_cast<uint32_t>(default_clock_rate_hz(key.codec) * static_cast<uint64_t>(frame.us()) / 1'000'000)),
      track_(&host.publish(spec_of(key))),
      shared_limiter_({audio::kMixRateHz, key.channels}),
      sum_(audio::AudioFormat{audio::kMixRateHz, key.channels}.samples(frame) * key.channels),
      pcm_(sum_.size()),
      shared_(sum_.size()),
      resampled_(sum_.size()),
      packet_(audio::AudioEncoder::kMaxPacket) {}

AudioClass::~AudioClass() { host_.unpublish(Timestamp(), *track_); }

bool AudioClass::add(Timestamp now, room::Subscription& slot) {
  if (!host_.show(now, slot, track_, room::SlotReason::kNone)) return false;
  move(listeners_.emplace_back(Listener{&slot, nullptr}), mix_for(nullptr));
  return true;
}

void AudioClass::remove(room::Subscription& slot) {
  std::erase_if(listeners_, [&](const Listener& l) { return l.slot == &slot; });
  for (auto& mix : mixes_) std::erase(mix->listeners, &slot);
  drop_unheard();
}

// At once: the participant that an own mix is named after may be about to go.
void AudioClass::drop_unheard() {
  std::erase_if(mixes_, [&](const auto& mix) {
    if (!mix->listeners.empty()) return false;
    free_layers_.push_back(mix->layer);
    return true;
  });
}

AudioClass::Mix& AudioClass::mix_for(room::Participant* without) {
  for (auto& mix : mixes_) {
    if (mix->without == without) return *mix;
  }
  uint8_t layer = 0;
  if (!free_layers_.empty()) {
    layer = free_layers_.back();
    free_layers_.pop_back();
  } else {
    layer = static_cast<uint8_t>(track_->layers.size());
    track_->add_layer({}).bitrate = key_.bitrate;
    next_sequence_.emplace_back(0);
  }
  Mix& mix = *mixes_.emplace_back(std::make_unique<Mix>(*this, without, layer));
  // A pause goes on where the shared mix has one.
  const auto shared = std::find_if(mixes_.begin(), mixes_.end(), [](const auto& m) { return !m->without; });
  if (shared != mixes_.end() && shared->get() != &mix) {
    mix.silent_frames = (*shared)->silent_frames;
    mix.talkspurt = (*shared)->talkspurt;
  }
  // Its listeners' decoders come from another encoder that has had the same sound: so has this one now, as near as can
  // be. Only where there was no sound before must its first frame need nothing of the past; it would cost quality where
  // there was.
  for (const auto& frame : history_) run_encoder(mix, frame);
  if (history_.empty()) mix.encoder->make_next_independent();
  return mix;
}

void AudioClass::move(Listener& listener, Mix& to) {
  if (listener.mix) std::erase(listener.mix->listeners, listener.slot);
  listener.mix = &to;
  to.listeners.push_back(listener.slot);
  // Audio can start with any packet; sequence numbers and time go on, the tick is the same for all layers. Who cannot
  // decode the codec is shown something else, and no listener any more.
  const auto* codec = peer::find_forwardable(track_->spec().codec, listener.slot->spec().codecs);
  listener.slot->forwarder.set_target({track_->number(), to.layer}, codec->payload_type);
}

void AudioClass::encode(Timestamp now, Timestamp time, int64_t frame_number, const audio::MixBus& bus,
                        std::span<const Contributor> contributors) {
  for (Listener& listener : listeners_) {
    room::Participant& participant = listener.slot->subscriber();
    const bool speaks = std::any_of(contributors.begin(), contributors.end(),
                                    [&](const Contributor& c) { return c.participant == &participant; });
    room::Participant* const without = speaks ? &participant : nullptr;
    if (listener.mix->without == without) continue;
    move(listener, mix_for(without));
  }
  drop_unheard();
  remember(bus);
  for (auto& mix : mixes_) encode(*mix, now, time, frame_number, bus, contributors);
}

// What everybody hears, whether or not somebody listens to just that: it warms up the next encoder.
void AudioClass::remember(const audio::MixBus& bus) {
  shared_limiter_.process(bus.sum(), shared_);
  if (history_.size() == kWarmUpFrames) {
    history_.push_back(std::move(history_.front()));
    history_.pop_front();
  } else {
    history_.emplace_back(shared_.size());
  }
  history_.back().assign(shared_.begin(), shared_.end());
}

void AudioClass::encode(Mix& mix, Timestamp now, Timestamp time, int64_t frame_number, const audio::MixBus& bus,
                        std::span<const Contributor> contributors) {
  std::array<Contributor, rtp::kMaxCsrcs> heard;
  size_t count = 0;
  if (mix.without) std::copy(bus.sum().begin(), bus.sum().end(), sum_.begin());
  for (const Contributor& c : contributors) {
    if (c.participant == mix.without) {
      bus.subtract(c.bus_source, sum_);
    } else if (count < heard.size()) {
      heard[count++] = c;
    }
  }
  mix.silent_frames = count == 0 ? mix.silent_frames + 1 : 0;
  const bool can_pause = key_.codec == Codec::kOpus;
  if (can_pause && mix.silent_frames > kSilentAfter) {
    mix.talkspurt = false;
    // RFC 6716 §3.2.1: a frame of no bytes, which a decoder takes for discontinuous transmission.
    const uint8_t nothing =
        static_cast<uint8_t>((frame_ == TimeDelta::millis(20) ? 0x78 : 0x70) | (key_.channels == 2 ? 4 : 0));
    if (mix.silent_frames % kKeepAliveFrames == 0) send(mix, now, time, frame_number, std::span(&nothing, 1), {});
    mix.talkspurt = true;
    return;
  }
  std::span<const int16_t> pcm = shared_;
  if (mix.without) {
    mix.limiter.process(sum_, pcm_);
    pcm = pcm_;
  }
  const size_t size = run_encoder(mix, pcm);
  ++mix.frames_encoded;
  host_.count(Counter::kAudioFramesEncoded);
  if (size == 0) {
    mix.talkspurt = true;
    return;
  }
  send(mix, now, time, frame_number, std::span(packet_).first(size), std::span(heard).first(count));
}

size_t AudioClass::run_encoder(Mix& mix, std::span<const int16_t> pcm) {
  if (!mix.resampler) return mix.encoder->encode(pcm, packet_);
  const size_t samples = mix.resampler->process(pcm, resampled_);
  return mix.encoder->encode(std::span(resampled_).first(samples * key_.channels), packet_);
}

void AudioClass::send(Mix& mix, Timestamp now, Timestamp time, int64_t frame_number, std::span<const uint8_t> payload,
                      std::span<const Contributor> contributors) {
  peer::PacketRef packet = host_.make_packet();
  if (!packet) return;
  fill_mix_packet(*packet, key_.codec, mix.layer, time, next_sequence_[mix.layer],
                  RtpTimestamp(static_cast<uint32_t>(frame_number * rtp_per_frame_)), payload);
  next_sequence_[mix.layer] = next_sequence_[mix.layer] + 1;
  packet->marker = std::exchange(mix.talkspurt, false);  // RFC 3551 §4.1
  packet->keyframe = true;
  packet->speech_like = payload.size() > 2;
  packet->contributor_count = static_cast<uint8_t>(contributors.size());
  for (size_t i = 0; i < contributors.size(); ++i) {
    packet->contributors[i] = contributors[i].ssrc;
    packet->contributor_levels[i] = contributors[i].level;
  }
  host_.keep(now, *track_, packet);
  for (room::Subscription* slot : mix.listeners) forward_to_slot(host_, now, *track_, *slot, packet);
}

void AudioClass::set_age(Timestamp time, int64_t frame_number, TimeDelta age) {
  if (mixes_.empty()) return;
  host_.set_timing(*track_, time - age - mixes_.front()->encoder->lookahead(),
                   RtpTimestamp(static_cast<uint32_t>(frame_number * rtp_per_frame_)));
}

void AudioClass::add_stats(std::vector<room::StatsEntry>& out) const {
  for (const auto& mix : mixes_) {
    room::StatsEntry& e = out.emplace_back();
    e.type = room::StatsEntry::Type::kMixEncoder;
    e.kind = MediaKind::kAudio;
    e.id = "M" + std::to_string(track_->number()) + "-" + std::to_string(mix->layer);
    e.track = track_->id().str();
    e.codec = std::string(to_string(key_.codec));
    e.channels = key_.channels;
    e.target_bitrate_bps = static_cast<uint64_t>(key_.bitrate.bps());
    e.expected_loss = key_.expected_loss / 100.0;
    e.frames_encoded = mix->frames_encoded;
    e.listeners = mix->listeners.size();
    if (mix->without) e.own_of = mix->without->id().str();
  }
}

}  // namespace tutti::routing
