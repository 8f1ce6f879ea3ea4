// Two DTLS endpoints and the wire between them, in virtual time: what either sends arrives after a fixed delay, unless
// the test's `Fate` for that datagram says otherwise. Sets OpenSSL's clock too.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "support/clock_override.hpp"
#include "tutti/base/random.hpp"
#include "tutti/proto/dtls/transport.hpp"

namespace tutti::test {

// What happens to one datagram: an arrival for each entry, so much later than usual. Empty: lost.
using Fate = std::vector<TimeDelta>;
inline const Fate kArrives = {TimeDelta::zero()};

// Both ends have the members of dtls::Transport that move datagrams and deadlines.
template <class Client, class Server>
class DtlsLink {
 public:
  // `index` counts the datagrams of both directions in the order in which they were sent.
  using Policy = std::function<Fate(size_t index, bool to_server, std::span<const uint8_t> datagram)>;

  DtlsLink(Client& client, Server& server, Timestamp now) : client_(client), server_(server), now_(now) {}
  void set_policy(Policy policy) { policy_ = std::move(policy); }
  Timestamp now() const { return now_; }
  size_t sent() const { return sent_; }

  // Runs until nothing is under way and nobody waits for a deadline before `end`, or `stop` is true.
  template <class Stop>
  void run(Timestamp end, Stop stop) {
    collect();
    while (!stop()) {
      const Timestamp next = next_event();
      if (next > end) break;
      now_ = std::max(now_, next);
      set_openssl_time(now_);
      step();
      collect();
    }
  }
  void run_for(TimeDelta time) {
    run(now_ + time, [] { return false; });
  }

 private:
  struct Flying {
    Timestamp at;
    bool to_server;
    std::vector<uint8_t> bytes;
  };

  void collect() {
    std::array<uint8_t, 2048> buffer;
    while (const size_t n = client_.poll_transmit(buffer)) send(true, std::span(buffer).first(n));
    while (const size_t n = server_.poll_transmit(buffer)) send(false, std::span(buffer).first(n));
  }
  void send(bool to_server, std::span<const uint8_t> bytes) {
    const size_t index = sent_++;
    for (TimeDelta extra : policy_ ? policy_(index, to_server, bytes) : kArrives) {
      flying_.push_back({now_ + TimeDelta::millis(20) + extra, to_server, {bytes.begin(), bytes.end()}});
    }
  }
  Timestamp next_event() const {
    Timestamp next = std::min(client_.next_deadline(), server_.next_deadline());
    for (const auto& f : flying_) next = std::min(next, f.at);
    return next;
  }
  void step() {
    for (size_t i = 0; i < flying_.size();) {
      if (flying_[i].at > now_) {
        ++i;
        continue;
      }
      const Flying f = std::move(flying_[i]);
      flying_.erase(flying_.begin() + static_cast<std::ptrdiff_t>(i));
      if (f.to_server) server_.handle_datagram(now_, f.bytes);
      if (!f.to_server) client_.handle_datagram(now_, f.bytes);
    }
    if (client_.next_deadline() <= now_) client_.handle_deadline(now_);
    if (server_.next_deadline() <= now_) server_.handle_deadline(now_);
  }

  Client& client_;
  Server& server_;
  Timestamp now_;
  Policy policy_;
  size_t sent_ = 0;
  std::vector<Flying> flying_;
};

inline dtls::Certificate make_certificate(uint64_t seed) {
  SeededRandom random(seed);
  return dtls::Certificate::self_signed(random, 1'700'000'000);
}

// A client and a server Transport that expect each other, and the link between them.
struct DtlsPair {
  explicit DtlsPair(const dtls::ContextSettings& client_settings = {},
                    const dtls::ContextSettings& server_settings = {})
      : client_context(client_certificate(), client_settings), server_context(server_certificate(), server_settings) {}

  bool connected() const {
    return client.state() == dtls::State::kConnected && server.state() == dtls::State::kConnected;
  }
  // Runs until both ends are connected, for at most `limit`.
  bool connect(TimeDelta limit = TimeDelta::seconds(20)) {
    link.run(start + limit, [this] { return connected(); });
    return connected();
  }

  // Made once: key generation is slower than all the rest.
  static const dtls::Certificate& client_certificate() {
    static const dtls::Certificate certificate = make_certificate(1);
    return certificate;
  }
  static const dtls::Certificate& server_certificate() {
    static const dtls::Certificate certificate = make_certificate(2);
    return certificate;
  }

  // OpenSSL's clock is set before anything of it exists.
  static Timestamp begin() {
    const auto now = Timestamp::from_ms(5'000);
    set_openssl_time(now);
    return now;
  }
  const Timestamp start = begin();
  dtls::Context client_context, server_context;
  dtls::Transport server{server_context, dtls::Role::kServer, {client_certificate().fingerprint()}, start};
  dtls::Transport client{client_context, dtls::Role::kClient, {server_certificate().fingerprint()}, start};
  DtlsLink<dtls::Transport, dtls::Transport> link{client, server, start};
};

}  // namespace tutti::test
