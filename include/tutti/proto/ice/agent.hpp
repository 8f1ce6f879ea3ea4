// LiteAgent: the ICE-lite side (RFC 8445 §2.5) of one participant. It answers connectivity checks, remembers which
// paths passed one, which of them the peer nominated, and when the last one came (the consent that keeps a participant
// alive). Owned by the participant's Peer, on its worker's thread. It never sends by itself and needs no timer but
// expiry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tutti/base/drop_reason.hpp"
#include "tutti/base/endpoint.hpp"
#include "tutti/base/random.hpp"
#include "tutti/base/units.hpp"
#include "tutti/wire/stun/builder.hpp"
#include "tutti/wire/stun/message.hpp"

namespace tutti::ice {

// RFC 8839 §5.4: a ufrag has 4 to 256 characters, a password 22 to 256. The two sides are types of their own, because
// every check names both and only the receiver's password is the key.
struct LocalCredentials {
  std::string ufrag, pwd;
  bool operator==(const LocalCredentials&) const = default;
};
struct RemoteCredentials {
  std::string ufrag, pwd;
  bool operator==(const RemoteCredentials&) const = default;
};

// 8 characters of ufrag (47 bits) and 24 of password (142 bits; RFC 8445 §5.3 wants 128).
LocalCredentials make_credentials(Random& random);

// The ufrag of the agent that a check is meant for: what precedes the colon of its USERNAME. Nothing if it has none.
std::optional<std::string_view> addressed_ufrag(const stun::Message& message);

struct LiteAgentConfig {
  // A peer is gone this long after its last authenticated check. Making the agent and restarting it count as one,
  // because the peer needs time to check.
  TimeDelta consent_timeout = TimeDelta::seconds(30);
  // Verified paths that are remembered; at least 1. Beyond it the least recently checked is forgotten.
  size_t max_paths = 16;
};

// What one check did.
struct CheckResult {
  size_t reply_size = 0;    // bytes written to `out`; 0: send nothing
  uint16_t error_code = 0;  // of the reply if it is an error response
  std::optional<DropReason>
      dropped;  // the message was not an authenticated check; a reply may still tell its sender so
  bool path_verified_first_time = false;
  bool nominated_changed = false;  // nominated() is another than before
  bool send_path_changed = false;  // send_path() is another than before
  bool restart_completed = false;  // previous_local_ufrag() no longer serves
};

class LiteAgent {
 public:
  using Config = LiteAgentConfig;
  // No reply is larger.
  static constexpr size_t kMaxReplySize = 256;

  LiteAgent(LocalCredentials local, RemoteCredentials remote, Config config, Timestamp now);

  // Takes a STUN message that arrived on `path`. Nothing changes unless it is a binding request whose USERNAME names
  // both sides and whose MESSAGE-INTEGRITY (and FINGERPRINT, if present) is right. The source may be any: an address
  // that no candidate announced is peer-reflexive (RFC 8445 §7.3.1.3). The reply goes back on `path`; `out` holds
  // kMaxReplySize.
  CheckResult handle_binding(Timestamp now, const Path& path, const stun::Message& message, std::span<uint8_t> out);

  // Whether a check on this path succeeded, and it has not been forgotten since. O(max_paths).
  bool is_verified(const Path& path) const;
  // The last path that the peer nominated since the last restart.
  std::optional<Path> nominated() const { return nominated_ ? send_path_ : std::nullopt; }
  // Where to send: the nominated path, before a nomination the first that was verified; during a restart still the old
  // one.
  std::optional<Path> send_path() const { return send_path_; }
  size_t path_count() const { return paths_.size(); }

  // Consent (RFC 7675's idea on the side that is asked for it: a peer that no longer checks no longer wants media).
  std::optional<Timestamp> last_check() const { return last_check_; }
  bool expired(Timestamp now) const { return now >= next_deadline(); }
  Timestamp next_deadline() const { return consent_since_ + config_.consent_timeout; }

  // RFC 8445 §9. The old pair and the old credentials serve until the first check with the new ones succeeds. From then
  // on the old credentials are refused, the path of that check is sent on, and old paths count as verified until
  // forgotten: the peer sends on its old pair until it has chosen a new one. Restarting again before that replaces the
  // new credentials and keeps the old.
  void restart(LocalCredentials local, RemoteCredentials remote, Timestamp now);
  const LocalCredentials& local() const { return current_.local; }
  // Both ufrags are addresses of this agent for whoever demultiplexes by USERNAME.
  const std::string& local_ufrag() const { return current_.local.ufrag; }
  std::optional<std::string_view> previous_local_ufrag() const;

 private:
  struct Session {
    LocalCredentials local;
    RemoteCredentials remote;
    bool matches(std::string_view username) const;
  };
  struct VerifiedPath {
    Path path;
    Timestamp last_check;
  };

  const Session* find_session(std::string_view username) const;
  void accept(Timestamp now, const Path& path, bool is_current, bool use_candidate, CheckResult& result);
  bool remember(Timestamp now, const Path& path);

  Config config_;
  Session current_;
  std::optional<Session> previous_;  // during a restart
  std::vector<VerifiedPath> paths_;  // at most config_.max_paths
  std::optional<Path> send_path_;    // always one of paths_
  bool nominated_ = false;           // send_path_ was nominated
  std::optional<Timestamp> last_check_;
  Timestamp consent_since_;
};

}  // namespace tutti::ice
