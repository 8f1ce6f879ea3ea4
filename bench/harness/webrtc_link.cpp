#include "harness/webrtc_link.hpp"

#include <algorithm>
#include <vector>

#include "tutti/base/crypto.hpp"
#include "tutti/wire/stun/builder.hpp"

namespace tutti::bench {

namespace {
constexpr TimeDelta kRetry = TimeDelta::millis(100);
constexpr TimeDelta kConsent = TimeDelta::seconds(5);  // RFC 7675 §5.1
constexpr TimeDelta kGiveUp = TimeDelta::seconds(20);
constexpr uint32_t kPriority = 0x6E7F1EFF;  // of a peer-reflexive candidate, RFC 8445 §7.1.1
}  // namespace

WebrtcLink::WebrtcLink(const dtls::Context& context, Random& random)
    : context_(context), local_{random.token(8), random.token(24)}, tie_breaker_(random.u64()) {
  random.fill(transaction_);
}

void WebrtcLink::begin(Timestamp now, IceCredentials remote, const dtls::Fingerprint& fingerprint) {
  remote_ = std::move(remote);
  fingerprint_ = fingerprint;
  began_ = next_check_ = now;
}

void WebrtcLink::send_check(Timestamp now, Wire& wire) {
  std::array<uint8_t, stun::kMaxMessageSize> out;
  // A new transaction for each, so that a reply to an earlier one is told apart; a byte that counts does that.
  ++transaction_[11];
  stun::Builder b(out, stun::MessageClass::kRequest, stun::kBindingMethod, transaction_);
  b.add_username(remote_.ufrag + ":" + local_.ufrag);
  b.add_priority(kPriority);
  b.add_ice_controlling(tie_breaker_);
  b.add_use_candidate();
  b.add_message_integrity(as_bytes(remote_.pwd));
  b.add_fingerprint();
  wire.send(b.message());
  next_check_ = now + (checked_ ? kConsent : kRetry);
}

void WebrtcLink::handle_stun(Timestamp now, std::span<const uint8_t> datagram, Wire& wire) {
  const auto reply = stun::Message::parse(datagram);
  if (!reply || reply->message_class() != stun::MessageClass::kSuccess || !fingerprint_) return;
  if (!reply->verify_integrity(as_bytes(remote_.pwd)) || checked_) return;
  checked_ = now;
  next_check_ = now + kConsent;
  dtls_ = std::make_unique<dtls::Transport>(context_, dtls::Role::kClient, std::vector{*fingerprint_}, now);
  follow_dtls(now, wire);
}

void WebrtcLink::follow_dtls(Timestamp now, Wire& wire) {
  std::array<uint8_t, 2048> buffer;
  while (const size_t n = dtls_->poll_transmit(buffer)) wire.send(std::span(buffer).first(n));
  if (dtls_->state() == dtls::State::kConnected && !secured_) secured_ = now;
  if (dtls_->state() == dtls::State::kFailed) failed_ = true;
}

// RFC 7983 §7: 0 to 3 is STUN, 20 to 63 DTLS.
void WebrtcLink::handle_datagram(Timestamp now, std::span<const uint8_t> datagram, Wire& wire) {
  if (datagram.empty()) return;
  if (datagram[0] <= 3) {
    handle_stun(now, datagram, wire);
  } else if (datagram[0] >= 20 && datagram[0] <= 63 && dtls_) {
    dtls_->handle_datagram(now, datagram);
    follow_dtls(now, wire);
  }
}

Timestamp WebrtcLink::next_deadline() const {
  if (failed_) return Timestamp::never();
  return std::min(next_check_, dtls_ ? dtls_->next_deadline() : Timestamp::never());
}

void WebrtcLink::handle_deadline(Timestamp now, Wire& wire) {
  if (began_ && !secured_ && now - *began_ > kGiveUp) failed_ = true;
  if (failed_) return;
  if (next_check_ <= now) send_check(now, wire);
  if (dtls_ && dtls_->next_deadline() <= now) {
    dtls_->handle_deadline(now);
    follow_dtls(now, wire);
  }
}

std::optional<TimeDelta> WebrtcLink::ice_time() const {
  return checked_ ? std::optional(*checked_ - *began_) : std::nullopt;
}
std::optional<TimeDelta> WebrtcLink::dtls_time() const {
  return secured_ ? std::optional(*secured_ - *checked_) : std::nullopt;
}

}  // namespace tutti::bench
