// What a session keeps for each SSRC, in each direction. RFC 3711 §3.2.1, §3.2.3: the rollover counter, the replay list
// and the SRTCP index belong to a source, the keys to the session.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "proto/srtp/replay_window.hpp"
#include "tutti/base/ids.hpp"

namespace tutti::srtp {

// Received SSRCs that a session keeps state for. A participant has three layers of 16 tracks, each with RTX, and room
// is left for SSRCs that only send RTCP; one that invents another for each packet gets no further.
constexpr size_t kMaxReceivedSources = 256;

struct SentSource {
  Ssrc ssrc;
  uint32_t rtcp_index = 0;  // of the last packet
  uint64_t highest_index = 0;
};

struct ReceivedSource {
  Ssrc ssrc;
  ReplayWindow<kRtcpReplayWindow> rtcp;
  std::unique_ptr<ReplayWindow<kRtpReplayWindow>> rtp;  // from the first RTP packet on
};

// Sorted by SSRC: a few of them in most sessions.
template <class Source>
class SourceTable {
 public:
  size_t size() const { return sources_.size(); }
  Source* find(Ssrc ssrc) {
    const auto at = place(ssrc);
    return at != sources_.end() && at->ssrc == ssrc ? &*at : nullptr;
  }
  // The one that is there, or a new one. Others may move.
  Source& get(Ssrc ssrc) {
    auto at = place(ssrc);
    if (at == sources_.end() || at->ssrc != ssrc) {
      Source fresh;
      fresh.ssrc = ssrc;
      at = sources_.insert(at, std::move(fresh));
    }
    return *at;
  }
  void erase(Ssrc ssrc) {
    const auto at = place(ssrc);
    if (at != sources_.end() && at->ssrc == ssrc) sources_.erase(at);
  }

 private:
  auto place(Ssrc ssrc) {
    return std::lower_bound(sources_.begin(), sources_.end(), ssrc, [](const Source& a, Ssrc b) { return a.ssrc < b; });
  }

  std::vector<Source> sources_;
};

}  // namespace tutti::srtp
