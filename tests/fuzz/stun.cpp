// Feeds STUN messages to the parser, to an agent and to the binding service, first as they are, then signed: integrity
// would keep the fuzzer from what lies behind it. What is read is written again and must read the same.
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "support/fuzz.hpp"
#include "tutti/base/crypto.hpp"
#include "tutti/proto/ice/agent.hpp"
#include "tutti/proto/ice/binding_service.hpp"
#include "tutti/wire/stun/builder.hpp"
#include "tutti/wire/stun/message.hpp"

namespace {

using namespace tutti;
using test::fuzz_require;

constexpr Timestamp kStart = Timestamp::from_ms(1000);
// Those of RFC 5769, so that its sample request authenticates.
const ice::LocalCredentials kLocal{"evtj", "VOkJxbRl1RmTxUk/WvJxBt"};
const ice::RemoteCredentials kRemote{"h6vY", ""};

void read_everything(const stun::Message& m) {
  const auto username = m.username();
  fuzz_require(!username || username->size() <= stun::kMaxUsernameSize);
  const auto error = m.error_code();
  fuzz_require(!error || (error->code >= 300 && error->code <= 699));
  (void)m.software();
  (void)m.xor_mapped_address();
  (void)m.priority();
  (void)m.ice_controlled();
  (void)m.ice_controlling();
  (void)m.unknown_attributes();
  (void)m.not_understood();
  (void)m.verify_fingerprint();
  (void)m.verify_integrity(as_bytes(kLocal.pwd));
}

void write_and_read_again(const stun::Message& m) {
  std::array<uint8_t, stun::kMaxMessageSize> out;
  stun::Builder b(out, m.message_class(), m.method(), m.transaction_id());
  for (const stun::Attribute& a : m.attributes()) b.add(a.type, a.value);
  const auto again = stun::Message::parse(b.message());
  fuzz_require(again && again->attributes().size() == m.attributes().size());
  for (size_t i = 0; i < m.attributes().size(); ++i) {
    const auto &x = m.attributes()[i], &y = again->attributes()[i];
    fuzz_require(x.type == y.type && std::equal(x.value.begin(), x.value.end(), y.value.begin(), y.value.end()));
  }
  fuzz_require(again->xor_mapped_address() == m.xor_mapped_address() && again->priority() == m.priority());
}

ice::CheckResult check(ice::LiteAgent& agent, Timestamp now, const Path& path, const stun::Message& m) {
  std::array<uint8_t, ice::LiteAgent::kMaxReplySize> out;
  const bool signed_well = m.verify_integrity(as_bytes(kLocal.pwd));
  const auto paths_before = agent.path_count();
  const auto result = agent.handle_binding(now, path, m, out);
  fuzz_require(signed_well ||
               (agent.path_count() == paths_before && agent.next_deadline() <= now + TimeDelta::seconds(30)));
  if (result.reply_size != 0) {
    const auto reply = stun::Message::parse(std::span<const uint8_t>(out).first(result.reply_size));
    fuzz_require(reply && reply->transaction_id() == m.transaction_id());
    fuzz_require((result.error_code != 0) == reply->error_code().has_value());
  }
  return result;
}

// The attributes of `m`, between the right username and the right integrity.
void sign_and_check(ice::LiteAgent& agent, Timestamp now, const Path& path, const stun::Message& m) {
  std::array<uint8_t, stun::kMaxMessageSize> out;
  stun::Builder b(out, m.message_class(), m.method(), m.transaction_id());
  b.add_username("evtj:h6vY");
  for (const stun::Attribute& a : m.attributes()) {
    if (a.type != stun::AttributeType::kMessageIntegrity && a.type != stun::AttributeType::kFingerprint)
      b.add(a.type, a.value);
  }
  b.add_message_integrity(as_bytes(kLocal.pwd));
  b.add_fingerprint();
  const auto signed_message = stun::Message::parse(b.message());
  if (!signed_message) return;  // too large, or too many attributes, by what was added
  const auto result = check(agent, now, path, *signed_message);
  fuzz_require(!signed_message->is_binding_request() || result.reply_size != 0);
  if (!result.dropped && result.error_code == 0) {
    fuzz_require(agent.is_verified(path) && agent.send_path().has_value());
    fuzz_require(!signed_message->use_candidate() || agent.nominated() == path);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto message = stun::Message::parse({data, size});
  if (!message) return 0;
  read_everything(*message);
  write_and_read_again(*message);

  const Path path{0, {IpAddress::v4({192, 0, 2, 1}), 5000}};
  ice::LiteAgent agent(kLocal, kRemote, {}, kStart);
  check(agent, kStart, path, *message);
  sign_and_check(agent, kStart, path, *message);

  SeededRandom random(1);
  ice::StunResponderConfig config;
  config.max_sources = 4;
  ice::StunResponder service(config, random);
  std::array<uint8_t, ice::StunResponder::kMaxReplySize> out;
  const auto reply = service.handle_binding(kStart, path.remote, *message, out);
  fuzz_require((reply.size == 0) == reply.dropped.has_value());
  return 0;
}
