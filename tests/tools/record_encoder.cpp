// record_encoder: takes what one browser's encoder sends and writes it to a file (support/recording.hpp). It answers
// one offer with the project's own negotiation, is the peer of that browser on 127.0.0.1, and asks for keyframes when
// told:
//   record_encoder CODEC
// On its standard input the offer, up to a line "end", then commands, one a line:
//   count            prints the packets, keyframes and bytes that came so far, and those that are kept
//   keyframe         asks for one of every layer
//   record           asks for one of every layer, and from each layer's keyframe on keeps what comes
//   write FILE NOTE  writes what was kept, and ends
// On its standard output the answer, up to a line "end", then one line for each command. tests/e2e/record_encoders.mjs
// runs it, one process for each recording.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>

#include "support/recording.hpp"
#include "tutti/io/udp_socket.hpp"
#include "tutti/peer/negotiation.hpp"
#include "tutti/peer/peer.hpp"
#include "tutti/proto/dtls/certificate.hpp"
#include "tutti/proto/ice/agent.hpp"
#include "tutti/wire/rtp/header.hpp"
#include "tutti/wire/sdp/session.hpp"

namespace tutti::test {
namespace {

Timestamp now() {
  return Timestamp::from_us(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count());
}

template <class T>
T value_of(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().type + ": " + result.error().detail);
  return std::move(*result);
}

// Sessions that keep a copy of the packet opened last: what the peer makes of it has lost the header extensions.
class Tap final : public srtp::Backend {
 public:
  explicit Tap(std::unique_ptr<srtp::Backend> inner) : inner_(std::move(inner)) {}

  std::string_view name() const override { return inner_->name(); }
  Result<std::unique_ptr<srtp::Session>> make_session(const SrtpKeys& keys) override {
    auto session = inner_->make_session(keys);
    if (!session) return session.error();
    return std::unique_ptr<srtp::Session>(std::make_unique<TappedSession>(std::move(*session), opened_));
  }
  void seal(std::span<srtp::SealJob> jobs) override {
    if (!jobs.empty()) throw std::logic_error("a recorder sends no media");
  }
  std::vector<uint8_t>& opened() { return opened_; }

 private:
  class TappedSession final : public srtp::Session {
   public:
    TappedSession(std::unique_ptr<srtp::Session> inner, std::vector<uint8_t>& opened)
        : inner_(std::move(inner)), opened_(opened) {}
    srtp::OpenResult open_rtp(std::span<uint8_t> packet) override {
      const auto result = inner_->open_rtp(packet);
      if (const size_t* size = std::get_if<size_t>(&result))
        opened_.assign(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(*size));
      return result;
    }
    srtp::OpenResult open_rtcp(std::span<uint8_t> packet) override { return inner_->open_rtcp(packet); }
    size_t seal_rtcp(std::span<uint8_t> buffer, size_t size) override { return inner_->seal_rtcp(buffer, size); }
    void retire(Ssrc ssrc) override { inner_->retire(ssrc); }

   private:
    std::unique_ptr<srtp::Session> inner_;
    std::vector<uint8_t>& opened_;
  };

  std::unique_ptr<srtp::Backend> inner_;
  std::vector<uint8_t> opened_;
};

class Recorder {
 public:
  Recorder(Codec codec, const std::string& offer)
      : socket_(value_of(io::UdpSocket::open(*Endpoint::parse("127.0.0.1:0"), 0, {}))) {
    const auto credentials = ice::make_credentials(random_);
    const peer::LocalTransport local{
        credentials.ufrag, credentials.pwd, certificate_.fingerprint_sha256(), {socket_->local()}, "recorder"};
    peer::NegotiationPolicy policy;
    policy.video = {codec};
    auto negotiated = value_of(peer::negotiate(offer, {}, policy, local, nullptr, random_));
    if (negotiated.session.publish.size() != 1) throw std::runtime_error("the offer must publish one track");
    answer_ = negotiated.answer;
    recording_.publish = negotiated.session.publish.front();
    choose_extensions(offer);
    peer_ = std::make_unique<peer::Peer>(context_, negotiated.session, local, now());
  }
  const std::string& answer() const { return answer_; }

  // Until the standard input ends, or `command` says that it is enough.
  template <class Command>
  void run(Command command) {
    std::string input;
    for (;;) {
      transmit();
      const TimeDelta wait = std::clamp(peer_->next_deadline() - now(), TimeDelta::zero(), TimeDelta::seconds(1));
      std::array<pollfd, 2> ready = {{{STDIN_FILENO, POLLIN, 0}, {socket_->fd(), POLLIN, 0}}};
      if (::poll(ready.data(), ready.size(), static_cast<int>((wait.us() + 999) / 1000)) < 0)
        throw std::runtime_error("poll failed");
      if (ready[1].revents != 0) receive();
      if (peer_->next_deadline() <= now()) peer_->handle_deadline(now());
      if (ready[0].revents == 0) continue;
      std::array<char, 4096> chunk;
      const ssize_t n = ::read(STDIN_FILENO, chunk.data(), chunk.size());
      if (n <= 0) return;
      input.append(chunk.data(), static_cast<size_t>(n));
      for (size_t end; (end = input.find('\n')) != std::string::npos; input.erase(0, end + 1)) {
        if (!command(input.substr(0, end))) return;
      }
    }
  }

  void request_keyframes() {
    for (size_t layer = 0; layer < recording_.publish.layers.size(); ++layer)
      peer_->request_keyframe(now(), 0, static_cast<uint8_t>(layer));
  }
  void record() {
    recording_.packets.clear();
    started_.clear();
    recording_since_ = now();
    request_keyframes();
  }
  void write(const std::string& path, const std::string& note) {
    recording_.note = note;
    for (size_t i = 0; i < recording_.publish.layers.size(); ++i)
      recording_.publish.layers[i].ssrc = peer_->layer_ssrc(0, static_cast<uint8_t>(i));
    drop_unfinished();
    if (recording_.packets.empty()) throw std::runtime_error("nothing was recorded");
    const TimeDelta first = recording_.packets.front().at;
    for (auto& packet : recording_.packets) packet.at = packet.at - first;
    std::ofstream(path, std::ios::binary) << recording_.to_bytes();
  }
  std::string counts() const {
    size_t bytes = 0;
    for (const auto& packet : recording_.packets) bytes += packet.bytes.size();
    std::ostringstream out;
    out << "{\"packets\":" << packets_ << ",\"keyframes\":" << keyframes_ << ",\"bytes\":" << bytes_
        << ",\"kept\":" << recording_.packets.size() << ",\"keptBytes\":" << bytes << ",\"layers\":" << started_.size()
        << ",\"recovered\":" << recovered_ << '}';
    return out.str();
  }

 private:
  // What depends on the encoder or tells of its layers; not what belongs to this one connection.
  void choose_extensions(const std::string& offer) {
    static const std::set<std::string, std::less<>> kKept = {
        "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
        "http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00",
        "urn:3gpp:video-orientation",
        "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
    };
    const sdp::Session session = value_of(sdp::parse(offer));
    for (const sdp::ExtMap& map : sdp::extmaps_of(session, session.media.front())) {
      if (!kKept.contains(map.uri)) continue;
      recording_.extensions.emplace_back(map.id, map.uri);
      // The answer takes what is recorded, also where the product does not yet.
      if (answer_.find(map.uri) == std::string::npos)
        answer_ += "a=extmap:" + std::to_string(map.id) + " " + map.uri + "\r\n";
    }
  }

  // What came of each SSRC after its last whole picture.
  void drop_unfinished() {
    std::set<Ssrc> finished;
    for (size_t i = recording_.packets.size(); i-- > 0;) {
      const auto packet = rtp::parse(recording_.packets[i].bytes);
      if (packet->marker) finished.insert(packet->ssrc);
      if (!finished.contains(packet->ssrc))
        recording_.packets.erase(recording_.packets.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  void receive() {
    socket_->receive(counters_, [&](const Datagram& datagram) {
      output_.clear();
      tap_.opened().clear();
      if (!datagram.bytes.empty() && datagram.bytes[0] <= 3) {
        if (const auto message = stun::Message::parse(datagram.bytes))
          peer_->handle_stun(now(), datagram.path, *message, output_);
        return;
      }
      peer_->handle_datagram(now(), datagram, output_);
      for (const peer::PacketRef& media : output_.media) keep(*media);
    });
  }
  void keep(const peer::MediaPacket& media) {
    ++packets_;
    bytes_ += media.payload_size;
    keyframes_ += media.keyframe;
    if (media.recovered) {
      ++recovered_;
      return;
    }
    if (!recording_since_) return;
    if (media.keyframe) started_.insert(media.layer);
    if (started_.contains(media.layer)) recording_.packets.push_back({media.arrival - *recording_since_, stripped()});
  }
  // The packet that was opened last, with the extensions that are kept.
  std::vector<uint8_t> stripped() {
    const auto packet = rtp::parse(tap_.opened());
    rtp::ExtensionWriter extensions(packet->extension_profile != rtp::kOneByteProfile);
    for (const auto& [id, uri] : recording_.extensions) {
      const auto data = rtp::find_extension(packet->extension_profile, packet->extensions, id);
      if (data && !extensions.add(id, *data)) throw std::runtime_error("an extension does not fit: " + uri);
    }
    std::vector<uint8_t> out(kMaxDatagram);
    const size_t header =
        rtp::write_header({packet->marker, packet->payload_type, packet->sequence, packet->timestamp, packet->ssrc},
                          extensions.finish(), out);
    if (packet->has_padding) out[0] |= 0x20;
    out.resize(header);
    out.insert(out.end(), packet->payload.begin(), packet->payload.end());
    return out;
  }
  void transmit() {
    for (bool more = true; more;) {
      more = !peer_->poll_transmit(now(), batch_);
      batch_.seal(tap_, counters_);
      socket_->send(batch_.datagrams().slots(), counters_);
      batch_.clear();
    }
  }

  SecureRandom random_;
  srtp::Library library_;
  Counters counters_;
  peer::PacketPool packets_pool_{4096};
  Tap tap_{srtp::make_libsrtp_backend()};
  dtls::Certificate certificate_ = dtls::Certificate::self_signed(
      random_,
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count());
  dtls::Context dtls_{certificate_};
  peer::PeerContext context_{counters_, random_, packets_pool_, tap_, dtls_, NtpClock{}};
  std::unique_ptr<io::UdpSocket> socket_;
  std::unique_ptr<peer::Peer> peer_;
  peer::PeerOutput output_;
  peer::SealBatch batch_;

  std::string answer_;
  Recording recording_;
  std::optional<Timestamp> recording_since_;
  std::set<uint8_t> started_;
  uint64_t packets_ = 0, keyframes_ = 0, bytes_ = 0, recovered_ = 0;
};

int record(const std::string& codec_name) {
  const auto codec = codec_from_name(codec_name);
  if (!codec) throw std::runtime_error("unknown codec " + codec_name);
  // Byte by byte: what follows the offer is for poll.
  std::string offer;
  for (char c = 0; !offer.ends_with("\nend\n");) {
    if (::read(STDIN_FILENO, &c, 1) != 1) throw std::runtime_error("the offer has no end");
    offer.push_back(c);
  }
  offer.resize(offer.size() - 4);
  Recorder recorder(*codec, offer);
  std::cout << recorder.answer() << "end" << std::endl;
  recorder.run([&](const std::string& line) {
    std::istringstream words(line);
    std::string command, path, note;
    words >> command >> path >> std::ws;
    std::getline(words, note);
    if (command == "keyframe") recorder.request_keyframes();
    if (command == "record") recorder.record();
    if (command == "write") recorder.write(path, note);
    std::cout << recorder.counts() << std::endl;
    return command != "write";
  });
  return 0;
}

}  // namespace
}  // namespace tutti::test

int main(int argc, char** argv) {
  try {
    if (argc != 2) throw std::runtime_error("usage: record_encoder CODEC");
    return tutti::test::record(argv[1]);
  } catch (const std::exception& e) {
    std::cerr << "record_encoder: " << e.what() << '\n';
    return 1;
  }
}
