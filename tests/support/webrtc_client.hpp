// WebrtcClient: a browser in a World as far as a server can see it: an SDP offer of a real one with credentials of its
// own, a full ICE agent's checks, a DTLS client, and then a microphone and a camera, NACK and RTX both ways, PLI
// answered.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <regex>
#include <string>

#include "support/dtls_link.hpp"
#include "support/fixtures.hpp"
#include "support/ice_client.hpp"
#include "support/secured_wire.hpp"
#include "support/world.hpp"
#include "tutti/proto/rtpstream/nack_requester.hpp"
#include "tutti/proto/rtpstream/rtx.hpp"
#include "tutti/wire/payload/vp8.hpp"
#include "tutti/wire/rtcp/bye.hpp"
#include "tutti/wire/rtcp/nack.hpp"
#include "tutti/wire/rtcp/pli.hpp"
#include "tutti/wire/rtp/extensions.hpp"
#include "tutti/wire/rtp/header.hpp"
#include "tutti/wire/sdp/session.hpp"

namespace tutti::test {

// What came in one slot.
struct ReceivedSource {
  Ssrc ssrc, rtx_ssrc;
  SeqNumUnwrapper unwrapper;
  rtpstream::NackRequester nacks;
  std::map<int64_t, bool> numbers;  // and whether it came by RTX
  // `twice`: first transmissions under a number that another one had; a retransmission may cross its original.
  uint64_t recovered = 0, twice = 0;

  // Of the numbers up to the highest less `margin`, how many are not there.
  uint64_t missing(int64_t margin) const {
    if (numbers.empty()) return 0;
    const int64_t end = numbers.rbegin()->first - margin;
    const auto here = std::distance(numbers.begin(), numbers.lower_bound(end));
    return end <= numbers.begin()->first ? 0 : static_cast<uint64_t>(end - numbers.begin()->first - here);
  }
};

class WebrtcClient final : public World::Client {
 public:
  // The fixture chromium-sendrecv: one microphone, one camera, one slot for each.
  static constexpr Ssrc kAudio{2275145978}, kVideo{195795345}, kVideoRtx{995139987};
  static constexpr TimeDelta kCheckInterval = TimeDelta::millis(2500);

  WebrtcClient(World& world, std::string id)
      : world_(world),
        id_(std::move(id)),
        address_(world.make_address()),
        context_(DtlsPair::client_certificate()),
        offer_(fixture("offers/chromium-sendrecv.sdp")) {
    for (ReceivedSource* s : {&audio, &video}) s->nacks.set_round_trip_time(TimeDelta::millis(40));
  }
  ~WebrtcClient() override { world_.detach(*this); }

  void join() {
    room::Join join;
    join.room = World::room();
    join.participant = ParticipantId(id_);
    join.transport = room::WebrtcJoin{make_offer(), {}, false};
    read_answer(std::get<room::JoinReply>(world_.apply(join)).answer);
    world_.attach(*this, address_);
    next_check_ = world_.now();
  }
  // A new offer with other credentials, from another address if `moves`: the old one hears nothing any more.
  void restart_ice(bool moves) {
    room::UpdateParticipant update;
    update.room = World::room();
    update.participant = ParticipantId(id_);
    update.offer = room::WebrtcJoin{make_offer(), {}, false};
    read_answer(std::get<room::UpdateReply>(world_.apply(update)).answer);
    if (moves) {
      world_.detach(*this);
      address_ = world_.make_address();
      world_.attach(*this, address_);
    }
    ice_connected_ = false;
    next_check_ = world_.now();
  }
  void stop_checking() { next_check_ = Timestamp::never(); }
  void stop_publishing() { next_audio_ = next_video_ = Timestamp::never(); }
  void close() {
    stop_checking();
    stop_publishing();
    dtls_->close();
    flush_dtls();
  }
  // As a page that is killed: nothing comes from it any more.
  void vanish() { world_.detach(*this); }

  bool ice_connected() const { return ice_connected_; }
  bool connected() const { return session_ != nullptr; }
  const Endpoint& address() const { return address_; }
  Timestamp last_check() const { return last_check_; }
  uint64_t keyframes_asked() const { return keyframes_asked_; }
  bool said_goodbye() const { return goodbye_; }
  bool dtls_closed() const { return dtls_ && dtls_->state() == dtls::State::kClosed; }
  ReceivedSource audio, video;

  void receive(Timestamp now, std::vector<uint8_t> datagram) override {
    const uint8_t first = datagram.empty() ? 255 : datagram[0];
    if (first <= 3) {
      receive_stun(now, datagram);
    } else if (first >= 20 && first <= 63 && dtls_) {
      dtls_->handle_datagram(now, datagram);
      follow_dtls(now);
    } else if (first >= 128 && first <= 191 && session_) {
      rtp::is_rtcp(datagram) ? receive_rtcp(datagram) : receive_rtp(now, datagram);
    }
  }
  Timestamp next_deadline() const override {
    return std::min({next_check_, next_audio_, next_video_, dtls_ ? dtls_->next_deadline() : Timestamp::never(),
                     audio.nacks.next_deadline(), video.nacks.next_deadline()});
  }
  void handle_deadline(Timestamp now) override {
    if (next_check_ <= now) {
      world_.send(address_, ice_->request({.use_candidate = true, .extra = {}}));
      last_check_ = now;
      next_check_ = now + (ice_connected_ ? kCheckInterval : TimeDelta::millis(50));
    }
    if (dtls_ && dtls_->next_deadline() <= now) {
      dtls_->handle_deadline(now);
      follow_dtls(now);
    }
    if (next_audio_ <= now) send_audio(now);
    if (next_video_ <= now) send_video(now);
    // There is no RTX for audio: what is missing is not asked for.
    std::array<SeqNum, 64> lost;
    audio.nacks.poll(now, lost);
    while (const size_t n = video.nacks.poll(now, lost)) {
      send_rtcp(rtcp::Nack{Ssrc(1), video.ssrc, {lost.begin(), lost.begin() + static_cast<std::ptrdiff_t>(n)}});
      if (n < lost.size()) break;
    }
  }

 private:
  struct Sent {
    std::vector<uint8_t> body;
    RtpTimestamp timestamp;
    bool marker = false;
  };

  std::string make_offer() {
    ufrag_ = world_.random().token(4);
    pwd_ = world_.random().token(24);
    const std::string fingerprint = "a=fingerprint:sha-256 " + DtlsPair::client_certificate().fingerprint_sha256();
    std::string offer = std::regex_replace(offer_, std::regex("a=ice-ufrag:[^\\r\\n]*"), "a=ice-ufrag:" + ufrag_);
    offer = std::regex_replace(offer, std::regex("a=ice-pwd:[^\\r\\n]*"), "a=ice-pwd:" + pwd_);
    return std::regex_replace(offer, std::regex("a=fingerprint:[^\\r\\n]*"), fingerprint);
  }
  void read_answer(const std::string& text) {
    const sdp::Session answer = sdp::parse(text).value();
    const sdp::TransportAttributes transport = sdp::transport_of(answer, answer.media.at(0));
    server_ = {transport.ice_ufrag, transport.ice_pwd};
    ice_.emplace(server_, ice::RemoteCredentials{ufrag_, pwd_});
    server_fingerprint_ =
        dtls::Fingerprint::make(transport.fingerprints.at(0).algorithm, transport.fingerprints.at(0).bytes);
    audio.ssrc = answer.media.at(0).ssrcs.at(0).ssrc;
    video.ssrc = answer.media.at(1).ssrcs.at(0).ssrc;
    video.rtx_ssrc = answer.media.at(1).ssrc_groups.at(0).ssrcs.at(1);
  }

  void receive_stun(Timestamp now, std::span<const uint8_t> datagram) {
    const auto reply = stun::Message::parse(datagram);
    if (!reply || reply->message_class() != stun::MessageClass::kSuccess ||
        !reply->verify_integrity(as_bytes(server_.pwd)))
      return;
    if (!ice_connected_) next_check_ = now + kCheckInterval;
    ice_connected_ = true;
    if (!dtls_)
      dtls_ = std::make_unique<dtls::Transport>(context_, dtls::Role::kClient, std::vector{*server_fingerprint_}, now);
    follow_dtls(now);
  }
  void follow_dtls(Timestamp now) {
    flush_dtls();
    if (session_ || dtls_->state() != dtls::State::kConnected) return;
    session_ = std::move(world_.backend().make_session(*dtls_->srtp_keys()).value());
    next_audio_ = next_video_ = now;
  }
  void flush_dtls() {
    std::array<uint8_t, 2048> buffer;
    while (const size_t n = dtls_->poll_transmit(buffer))
      world_.send(address_, {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(n)});
  }

  void receive_rtp(Timestamp now, std::span<uint8_t> datagram) {
    const auto opened = session_->open_rtp(datagram);
    if (!std::holds_alternative<size_t>(opened)) return;
    auto packet = rtp::parse(datagram.first(std::get<size_t>(opened)));
    if (!packet || !rtp::strip_padding(*packet)) return;
    const bool rtx = packet->ssrc == video.rtx_ssrc;
    SeqNum sequence = packet->sequence;
    if (rtx) {
      const auto inner = rtpstream::parse_rtx(packet->payload);
      if (!inner) return;
      sequence = inner->original;
    }
    ReceivedSource& source = packet->ssrc == audio.ssrc ? audio : video;
    const ExtSeqNum number = source.unwrapper.unwrap(sequence);
    const auto [known, added] = source.numbers.try_emplace(number.value(), rtx);
    if (!added) {
      source.twice += !rtx && !known->second;
      return;
    }
    source.recovered += rtx;
    source.nacks.on_packet(now, number);
  }
  void receive_rtcp(std::span<uint8_t> datagram) {
    open_rtcp(*session_, datagram, [&](const rtcp::PacketView& packet) {
      if (packet.type == rtcp::kTypeBye) goodbye_ = true;
      if (packet.type == rtcp::kTypeRtpFeedback && packet.format == rtcp::kFormatNack) {
        const auto nack = rtcp::Nack::parse(packet.body);
        for (SeqNum s : nack->lost) resend(s);
      } else if (packet.type == rtcp::kTypePayloadFeedback && packet.format == rtcp::kFormatPli) {
        keyframe_wanted_ = true;
        ++keyframes_asked_;
      }
    });
  }

  void send_audio(Timestamp now) {
    next_audio_ = now + TimeDelta::millis(20);
    rtp::ExtensionWriter extensions;
    const uint8_t loud = 0x80 | 20, mid = '0';
    extensions.add(1, {&loud, 1});
    extensions.add(4, {&mid, 1});
    send_rtp({false, PayloadType(111), SeqNum(audio_sequence_++),
              RtpTimestamp(static_cast<uint32_t>(now.us() * 48 / 1000)), kAudio},
             extensions.finish(), {}, std::vector<uint8_t>(90, 0x5A));
  }
  // Two packets for each frame, one temporal layer.
  void send_video(Timestamp now) {
    next_video_ = now + TimeDelta::micros(33'333);
    const RtpTimestamp timestamp(static_cast<uint32_t>(now.us() * 9 / 100));
    payload::Vp8Descriptor d;
    d.picture_id = picture_id_ = static_cast<uint16_t>((picture_id_ + 1) & 0x7FFF);
    d.tl0_pic_idx = static_cast<uint8_t>(picture_id_);
    d.temporal_id = 0;
    for (const bool first : {true, false}) {
      d.start_of_partition = first;
      std::vector<uint8_t> body(payload::Vp8Descriptor::kMaxSize);
      body.resize(d.write(body));
      const size_t frame = body.size();
      body.resize(frame + 800);
      if (first && keyframe_wanted_) {
        // RFC 6386 §9.1: a keyframe of 640 by 360.
        constexpr std::array<uint8_t, 10> kStart = {0, 0, 0, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0x68, 0x01};
        std::copy(kStart.begin(), kStart.end(), body.begin() + static_cast<std::ptrdiff_t>(frame));
      } else if (first) {
        body[frame] = 1;
      }
      const uint16_t sequence = video_sequence_++;
      send_rtp({!first, PayloadType(96), SeqNum(sequence), timestamp, kVideo}, {}, {}, body);
      sent_[sequence] = {std::move(body), timestamp, !first};
      sent_.erase(static_cast<uint16_t>(sequence - 500));
    }
    keyframe_wanted_ = false;
  }
  void resend(SeqNum sequence) {
    const auto it = sent_.find(sequence.value());
    if (it == sent_.end()) return;
    const std::array<uint8_t, 2> original = {static_cast<uint8_t>(sequence.value() >> 8),
                                             static_cast<uint8_t>(sequence.value())};
    send_rtp({it->second.marker, PayloadType(97), SeqNum(rtx_sequence_++), it->second.timestamp, kVideoRtx}, {},
             original, it->second.body);
  }
  void send_rtp(const rtp::HeaderFields& header, std::span<const uint8_t> extensions, std::span<const uint8_t> prefix,
                std::span<const uint8_t> body) {
    world_.send(address_, sealed_rtp(world_.backend(), *session_, header, extensions, prefix, body));
  }
  template <class T>
  void send_rtcp(const T& packet) {
    world_.send(address_, sealed_rtcp(*session_, packet));
  }

  World& world_;
  std::string id_;
  Endpoint address_;
  dtls::Context context_;
  std::string offer_;
  std::string ufrag_, pwd_;
  ice::LocalCredentials server_;
  std::optional<IceClient> ice_;
  std::optional<dtls::Fingerprint> server_fingerprint_;
  std::unique_ptr<dtls::Transport> dtls_;
  std::unique_ptr<srtp::Session> session_;
  bool ice_connected_ = false, goodbye_ = false, keyframe_wanted_ = true;
  Timestamp next_check_ = Timestamp::never(), next_audio_ = Timestamp::never(), next_video_ = Timestamp::never(),
            last_check_;
  uint16_t audio_sequence_ = 100, video_sequence_ = 65'000, rtx_sequence_ = 7, picture_id_ = 0;
  std::map<uint16_t, Sent> sent_;
  uint64_t keyframes_asked_ = 0;
};

}  // namespace tutti::test
