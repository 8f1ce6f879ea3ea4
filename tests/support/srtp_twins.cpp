#include "support/srtp_twins.hpp"

#include <algorithm>

#include "tutti/base/random.hpp"

namespace tutti::test {
namespace {

std::string text(const srtp::OpenResult& result) {
  if (const auto* size = std::get_if<size_t>(&result)) return "opened to " + std::to_string(*size);
  return "refused: " + std::string(to_string(std::get<DropReason>(result)));
}

std::vector<Bytes> seal_by(srtp::Backend& backend, std::span<const PlainRtp> packets,
                           const std::vector<srtp::Session*>& sessions) {
  std::vector<Bytes> out(packets.size());
  std::vector<srtp::SealJob> jobs(packets.size());
  for (size_t i = 0; i < packets.size(); ++i) {
    const PlainRtp& packet = packets[i];
    out[i].resize(packet.header.size() + packet.payload.size() + packet.room);
    std::copy(packet.header.begin(), packet.header.end(), out[i].begin());
    const auto payload = std::span(packet.payload);
    auto prefix = payload.first(packet.prefix);
    if (packet.written) {
      const auto place = std::span(out[i]).subspan(packet.header.size(), packet.prefix);
      std::copy(prefix.begin(), prefix.end(), place.begin());
      prefix = place;
    }
    jobs[i] = {sessions[i], packet.header.size(), prefix, payload.subspan(packet.prefix), out[i], 0};
  }
  backend.seal(jobs);
  for (size_t i = 0; i < packets.size(); ++i) out[i].resize(jobs[i].sealed_size);
  return out;
}

Bytes seal_rtcp_by(srtp::Session& session, const Bytes& plain, size_t room) {
  Bytes out = plain;
  out.resize(plain.size() + room);
  out.resize(session.seal_rtcp(out, plain.size()));
  return out;
}

}  // namespace

std::vector<SrtpBackendKind> srtp_backends() {
  std::vector<SrtpBackendKind> kinds = {{"libsrtp2", &srtp::make_libsrtp_backend}};
  if (srtp::make_ipsec_backend()) kinds.push_back({"ipsec-mb", &srtp::make_ipsec_backend});
  return kinds;
}

SrtpTwins::SrtpTwins() : libsrtp_(srtp::make_libsrtp_backend()), ipsec_(srtp::make_ipsec_backend()) {}

size_t SrtpTwins::add(SrtpSuite suite, uint64_t seed) {
  SeededRandom random(seed);
  Bytes a(master_key_size(suite)), b(a.size());
  random.fill(a);
  random.fill(b);
  const SrtpMasterKey first(a), second(b);
  const auto make = [&](srtp::Backend& backend) {
    return Side{backend.make_session({suite, first, second}).value(),
                backend.make_session({suite, second, first}).value()};
  };
  pairs_.push_back({suite, make(*libsrtp_), make(*ipsec_)});
  return pairs_.size() - 1;
}

std::vector<Bytes> SrtpTwins::seal(std::span<const PlainRtp> packets) {
  std::vector<srtp::Session*> libsrtp, ipsec;
  for (const PlainRtp& packet : packets) {
    libsrtp.push_back(packet.session == kPlain ? nullptr : pairs_[packet.session].libsrtp.sender.get());
    ipsec.push_back(packet.session == kPlain ? nullptr : pairs_[packet.session].ipsec.sender.get());
  }
  auto sealed = seal_by(*libsrtp_, packets, libsrtp);
  const auto other = seal_by(*ipsec_, packets, ipsec);
  for (size_t i = 0; i < packets.size(); ++i) {
    if (sealed[i] == other[i]) continue;
    const size_t at = static_cast<size_t>(
        std::mismatch(sealed[i].begin(), sealed[i].end(), other[i].begin(), other[i].end()).first - sealed[i].begin());
    differ("seal", packets[i].session,
           "packet " + std::to_string(i) + " of " + std::to_string(packets.size()) + ", sizes " +
               std::to_string(sealed[i].size()) + " and " + std::to_string(other[i].size()) + ", from byte " +
               std::to_string(at));
  }
  return sealed;
}

Bytes SrtpTwins::seal_rtcp(size_t session, const Bytes& plain, size_t room) {
  Bytes sealed = seal_rtcp_by(*pairs_[session].libsrtp.sender, plain, room);
  if (sealed != seal_rtcp_by(*pairs_[session].ipsec.sender, plain, room))
    differ("seal_rtcp", session, std::to_string(plain.size()) + " bytes");
  return sealed;
}

srtp::OpenResult SrtpTwins::open_rtp(size_t session, Bytes& packet) {
  Bytes other = packet;
  const auto a = pairs_[session].libsrtp.receiver->open_rtp(packet);
  const auto b = pairs_[session].ipsec.receiver->open_rtp(other);
  return compare_opened("open_rtp", session, packet, other, a, b);
}

srtp::OpenResult SrtpTwins::open_rtcp(size_t session, Bytes& packet) {
  Bytes other = packet;
  const auto a = pairs_[session].libsrtp.receiver->open_rtcp(packet);
  const auto b = pairs_[session].ipsec.receiver->open_rtcp(other);
  return compare_opened("open_rtcp", session, packet, other, a, b);
}

void SrtpTwins::retire(size_t session, Ssrc ssrc) {
  pairs_[session].libsrtp.receiver->retire(ssrc);
  pairs_[session].ipsec.receiver->retire(ssrc);
}

srtp::OpenResult SrtpTwins::compare_opened(const char* what, size_t session, Bytes& packet, Bytes& other,
                                           srtp::OpenResult a, srtp::OpenResult b) {
  if (a != b) {
    differ(what, session, std::to_string(packet.size()) + " bytes " + text(a) + ", but " + text(b));
  } else if (const auto* size = std::get_if<size_t>(&a)) {
    packet.resize(*size);
    other.resize(*size);
    if (packet != other) differ(what, session, "other text");
  }
  return a;
}

void SrtpTwins::differ(const char* what, size_t session, const std::string& detail) {
  if (!difference_.empty()) return;
  difference_ = std::string(what) + " " + (session == kPlain ? "plain" : std::string(name(pairs_[session].suite))) +
                ": " + detail;
}

}  // namespace tutti::test
