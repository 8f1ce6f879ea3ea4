// The full agent on the other side of a LiteAgent, as far as its checks go: it writes the requests and reads the
// replies.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tutti/base/crypto.hpp"
#include "tutti/proto/ice/agent.hpp"
#include "tutti/wire/stun/builder.hpp"
#include "tutti/wire/stun/message.hpp"

namespace tutti::test {

struct Check {
  bool use_candidate = false;
  std::optional<uint64_t> controlling = 1;
  std::optional<uint64_t> controlled;
  bool integrity = true;
  bool fingerprint = true;
  std::vector<stun::AttributeType> extra;  // without values
};

class IceClient {
 public:
  // `server`: the credentials of the LiteAgent, which are remote ones here.
  IceClient(ice::LocalCredentials server, ice::RemoteCredentials client)
      : server_(std::move(server)), client_(std::move(client)) {}

  std::string username() const { return server_.ufrag + ":" + client_.ufrag; }

  // One check from `path`; its reply is in last_reply().
  ice::CheckResult check(ice::LiteAgent& agent, Timestamp now, const Path& path, const Check& what = {}) {
    return deliver(agent, now, path, request(what));
  }

  ice::CheckResult deliver(ice::LiteAgent& agent, Timestamp now, const Path& path, const std::vector<uint8_t>& bytes) {
    const auto message = stun::Message::parse(bytes);
    std::array<uint8_t, ice::LiteAgent::kMaxReplySize> out;
    const auto result = agent.handle_binding(now, path, message.value(), out);
    reply_.assign(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(result.reply_size));
    return result;
  }

  std::vector<uint8_t> request(const Check& what = {}) {
    std::array<uint8_t, stun::kMaxMessageSize> out;
    ++id_[11];
    stun::Builder b(out, stun::MessageClass::kRequest, stun::kBindingMethod, id_);
    b.add_username(username());
    b.add_priority(0x6e7f1eff);
    if (what.controlling) b.add_ice_controlling(*what.controlling);
    if (what.controlled) b.add_ice_controlled(*what.controlled);
    if (what.use_candidate) b.add_use_candidate();
    for (auto type : what.extra) b.add(type, {});
    if (what.integrity) b.add_message_integrity(as_bytes(server_.pwd));
    if (what.fingerprint) b.add_fingerprint();
    return {b.message().begin(), b.message().end()};
  }

  // The reply to the last check, if it is to that check and signed and fingerprinted as it must be.
  std::optional<stun::Message> last_reply() const {
    const auto m = raw_reply();
    if (!m || !m->verify_integrity(as_bytes(server_.pwd)) || !m->verify_fingerprint()) return std::nullopt;
    return m;
  }
  // The same without regard to integrity and fingerprint.
  std::optional<stun::Message> raw_reply() const {
    const auto m = stun::Message::parse(reply_);
    return m && m->transaction_id() == id_ ? m : std::nullopt;
  }

 private:
  ice::LocalCredentials server_;
  ice::RemoteCredentials client_;
  stun::TransactionId id_{};
  std::vector<uint8_t> reply_;
};

}  // namespace tutti::test
