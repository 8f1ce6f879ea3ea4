#include "harness/demand.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "harness/people.hpp"

namespace tutti::bench {
namespace {

// IPv4, UDP, RTP with one extension, and an SRTP tag of AES-GCM.
constexpr double kHeaderBytes = 20 + 8 + 12 + 8 + 16;
constexpr double kAudioPacketsPerSecond = 50;
constexpr double kDtxPacketsPerSecond = 2.5;
// mixing.audio_bitrate and the first of mixing.rungs: their defaults (config/default.yaml).
constexpr DataRate kMixedAudio = DataRate::kbps(32), kComposed = DataRate::kbps(1'500);
constexpr double kComposedFps = 30, kComposedPacketBytes = 1'100;

struct Flow {
  double packets_per_s = 0, bits_per_s = 0;
  Flow operator*(double k) const { return {packets_per_s * k, bits_per_s * k}; }
  Flow& operator+=(const Flow& other) {
    packets_per_s += other.packets_per_s;
    bits_per_s += other.bits_per_s;
    return *this;
  }
};

Flow flow_of(DataRate rate, double packets_per_s) {
  return {packets_per_s, static_cast<double>(rate.bps()) + packets_per_s * kHeaderBytes * 8};
}

Flow flow_of(const Audio& audio) {
  if (audio.dtx && !audio.speech) return {kDtxPacketsPerSecond, kDtxPacketsPerSecond * (kHeaderBytes + 3) * 8};
  const DataRate rate = audio.fixed_bytes ? DataRate::bps(int64_t{*audio.fixed_bytes} * 8 * 50) : audio.bitrate;
  return flow_of(rate, kAudioPacketsPerSecond);
}

Flow flow_of(DataRate rate, double fps, double packet_bytes) {
  const double frame_bytes = static_cast<double>(rate.bps()) / 8 / fps;
  return flow_of(rate, std::ceil(frame_bytes / packet_bytes) * fps);
}
Flow flow_of(const Video& video, const VideoLayer& layer) {
  return flow_of(layer.bitrate, video.fps, video.packet_bytes);
}

// What a role's tracks are to those who receive them.
struct Sources {
  std::map<std::string, Flow> audio, video;  // by role, of one person
  double voices = 0, cameras = 0;            // people in the room who publish it; of audio those who speak
  Flow voice, camera;                        // of all of these together
};

Sources sources_of(const Scenario& scenario) {
  Sources sources;
  for (const Role& role : scenario.roles) {
    if (role.audio) {
      sources.audio[role.name] = flow_of(*role.audio);
      if (role.audio->speech || role.audio->fixed_bytes) {
        sources.voices += role.people;
        sources.voice += flow_of(*role.audio) * role.people;
      }
    }
    if (role.video) {
      sources.video[role.name] = flow_of(*role.video, role.video->layers.back());
      sources.cameras += role.people;
      sources.camera += sources.video[role.name] * role.people;
    }
  }
  return sources;
}

// The slots of one person: named ones give what they name, "auto" the average of those that there are.
Flow received(const std::vector<SlotSource>& slots, const std::map<std::string, Flow>& by_role, const Flow& all,
              double sources, const Flow& mixed) {
  Flow flow;
  double automatic = 0;
  for (const SlotSource& slot : slots) {
    if (slot == "auto") {
      ++automatic;
    } else if (slot == "mix") {
      flow += mixed;
    } else if (const auto it = by_role.find(slot); it != by_role.end()) {
      flow += it->second;
    }
  }
  if (sources > 0) flow += all * (std::min(automatic, sources) / sources);
  return flow;
}

}  // namespace

Demand demand_of_room(const Scenario& scenario) {
  const Sources sources = sources_of(scenario);
  const Flow mixed_audio = flow_of(kMixedAudio, kAudioPacketsPerSecond);
  const Flow composed = flow_of(kComposed, kComposedFps, kComposedPacketBytes);
  Demand demand;
  Flow in, out;
  for (const Role& role : scenario.roles) {
    const double people = role.people;
    demand.work.participants += people;
    if (role.audio) {
      in += flow_of(*role.audio) * people;
      demand.work.tracks += people;
    }
    if (role.video) {
      for (const VideoLayer& layer : role.video->layers) in += flow_of(*role.video, layer) * people;
      demand.work.tracks += people;
    }
    out += received(role.hears, sources.audio, sources.voice, sources.voices, mixed_audio) * people;
    out += received(role.watches, sources.video, sources.camera, sources.cameras, composed) * people;
  }
  Scenario one = scenario;
  one.rooms = 1;
  Step mixing;
  count_work(one, {}, mixing);
  demand.work.audio_mixes = mixing.audio_mixes;
  demand.work.decoded_mpix_per_s = mixing.decoded_mpix_per_s;
  demand.work.composed_mpix_per_s = mixing.composed_mpix_per_s;
  demand.work.encoded_mpix_per_s = mixing.encoded_mpix_per_s;
  demand.work.packets_in_per_s = in.packets_per_s;
  demand.work.packets_out_per_s = out.packets_per_s;
  demand.work.rooms = 1;
  demand.egress_bits_per_s = out.bits_per_s;
  return demand;
}

}  // namespace tutti::bench
