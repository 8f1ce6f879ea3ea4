// What can be set of mixing: for the whole daemon (MixingSettings), for a room's pictures (Layout) and for one member's voice
// (VoiceControls). Plain values with their defaults; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tutti/base/units.hpp"
#include "tutti/media/video/layout.hpp"
#include "tutti/media/video/picture.hpp"

namespace tutti::room {

// One rung of the ladder in which a composed picture is encoded.
struct Rung {
  uint32_t width = 0, height = 0, fps = 0;
  DataRate bitrate;
  bool operator==(const Rung&) const = default;
};

// Of the daemon; config/default.yaml, section mixing. Limits are those of one worker.
struct MixingSettings {
  uint32_t max_members = 500;        // participants of mcu and hybrid rooms; beyond: 503
  uint32_t max_video_encoders = 16;  // beyond: 503 for who would need another
  uint32_t max_video_decoders = 100; // sources beyond it are shown as stills
  uint32_t max_speakers = 4;         // K: mixed at once
  TimeDelta audio_frame = TimeDelta::millis(20);  // 10 or 20 ms
  DataRate audio_bitrate = DataRate::kbps(32);    // of a mono Opus mix; stereo has twice that
  uint8_t audio_complexity = 5;                   // 0 to 10
  // Highest first, at most three.
  std::vector<Rung> rungs = {{1280, 720, 30, DataRate::kbps(1500)}, {640, 360, 30, DataRate::kbps(500)}, {320, 180, 15, DataRate::kbps(150)}};
  video::PictureLimits pictures;                  // of what is decoded
};

// What all rooms of a worker use of those limits.
struct MixingLoad {
  uint32_t members = 0, video_encoders = 0, video_decoders = 0;
};

// A named composition of a room. `default` is always there.
struct Layout {
  video::LayoutSpec spec;
  // Nobody sees itself: every watcher who publishes video gets a composition, and so encoders, of its own.
  bool hide_self = false;
  bool operator==(const Layout&) const = default;
};
constexpr size_t kMaxLayouts = 16;
using Layouts = std::map<std::string, Layout, std::less<>>;

// Of one participant, in a room that mixes.
struct VoiceControls {
  double gain_db = 0;              // -60 to 20, applied to what it sends
  bool deaf = false;               // hears nothing of the mix
  bool gain_control = false;       // automatic, of its voice
  bool noise_suppression = false;
  bool operator==(const VoiceControls&) const = default;
};

}  // namespace tutti::room
