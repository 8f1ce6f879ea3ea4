// Transport: one DTLS 1.2 association (RFC 6347) and the SRTP keys that it agrees on (RFC 5764). Sans-IO over OpenSSL:
// takes datagrams and deadlines, yields datagrams. Owned by a peer, on its worker's thread. Feed it only datagrams
// whose path ICE has verified: before the keys are agreed nothing is authentic, and whoever can write on the path can
// fail the handshake.
//
// OpenSSL reads the wall clock by itself for its timers. Deadlines given out here are derived from them in the caller's
// clock, and where OpenSSL's runs behind, handle_deadline asks again a few milliseconds later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tutti/base/drop_reason.hpp"
#include "tutti/base/srtp_suite.hpp"
#include "tutti/base/units.hpp"
#include "tutti/proto/dtls/context.hpp"
#include "tutti/proto/dtls/fingerprint.hpp"
#include "tutti/proto/dtls/openssl_ptr.hpp"

namespace tutti::dtls {

class DatagramPipe;
class RecordFilter;
struct ExpectedPeer;

enum class Role : uint8_t { kServer, kClient };  // a=setup:passive, a=setup:active

enum class State : uint8_t {
  kNew,         // a server that has seen no ClientHello; it waits for ever
  kConnecting,  // handshake under way
  kConnected,   // fingerprint verified, keys are there
  kClosed,      // by close() or the peer's close_notify
  kFailed,      // see failure(); an alert may still be there to send
};

class Transport {
 public:
  // A lost flight is sent again after 200 ms, then after twice as long each time: later than libwebrtc's 50 ms, so that
  // a browser on a slow path does not get everything twice. The handshake fails `kHandshakeTimeout` after it began.
  static constexpr TimeDelta kFirstRetransmission = TimeDelta::millis(200);
  static constexpr TimeDelta kLongestRetransmission = TimeDelta::millis(3200);
  static constexpr TimeDelta kHandshakeTimeout = TimeDelta::seconds(20);

  // `remote` are the fingerprints of the SDP: the peer's certificate must have one of them, and none means no peer will
  // do. A client begins its handshake at once. Throws std::bad_alloc if OpenSSL has no memory.
  Transport(const Context& context, Role role, std::vector<Fingerprint> remote, Timestamp now);
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  ~Transport();

  // Returns why the datagram, or a part of it, was ignored. Records without authentic origin end nothing once
  // connected.
  std::optional<DropReason> handle_datagram(Timestamp now, std::span<const uint8_t> datagram);
  void handle_deadline(Timestamp now);
  // never() unless connecting.
  Timestamp next_deadline() const;
  // Writes the next datagram to send into `out`, which should hold Context::max_datagram() bytes, and returns its size;
  // 0 when there is none. Call until then after every other call, also when the state is kFailed or kClosed.
  size_t poll_transmit(std::span<uint8_t> out);
  // Tells the peer, if connected, by close_notify. Later input is ignored.
  void close();

  Role role() const { return role_; }
  State state() const { return state_; }
  // Why the state is kFailed, in words for the log; else empty.
  std::string_view failure() const { return failure_; }
  // RFC 5764 §4.2. Present while connected, and only then.
  std::optional<SrtpKeys> srtp_keys() const;

 private:
  void begin(Timestamp now);
  void advance(Timestamp now);
  void handshake(Timestamp now);
  void finish_handshake();
  void read_records();
  void schedule(Timestamp now);
  void send_close_notify();
  void fail(std::string_view reason);

  const Role role_;
  State state_ = State::kNew;
  std::string failure_;
  std::optional<SrtpKeys> keys_;
  std::vector<Fingerprint> remote_;
  std::unique_ptr<ExpectedPeer> expected_;
  std::unique_ptr<DatagramPipe> pipe_;
  std::unique_ptr<RecordFilter> filter_;
  OpenSslPtr<ssl_st> ssl_;
  Timestamp retransmit_at_ = Timestamp::never();
  Timestamp give_up_at_ = Timestamp::never();
};

}  // namespace tutti::dtls
