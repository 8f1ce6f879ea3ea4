// Target: the server under test, as the harness needs it: rooms, participants by keys or by an SDP offer, and what the
// process costs. tuttid is one; a peer's server is another, so that both meet the same generator. `join_*` and `leave`
// may be called from several threads at once; the rest belongs to the thread that made it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/scenario.hpp"
#include "tutti/base/endpoint.hpp"
#include "tutti/base/result.hpp"

namespace tutti::bench {

// CPU time since the process began, all threads and children that serve it, and memory, from /proc.
struct ProcessFigures {
  int64_t cpu_ns = 0;               // exact: the process's own clock
  double user_s = 0, system_s = 0;  // by clock ticks: good for the split only
  uint64_t rss_bytes = 0;
  int64_t codec_ns = 0;  // of `cpu_ns`, threads that only encode and decode; 0 where that cannot be told
};

struct PublishedLayer {
  std::string rid;
  Ssrc ssrc;
  std::optional<Ssrc> rtx_ssrc;
};
struct Published {
  std::string id;  // the track's name
  MediaKind kind = MediaKind::kVideo;
  std::vector<PublishedLayer> layers;
};
struct Received {
  MediaKind kind = MediaKind::kVideo;
  std::string track;  // "auto", "mix", or "participant/track"
  Ssrc ssrc;
  std::optional<Ssrc> rtx_ssrc;
};
// Payload types are the same everywhere: the generator and every target keep to these.
constexpr uint8_t kVideoType = 96, kRtxType = 97, kAudioType = 111;
constexpr uint8_t kAudioLevelId = 1;  // of header extensions of keyed participants

struct KeyedJoin {
  std::string room, id;
  std::optional<SrtpKeys> keys;  // as the client sees them: local is what it sends with; none: plain RTP
  Endpoint address;              // the client's
  std::vector<Published> publish;
  std::vector<Received> receive;
};
// Where the client sends its media to, and what the server wants otherwise than the join said: another server has its
// own ways. SSRCs are those of the join where a list is empty; an SSRC of 0 in `receive` is known when its first packet
// comes, and then there is one of that kind.
struct KeyedJoined {
  Endpoint server;
  std::vector<Received> receive;
  std::vector<Published> publish;
  bool plain_up = false, plain_down = false;  // RTP without keys in that direction, although the join had some
  bool other_source = false;                  // what it sends does not come from `server`, but from whatever port
};

struct WebrtcJoin {
  std::string room, id;
  std::string offer;
  struct Subscription {
    std::string mid, track;
  };
  std::vector<Subscription> subscriptions;
};

class Target {
 public:
  virtual ~Target() = default;

  // For reports: "tuttid 0.1.0 (3f2a...), ipsec-mb", "janus 1.1.2".
  virtual std::string describe() = 0;
  // A name for what it cannot do of this scenario; nothing if it can.
  virtual std::optional<std::string> lacks(const Scenario& scenario) const = 0;

  virtual Result<void> make_room(const std::string& room, const Scenario& scenario) = 0;
  virtual Result<KeyedJoined> join_keyed(const KeyedJoin& join) = 0;
  virtual Result<std::string> join_webrtc(const WebrtcJoin& join) = 0;  // the answer
  virtual Result<void> leave(const std::string& room, const std::string& id) = 0;

  virtual ProcessFigures figures() = 0;
  // False once it has ended by itself.
  virtual bool running() = 0;
  // Counters of the server that a report should show (drops, late mixes, ...), as name and value; may be empty.
  virtual std::vector<std::pair<std::string, double>> counters() = 0;
};

struct TargetOptions {
  std::string binary;  // empty: the one beside the harness, or the packaged one
  int cpu = 1;         // that the server is pinned to, beginning here: one for each worker; -1: not pinned
  uint32_t workers = 1;
  int real_time = 0;  // SCHED_RR priority, 0: none
  std::string srtp;   // which backend, where the server has a choice; empty: its own default
};
// Starts the server as a child that ends with the harness.
Result<std::unique_ptr<Target>> start_tuttid(const TargetOptions& options);
Result<std::unique_ptr<Target>> start_janus(const TargetOptions& options);

}  // namespace tutti::bench
