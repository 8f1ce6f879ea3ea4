#include "tutti/proto/dtls/transport.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "proto/dtls/datagram_bio.hpp"
#include "proto/dtls/exporter.hpp"
#include "proto/dtls/record_filter.hpp"
#include "proto/dtls/verify.hpp"

namespace tutti::dtls {
namespace {

// How long to wait when our deadline is there and OpenSSL's, on its own clock, is not.
constexpr TimeDelta kClockSlack = TimeDelta::millis(5);

// The duration after `previous` microseconds; 0 asks for the first.
unsigned next_timeout(SSL*, unsigned previous) noexcept {
  if (previous == 0) return static_cast<unsigned>(Transport::kFirstRetransmission.us());
  return std::min(previous * 2, static_cast<unsigned>(Transport::kLongestRetransmission.us()));
}

std::string openssl_error() {
  const unsigned long code = ERR_peek_error();
  const char* reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return reason ? reason : "no reason given";
}

}  // namespace

Transport::Transport(const Context& context, Role role, std::vector<Fingerprint> remote, Timestamp now)
    : role_(role),
      remote_(std::move(remote)),
      expected_(std::make_unique<ExpectedPeer>(ExpectedPeer{remote_})),
      pipe_(std::make_unique<DatagramPipe>(context.max_datagram())),
      filter_(std::make_unique<RecordFilter>()),
      ssl_(SSL_new(context.ssl_ctx())) {
  BIO* bio = make_bio(context.bio_method(), *pipe_);
  if (!ssl_ || !bio) {
    BIO_free(bio);
    throw std::bad_alloc();
  }
  SSL_set_bio(ssl_.get(), bio, bio);
  expect(ssl_.get(), *expected_);
  DTLS_set_link_mtu(ssl_.get(), static_cast<long>(context.max_datagram()));
  DTLS_set_timer_cb(ssl_.get(), next_timeout);
  if (role_ == Role::kServer) {
    SSL_set_accept_state(ssl_.get());
  } else {
    SSL_set_connect_state(ssl_.get());
    begin(now);
    advance(now);
  }
}

Transport::~Transport() = default;

std::optional<DropReason> Transport::handle_datagram(Timestamp now, std::span<const uint8_t> datagram) {
  if (state_ == State::kClosed || state_ == State::kFailed) return DropReason::kDtlsIgnored;
  const auto stage = state_ == State::kNew          ? FilterStage::kAwaitingClientHello
                     : state_ == State::kConnecting ? FilterStage::kHandshake
                                                    : FilterStage::kEstablished;
  RecordFilter::Buffer buffer;
  const auto [admitted, drop_reason] = filter_->filter(datagram, stage, buffer);
  if (!admitted.empty()) {
    if (state_ == State::kNew) begin(now);
    pipe_->set_input(admitted);
    advance(now);
    pipe_->set_input({});
  }
  return drop_reason;
}

void Transport::handle_deadline(Timestamp now) {
  if (state_ != State::kConnecting) return;
  if (now >= give_up_at_) return fail("handshake took too long");
  if (now < retransmit_at_) return;
  ERR_clear_error();
  if (DTLSv1_handle_timeout(ssl_.get()) < 0) return fail(openssl_error());
  schedule(now);
}

Timestamp Transport::next_deadline() const {
  return state_ == State::kConnecting ? std::min(retransmit_at_, give_up_at_) : Timestamp::never();
}

size_t Transport::poll_transmit(std::span<uint8_t> out) { return pipe_->pop_output(out); }

void Transport::close() {
  if (state_ == State::kFailed || state_ == State::kClosed) return;
  // OpenSSL takes a shutdown within a handshake for an error; then the peer learns by its own deadline.
  if (state_ == State::kConnected) send_close_notify();
  state_ = State::kClosed;
  keys_.reset();
}

std::optional<SrtpKeys> Transport::srtp_keys() const { return keys_; }

void Transport::begin(Timestamp now) {
  state_ = State::kConnecting;
  give_up_at_ = now + kHandshakeTimeout;
}

void Transport::advance(Timestamp now) {
  ERR_clear_error();
  if (state_ == State::kConnecting) handshake(now);
  if (state_ == State::kConnected) read_records();
}

void Transport::handshake(Timestamp now) {
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return finish_handshake();
  if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ) return schedule(now);
  if (expected_->mismatch) return fail("the certificate's fingerprint is not the one that was signalled");
  fail(openssl_error());
}

void Transport::finish_handshake() {
  // RFC 7627 §5.4: without the extended master secret an exporter "MUST" not be used; there is no other way to the
  // keys.
  if (SSL_get_extms_support(ssl_.get()) != 1) return fail("no extended master secret");
  keys_ = export_srtp_keys(ssl_.get(), role_);
  if (!keys_) return fail("no SRTP suite in common");
  state_ = State::kConnected;
}

// There is no application data in DTLS-SRTP; reading lets OpenSSL handle alerts, and answer a Finished that comes again
// because our last flight was lost.
void Transport::read_records() {
  std::array<uint8_t, 256> ignored;
  int result = 0;
  SSL_alloc_buffers(ssl_.get());
  do {
    result = SSL_read(ssl_.get(), ignored.data(), ignored.size());
  } while (result > 0);
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      // The two record buffers are half of what an association holds, and from here on hardly anything comes.
      SSL_free_buffers(ssl_.get());
      return;
    case SSL_ERROR_ZERO_RETURN:
      return close();
    default:
      return fail(openssl_error());
  }
}

void Transport::schedule(Timestamp now) {
  timeval left{};
  const bool running = DTLSv1_get_timeout(ssl_.get(), &left) == 1;
  const auto delay = TimeDelta::seconds(left.tv_sec) + TimeDelta::micros(left.tv_usec);
  retransmit_at_ = running ? now + std::max(delay, kClockSlack) : Timestamp::never();
}

void Transport::send_close_notify() {
  SSL_alloc_buffers(ssl_.get());
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

void Transport::fail(std::string_view reason) {
  // Tells a peer that believes to be connected. Within a handshake OpenSSL has queued the alert already.
  if (SSL_is_init_finished(ssl_.get())) send_close_notify();
  ERR_clear_error();
  state_ = State::kFailed;
  failure_ = reason;
  keys_.reset();
}

}  // namespace tutti::dtls
