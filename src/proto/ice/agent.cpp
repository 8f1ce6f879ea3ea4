#include "tutti/proto/ice/agent.hpp"

#include <algorithm>
#include <utility>

#include "proto/ice/reply.hpp"
#include "tutti/base/crypto.hpp"

namespace tutti::ice {

LocalCredentials make_credentials(Random& random) {
  LocalCredentials c;
  c.ufrag = random.token(8);
  c.pwd = random.token(24);
  return c;
}

std::optional<std::string_view> addressed_ufrag(const stun::Message& message) {
  const auto username = message.username();
  if (!username) return std::nullopt;
  const size_t colon = username->find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  return username->substr(0, colon);
}

LiteAgent::LiteAgent(LocalCredentials local, RemoteCredentials remote, Config config, Timestamp now)
    : config_(config), current_{std::move(local), std::move(remote)}, consent_since_(now) {
  config_.max_paths = std::max<size_t>(config_.max_paths, 1);
  paths_.reserve(config_.max_paths);
}

CheckResult LiteAgent::handle_binding(Timestamp now, const Path& path, const stun::Message& request,
                                      std::span<uint8_t> out) {
  CheckResult result;
  if (request.has_fingerprint() && !request.verify_fingerprint()) {
    result.dropped = DropReason::kStunMalformed;
    return result;
  }
  // An indication keeps a NAT's binding alive and does nothing else (RFC 8445 §11); and a lite agent has asked nothing.
  if (!request.is_binding_request()) {
    result.dropped = DropReason::kStunIgnored;
    return result;
  }

  const auto refuse = [&](const stun::ErrorCode& error, std::optional<DropReason> dropped, std::string_view key = {}) {
    result.error_code = error.code;
    result.dropped = dropped;
    result.reply_size = write_error(request, error, key, out);
    return result;
  };
  // RFC 8489 §9.1.3, the order of the short-term credential mechanism.
  const auto username = request.username();
  if (!username || !request.has_integrity()) return refuse(kBadRequest, DropReason::kStunIntegrity);
  const Session* session = find_session(*username);
  if (!session) return refuse(kUnauthenticated, DropReason::kUnknownUfrag);
  const std::string_view key = session->local.pwd;
  if (!request.verify_integrity(as_bytes(key))) return refuse(kUnauthenticated, DropReason::kStunIntegrity);

  if (!request.not_understood().empty()) return refuse(kUnknownAttribute, std::nullopt, key);
  if (request.ice_controlled()) {
    if (request.ice_controlling()) return refuse(kBadRequest, DropReason::kStunMalformed, key);
    // RFC 8445 §6.1.1: the full agent controls a lite one, whatever the tie-breakers say (§7.3.1.1, where they would
    // count, is for full agents): if we took the controlling role, nobody would nominate.
    return refuse(kRoleConflict, std::nullopt, key);
  }

  result.reply_size = write_success(request, path.remote, key, out);
  accept(now, path, session == &current_, request.use_candidate(), result);
  return result;
}

bool LiteAgent::is_verified(const Path& path) const {
  return std::any_of(paths_.begin(), paths_.end(), [&](const VerifiedPath& p) { return p.path == path; });
}

void LiteAgent::restart(LocalCredentials local, RemoteCredentials remote, Timestamp now) {
  if (!previous_) previous_ = std::move(current_);
  current_ = {std::move(local), std::move(remote)};
  consent_since_ = now;
}

std::optional<std::string_view> LiteAgent::previous_local_ufrag() const {
  return previous_ ? std::optional<std::string_view>(previous_->local.ufrag) : std::nullopt;
}

bool LiteAgent::Session::matches(std::string_view username) const {
  return username.size() == local.ufrag.size() + 1 + remote.ufrag.size() && username.starts_with(local.ufrag) &&
         username[local.ufrag.size()] == ':' && username.ends_with(remote.ufrag);
}

const LiteAgent::Session* LiteAgent::find_session(std::string_view username) const {
  if (current_.matches(username)) return &current_;
  return previous_ && previous_->matches(username) ? &*previous_ : nullptr;
}

void LiteAgent::accept(Timestamp now, const Path& path, bool is_current, bool use_candidate, CheckResult& result) {
  const auto nominated_before = nominated(), sent_on_before = send_path_;
  last_check_ = consent_since_ = now;
  if (is_current && previous_) {
    previous_.reset();
    send_path_.reset();
    nominated_ = false;
    result.restart_completed = true;
  }
  result.path_verified_first_time = remember(now, path);
  if (use_candidate) {
    send_path_ = path;
    nominated_ = true;
  } else if (!send_path_) {
    send_path_ = path;
  }
  result.nominated_changed = nominated() != nominated_before;
  result.send_path_changed = send_path_ != sent_on_before;
}

// Returns whether the path is new.
bool LiteAgent::remember(Timestamp now, const Path& path) {
  const auto known = std::find_if(paths_.begin(), paths_.end(), [&](const VerifiedPath& p) { return p.path == path; });
  if (known != paths_.end()) {
    known->last_check = now;
    return false;
  }
  if (paths_.size() >= config_.max_paths) {
    // The path that is sent on is the youngest of all, for this purpose.
    const auto age_rank = [&](const VerifiedPath& p) { return std::pair(p.path == send_path_, p.last_check); };
    paths_.erase(std::min_element(paths_.begin(), paths_.end(), [&](const VerifiedPath& a, const VerifiedPath& b) {
      return age_rank(a) < age_rank(b);
    }));
  }
  paths_.push_back({path, now});
  return true;
}

}  // namespace tutti::ice
