// Scenario: the shape of a load, as a file of bench/scenarios/ says it: rooms, the roles of people in them, what each
// role publishes and receives, over which transport and through what network. Plain values with defaults; read once, by
// `read_scenario`, which names every mistake by line. One number of it, `scale`, is the load that `run` takes and
// `knee` searches.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tutti/base/ids.hpp"
#include "tutti/base/result.hpp"
#include "tutti/base/srtp_suite.hpp"
#include "tutti/base/units.hpp"

namespace tutti::bench {

enum class TransportKind : uint8_t {
  kSrtp,
  kWebrtc,
  kPlain
};  // keys by REST; own ICE and DTLS client; RTP without keys

// One encoding of a camera. Frames are sent back to back, in packets of `packet_bytes` of payload, the last one
// smaller.
struct VideoLayer {
  std::string rid;  // empty: no simulcast
  DataRate bitrate = DataRate::kbps(1'500);
  uint16_t width = 1280, height = 720;
};
struct Video {
  std::vector<VideoLayer> layers = {VideoLayer{}};
  uint32_t fps = 30;
  TimeDelta keyframe_interval = TimeDelta::seconds(10);  // beside those that are asked for
  double keyframe_factor = 4;                            // how much larger than a frame between
  uint16_t packet_bytes = 1'100;
  // Real VP8 of test pictures instead of bytes of that shape: what a server that decodes needs.
  bool decodable = false;
};

struct Audio {
  DataRate bitrate = DataRate::kbps(32);
  bool levels = true;   // RFC 6464
  bool speech = false;  // Opus of speech; otherwise encoded silence, a packet each 20 ms
  bool dtx = false;     // silence sends a packet each 400 ms only
  // Bytes of this size instead of Opus: for servers that only forward.
  std::optional<uint16_t> fixed_bytes;
};

// What one slot is given: "auto", "mix", or the name of a role, whose members of the same room are taken in turn (the
// receiver itself left out).
using SlotSource = std::string;

// What the network does to packets of one direction, from a seed.
struct Impairment {
  double loss = 0;          // share, at random
  TimeDelta delay, jitter;  // jitter: uniform, on top of the delay; may reorder
  double duplicate = 0;
  bool any() const { return loss > 0 || duplicate > 0 || delay > TimeDelta::zero() || jitter > TimeDelta::zero(); }
};

// What a receiver does beside counting.
struct Feedback {
  bool receiver_reports = true;           // one a second
  bool nack = true;                       // and RTX
  bool transport_feedback = true;         // of WebRTC: offered, and sent where the server agrees
  std::optional<TimeDelta> pli_interval;  // asks for a keyframe so often
};

struct Role {
  std::string name;
  uint32_t people = 1;  // in each room
  TransportKind transport = TransportKind::kSrtp;
  SrtpSuite suite = SrtpSuite::kAeadAes128Gcm;  // of kSrtp; WebRTC negotiates its own
  bool rtx = true;
  std::optional<Audio> audio;  // published
  std::optional<Video> video;
  std::vector<SlotSource> hears, watches;  // a slot each
  Impairment up, down;
  Feedback feedback;
};

// What the load counts.
struct Scale {
  enum class Kind : uint8_t { kRooms, kPeople, kJoinsPerSecond } kind = Kind::kPeople;
  std::string role;  // of kPeople: that role's people in each room
};

struct Scenario {
  std::string name, about;
  std::string mode = "sfu";  // of the rooms
  uint32_t rooms = 1;
  std::vector<Role> roles;
  Scale scale;
  uint32_t load = 1;  // where `run` and the search begin
  uint32_t max_load = 100'000;
  double churn = 0;    // leave and join again, of all people, share in each second
  bool storm = false;  // all people join at once, as fast as they can, and what is measured are the joins
  TimeDelta warm_up = TimeDelta::seconds(2), duration = TimeDelta::seconds(6);
  uint32_t server_workers = 1;

  // With the scaled number set to this load.
  Scenario at(uint32_t load) const;
  uint64_t people() const;     // of all roles and rooms
  std::string scaled() const;  // what the load counts: "rooms"
};

// Of a YAML file or its text; an error says file, line and what would be right.
[[nodiscard]] Result<Scenario> read_scenario(const std::string& path);
[[nodiscard]] Result<Scenario> parse_scenario(const std::string& text, const std::string& name);

}  // namespace tutti::bench
