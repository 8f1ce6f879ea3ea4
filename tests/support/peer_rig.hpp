// PeerRig: a Peer with everything it needs, and the client on its other side: ICE checks, a DTLS handshake, SRTP.
// Virtual time, from a seed; each step of a join is a call, so that a test (or the fuzzer) can stop in any state.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "support/ice_client.hpp"
#include "tutti/peer/peer.hpp"
#include "tutti/proto/dtls/certificate.hpp"
#include "tutti/proto/dtls/transport.hpp"
#include "tutti/wire/rtp/header.hpp"

namespace tutti::test {

class PeerRig {
 public:
  static constexpr uint32_t kPublished = 1111, kPublishedRtx = 1112, kSlot = 5001, kSlotRtx = 5002;

  explicit PeerRig(uint64_t seed = 1)
      : random(seed), server_dtls_(server_certificate()), client_dtls_(client_certificate()) {}

  // A participant that sent an offer.
  void make_webrtc() {
    const auto local = ice::make_credentials(random), remote = ice::make_credentials(random);
    peer::Session offered;
    const auto print = client_certificate().fingerprint();
    offered.remote = {remote.ufrag, remote.pwd, {{"sha-256", {print.bytes().begin(), print.bytes().end()}}}};
    offered.publish = {publish_spec()};
    offered.receive = {receive_spec()};
    offered.bundle_extensions.set(rtp::Extension::kMid, 4);
    peer = std::make_unique<peer::Peer>(
        context, offered,
        peer::LocalTransport{local.ufrag, local.pwd, server_certificate().fingerprint_sha256(), {}, "cname"}, now);
    ice_.emplace(local, ice::RemoteCredentials{remote.ufrag, remote.pwd});
    dtls_ = std::make_unique<dtls::Transport>(client_dtls_, dtls::Role::kClient,
                                              std::vector{server_certificate().fingerprint()}, now);
  }
  // A participant with keys; without an address it is learned.
  void make_keyed(bool with_address) {
    std::vector<uint8_t> a(28), b(28);
    random.fill(a);
    random.fill(b);
    peer::KeyedSettings settings;
    settings.keys = SrtpKeys{SrtpSuite::kAeadAes128Gcm, SrtpMasterKey(b), SrtpMasterKey(a)};
    if (with_address) settings.remote = path;
    peer = std::move(peer::Peer::make_keyed(context, settings, {publish_spec()}, {receive_spec()}, now).value());
    session =
        std::move(client_srtp_->make_session({SrtpSuite::kAeadAes128Gcm, SrtpMasterKey(a), SrtpMasterKey(b)}).value());
  }
  void check(const Path& from) {
    Check what;
    what.use_candidate = true;
    const auto bytes = ice_->request(what);
    peer->handle_stun(now, from, stun::Message::parse(bytes).value(), output);
    drain();
  }
  // Exchanges flights until both sides are done or nothing moves.
  void handshake() {
    for (int round = 0; round < 20 && !peer->is_connected(); ++round) {
      std::array<uint8_t, 1500> bytes;
      while (const size_t n = dtls_->poll_transmit(bytes))
        receive({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n)});
      drain();
    }
    if (const auto keys = dtls_->srtp_keys()) session = std::move(client_srtp_->make_session(*keys).value());
  }
  void connect() {
    make_webrtc();
    check(path);
    handshake();
  }
  void say_goodbye() {
    dtls_->close();
    std::array<uint8_t, 1500> bytes;
    while (const size_t n = dtls_->poll_transmit(bytes))
      receive({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n)});
  }

  // The first bytes of a client's handshake.
  std::vector<uint8_t> client_hello() {
    std::array<uint8_t, 1500> bytes;
    const size_t n = dtls_->poll_transmit(bytes);
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n)};
  }
  // A protected RTP packet of the published track.
  std::vector<uint8_t> media(uint16_t sequence, std::span<const uint8_t> payload, uint32_t ssrc = kPublished,
                             uint8_t type = 96) {
    std::vector<uint8_t> out(1500);
    const size_t header = rtp::write_header(
        {true, PayloadType(type), SeqNum(sequence), RtpTimestamp(sequence * 3000u), Ssrc(ssrc)}, {}, out);
    srtp::SealJob job{session.get(), header, {}, payload, out, 0};
    client_srtp_->seal({&job, 1});
    out.resize(job.sealed_size);
    return out;
  }
  // The same of a whole packet, whatever stands in it; empty if that is no RTP.
  std::vector<uint8_t> protect(std::span<const uint8_t> packet) {
    const auto parsed = rtp::parse(packet);
    if (!parsed || packet.size() + srtp::kMaxOverhead > kMaxDatagram) return {};
    std::vector<uint8_t> out(packet.begin(), packet.end());
    out.resize(kMaxDatagram);
    srtp::SealJob job{session.get(), parsed->header_size, {}, packet.subspan(parsed->header_size), out, 0};
    client_srtp_->seal({&job, 1});
    out.resize(job.sealed_size);
    return out;
  }
  std::vector<uint8_t> control(std::vector<uint8_t> rtcp) {
    const size_t size = rtcp.size();
    rtcp.resize(size + srtp::kMaxOverhead);
    rtcp.resize(session->seal_rtcp(rtcp, size));
    return rtcp;
  }
  void receive(std::vector<uint8_t> bytes) { receive_from(path, std::move(bytes)); }
  void receive_from(const Path& from, std::vector<uint8_t> bytes) { peer->handle_datagram(now, {from, bytes}, output); }

  // Takes what the peer wants to send; handshake flights go to the client. Returns the datagrams.
  std::vector<std::vector<uint8_t>> drain() {
    std::vector<std::vector<uint8_t>> out;
    for (bool done = false; !done;) {
      done = peer->poll_transmit(now, batch);
      batch.seal(*srtp, counters);
      for (const TransmitSlot& slot : batch.datagrams().slots()) {
        if (slot.size == 0) continue;
        out.emplace_back(slot.bytes.begin(), slot.bytes.begin() + slot.size);
        if (dtls_ && out.back()[0] >= 20 && out.back()[0] <= 63) dtls_->handle_datagram(now, out.back());
      }
      batch.clear();
    }
    return out;
  }
  uint64_t dropped(DropReason reason) const { return counters.get(reason); }

  static peer::PublishSpec publish_spec() {
    peer::PublishSpec s;
    s.name = "cam";
    s.mid = *Mid::make("0");
    s.kind = MediaKind::kVideo;
    s.codec = codec(96, 97);
    s.layers = {{Rid(), Ssrc(kPublished), Ssrc(kPublishedRtx)}};
    s.extensions.set(rtp::Extension::kTransportSequenceNumber, 3);
    return s;
  }
  static peer::ReceiveSpec receive_spec() {
    peer::ReceiveSpec s;
    s.slot = SlotId("1");
    s.mid = *Mid::make("1");
    s.kind = MediaKind::kVideo;
    s.codecs = {codec(100, 101)};
    s.ssrc = Ssrc(kSlot);
    s.rtx_ssrc = Ssrc(kSlotRtx);
    s.extensions.set(rtp::Extension::kMid, 4);
    s.extensions.set(rtp::Extension::kTransportSequenceNumber, 3);
    return s;
  }

 private:
  static peer::CodecSpec codec(uint8_t type, uint8_t rtx) {
    peer::CodecSpec c;
    c.codec = Codec::kVp8;
    c.payload_type = PayloadType(type);
    c.rtx_payload_type = PayloadType(rtx);
    c.clock_rate_hz = 90'000;
    c.nack = c.pli = c.transport_cc = true;
    return c;
  }

 public:
  srtp::Library library;
  SeededRandom random;
  Counters counters;
  peer::PacketPool packets{1024};
  std::unique_ptr<srtp::Backend> srtp = srtp::make_libsrtp_backend();

 private:
  // Key generation is far slower than all the rest: once for a process.
  static dtls::Certificate make_certificate(uint64_t seed) {
    SeededRandom serial(seed);
    return dtls::Certificate::self_signed(serial, 1'700'000'000);
  }
  static const dtls::Certificate& server_certificate() {
    static const dtls::Certificate certificate = make_certificate(1);
    return certificate;
  }
  static const dtls::Certificate& client_certificate() {
    static const dtls::Certificate certificate = make_certificate(2);
    return certificate;
  }

  dtls::Context server_dtls_, client_dtls_;
  std::unique_ptr<srtp::Backend> client_srtp_ = srtp::make_libsrtp_backend();

 public:
  peer::PeerContext context{counters,
                            random,
                            packets,
                            *srtp,
                            server_dtls_,
                            NtpClock(TimeDelta::seconds(3'900'000'000)),
                            TimeDelta::seconds(30),
                            16};
  Timestamp now = Timestamp::from_ms(1000);
  Path path{0, {IpAddress::v4({127, 0, 0, 1}), 50000}};
  Path other_path{0, {IpAddress::v4({127, 0, 0, 2}), 50001}};
  std::unique_ptr<srtp::Session> session;  // the client's
  peer::PeerOutput output;
  peer::SealBatch batch;
  std::unique_ptr<peer::Peer> peer;

 private:
  std::optional<IceClient> ice_;
  std::unique_ptr<dtls::Transport> dtls_;
};

}  // namespace tutti::test
