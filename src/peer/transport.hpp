// Transport: how one participant is reached and what protects its packets: ICE with DTLS-SRTP (webrtc_transport.hpp), or
// keys that the REST call brought (keyed_transport.hpp). Owned by a Peer. It decides from where packets are taken, where
// they are sent, and when the participant is gone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/base/datagram.hpp"
#include "tutti/base/drop_reason.hpp"
#include "tutti/base/endpoint.hpp"
#include "tutti/base/srtp_suite.hpp"
#include "tutti/base/units.hpp"
#include "tutti/proto/srtp/session.hpp"
#include "tutti/wire/stun/message.hpp"

namespace tutti::peer {

enum class LinkState : uint8_t { kNew, kConnecting, kConnected, kClosed, kExpired };

class Transport {
 public:
  virtual ~Transport() = default;

  // Each returns why the datagram was dropped, or nothing.
  virtual std::optional<DropReason> handle_stun(Timestamp now, const Path& path, const stun::Message& message) = 0;
  virtual std::optional<DropReason> handle_dtls(Timestamp now, const Path& path, std::span<const uint8_t> datagram) = 0;
  // Whether media may come from here at all, asked before anything is decrypted.
  virtual std::optional<DropReason> refuse_media_from(const Path& path) const = 0;
  // A packet from `path` has passed authentication.
  virtual void on_authenticated(Timestamp now, const Path& path) = 0;

  // Null until there are keys, and for ever for plain RTP: is_ready() tells the two apart.
  virtual srtp::Session* session() = 0;
  virtual std::optional<SrtpSuite> suite() const = 0;
  virtual bool is_ready() const = 0;
  virtual std::optional<Path> send_path() const = 0;
  // Whether a path that once was this participant's still is.
  virtual bool owns(const Path& path) const = 0;

  virtual LinkState state() const = 0;
  virtual Timestamp next_deadline() const = 0;
  virtual void handle_deadline(Timestamp now) = 0;
  // STUN replies and handshake flights.
  virtual void poll_transmit(Timestamp now, TransmitBatch& batch) = 0;
  // Says goodbye where the protocol has a word for it.
  virtual void close(Timestamp now) = 0;
};

}  // namespace tutti::peer
