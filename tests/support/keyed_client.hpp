// KeyedClient: a participant whose keys came by REST, publishing Opus over SRTP from whatever address the test says, or
// in whose name somebody else tries to.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/keyed_join.hpp"
#include "support/secured_wire.hpp"
#include "support/world.hpp"

namespace tutti::test {

class KeyedClient {
 public:
  KeyedClient(World& world, std::string id, Ssrc ssrc) : world_(world), id_(std::move(id)), ssrc_(ssrc) {}

  // Without `remote` the server learns the address.
  void join(std::optional<Endpoint> remote = {}, std::optional<TimeDelta> timeout = {}) {
    peer::PublishSpec track;
    track.name = "mic";
    track.codec.payload_type = PayloadType(111);
    track.codec.clock_rate_hz = 48'000;
    track.codec.channels = 2;
    track.layers.push_back({{}, ssrc_, std::nullopt});
    room::KeyedJoin keyed;
    keyed.remote = remote;
    keyed.timeout = timeout;
    keyed.publish = {track};
    session_ = join_keyed(world_, id_, std::move(keyed));
  }
  // The next packet, as it stands on the wire.
  std::vector<uint8_t> packet() {
    const std::array<uint8_t, 60> opus{0x78};
    const rtp::HeaderFields header{false, PayloadType(111), SeqNum(sequence_++), RtpTimestamp(timestamp_ += 960),
                                   ssrc_};
    return sealed_rtp(world_.backend(), *session_, header, {}, {}, opus);
  }
  std::optional<Endpoint> learned() { return world_.describe(id_).transport.remote; }

 private:
  World& world_;
  std::string id_;
  Ssrc ssrc_;
  std::unique_ptr<srtp::Session> session_;
  uint16_t sequence_ = 1;
  uint32_t timestamp_ = 0;
};

}  // namespace tutti::test
