// Demultiplexer: whose datagram is this? By the path it came on once that is verified, by the STUN username before, and for
// keyed participants whose address is still unknown by the SSRC that they declared. One for each worker, on its thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tutti/base/endpoint.hpp"
#include "tutti/base/ids.hpp"
#include "tutti/base/random.hpp"
#include "tutti/base/units.hpp"

namespace tutti::room {

class Participant;

class Demultiplexer {
 public:
  // An unknown source is tried against at most so many that wait.
  static constexpr size_t kMaxCandidates = 4;
  // After `max_failures` in a second a source is not tried at all.
  explicit Demultiplexer(uint32_t max_failures) : max_failures_(max_failures) {}

  // Those of its ufrags that the participant no longer answers to, after ICE restarts, are forgotten.
  void add_ufrag(std::string ufrag, Participant& participant);
  Participant* by_ufrag(std::string_view ufrag) const;

  // The path is this participant's from now on, unless its peer does not own it, or somebody else's still does: a check with
  // a forged source must not take a path away. Paths that the participant owned once and no longer does are forgotten, so
  // that it holds a bounded number.
  void add_path(const Path& path, Participant& participant);
  Participant* by_path(const Path& path) const;
  // Whoever receives from this remote address, on any of our sockets.
  Participant* by_remote(const Endpoint& remote) const;

  // Under each SSRC that it publishes.
  void add_waiting(Participant& participant);
  // Those that wait for a first packet and declared this SSRC.
  std::vector<Participant*> waiting_for(Ssrc ssrc) const;
  // Whether this source has failed too often in this second.
  bool is_limited(Timestamp now, const Endpoint& source) const;
  void count_failure(Timestamp now, const Endpoint& source);

  void remove(Participant& participant);

 private:
  struct Failures {
    Timestamp since;
    uint32_t count = 0;
  };
  static constexpr size_t kMaxSources = 4096;

  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
  };
  // What leads to a participant, so that forgetting it does not mean to look at everybody's.
  struct Keys {
    std::vector<std::string> ufrags;
    std::vector<Path> paths;
    std::vector<Ssrc> awaited;
  };
  void forget_path(const Path& path, const Participant& participant);
  void forget_ufrag(const std::string& ufrag, const Participant& participant);
  void stop_waiting(Keys& keys, const Participant& participant);

  std::unordered_map<const Participant*, Keys> keys_;
  std::unordered_map<std::string, Participant*, TextHash, std::equal_to<>> by_ufrag_;
  std::unordered_map<Path, Participant*> by_path_;
  uint16_t sockets_ = 0;  // one past the highest index of a local socket in a path
  uint32_t max_failures_;
  std::unordered_multimap<Ssrc, Participant*> waiting_;
  std::unordered_map<IpAddress, Failures> failures_;  // at most kMaxSources, emptied when full
};

}  // namespace tutti::room
