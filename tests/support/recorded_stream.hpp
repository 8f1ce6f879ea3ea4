// RecordedStream: a recording of a real encoder (tests/fixtures/encoders), packet by packet through a peer of ours, so
// that whoever routes gets what it would get from that browser. The order, the times and what is lost are the caller's.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/fixtures.hpp"
#include "support/recording.hpp"
#include "tutti/base/byte_reader.hpp"
#include "tutti/base/byte_writer.hpp"
#include "tutti/peer/peer.hpp"
#include "tutti/proto/dtls/certificate.hpp"
#include "tutti/proto/dtls/context.hpp"
#include "tutti/wire/rtp/header.hpp"

namespace tutti::test {

class RecordedStream {
 public:
  // "vp9_l3t3" for tests/fixtures/encoders/vp9_l3t3.rtp.
  explicit RecordedStream(const std::string& name)
      : recording_(Recording::parse(fixture("encoders/" + name + ".rtp"))) {
    recording_.publish.codec.rtx_payload_type = kRtxType;
    for (auto& layer : recording_.publish.layers) layer.rtx_ssrc = Ssrc(layer.ssrc->value() + 1);
    peer::KeyedSettings settings;
    settings.remote = path_;
    peer_ = std::move(peer::Peer::make_keyed(context_, settings, {recording_.publish}, {}, kStart).value());
  }

  const Recording& recording() const { return recording_; }
  const peer::PublishSpec& publish() const { return recording_.publish; }
  size_t size() const { return recording_.packets.size(); }
  // When it came as it was recorded.
  Timestamp recorded_at(size_t index) const { return kStart + recording_.packets[index].at; }
  // What the peer makes of it; it must not have had it before. `recovered`: it comes as a retransmission.
  peer::PacketRef receive(Timestamp now, size_t index, bool recovered = false) {
    std::vector<uint8_t> bytes = recording_.packets.at(index).bytes;
    if (recovered) wrap(bytes);
    output_.clear();
    peer_->handle_datagram(now, {path_, bytes}, output_);
    if (output_.media.size() != 1)
      throw std::runtime_error("packet " + std::to_string(index) + " of the recording is refused");
    return output_.media.front();
  }
  peer::PeerContext& context() { return context_; }

  static constexpr Timestamp kStart = Timestamp::from_us(1'000'000);

 private:
  static constexpr PayloadType kRtxType{126};

  // RFC 4588 §4.
  void wrap(std::vector<uint8_t>& bytes) {
    const size_t header = rtp::parse(bytes)->header_size;
    const std::array<uint8_t, 2> original = {bytes[2], bytes[3]};
    bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(header), original.begin(), original.end());
    bytes[1] = static_cast<uint8_t>((bytes[1] & 0x80) | kRtxType.value());
    bytes[2] = static_cast<uint8_t>(rtx_sequence_ >> 8);
    bytes[3] = static_cast<uint8_t>(rtx_sequence_++);
    const std::span<uint8_t> ssrc = std::span<uint8_t>(bytes).subspan(8, 4);
    const uint32_t media = ByteReader{ssrc}.u32();
    ByteWriter{ssrc}.u32(media + 1);
  }

  Recording recording_;
  uint16_t rtx_sequence_ = 0;
  SeededRandom random_{1};
  srtp::Library library_;
  Counters counters_;
  peer::PacketPool packets_{4096};
  std::unique_ptr<srtp::Backend> backend_ = srtp::make_libsrtp_backend();
  dtls::Certificate certificate_ = dtls::Certificate::self_signed(random_, 1'700'000'000);
  dtls::Context dtls_{certificate_};
  peer::PeerContext context_{counters_, random_, packets_, *backend_, dtls_, NtpClock{}};
  Path path_{0, *Endpoint::parse("10.0.0.1:5000")};
  std::unique_ptr<peer::Peer> peer_;
  peer::PeerOutput output_;
};

}  // namespace tutti::test
