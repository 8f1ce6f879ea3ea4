// How many SSRCs a sender that authenticates may make a session keep.
#include <catch2/catch.hpp>
#include <vector>

#include "support/srtp_twins.hpp"
#include "tutti/base/random.hpp"
#include "tutti/proto/srtp/session.hpp"
#include "tutti/wire/rtcp/receiver_report.hpp"
#include "tutti/wire/rtp/header.hpp"

namespace tutti::srtp {
namespace {

struct Pair {
  explicit Pair(const test::SrtpBackendKind& kind) : backend(kind.make()) {
    std::array<uint8_t, 28> a{}, b{};
    random.fill(a);
    random.fill(b);
    sender = *backend->make_session({SrtpSuite::kAeadAes128Gcm, SrtpMasterKey(a), SrtpMasterKey(b)});
    receiver = *backend->make_session({SrtpSuite::kAeadAes128Gcm, SrtpMasterKey(b), SrtpMasterKey(a)});
  }
  OpenResult report(Ssrc from) {
    std::vector<uint8_t> packet(200);
    const size_t size = rtcp::ReceiverReport{from, {}}.serialize(packet);
    packet.resize(sender->seal_rtcp(packet, size));
    return receiver->open_rtcp(packet);
  }
  OpenResult media(Ssrc from, uint16_t sequence) {
    std::vector<uint8_t> packet(200);
    SealJob job;
    job.session = sender.get();
    job.header_size = rtp::write_header({false, PayloadType(96), SeqNum(sequence), RtpTimestamp(0), from}, {}, packet);
    job.out = packet;
    backend->seal(std::span(&job, 1));
    packet.resize(job.sealed_size);
    return receiver->open_rtp(packet);
  }

  SeededRandom random{3};
  Library library;
  std::unique_ptr<Backend> backend;
  std::unique_ptr<Session> sender, receiver;
};

bool opened(const OpenResult& result) { return std::holds_alternative<size_t>(result); }

}  // namespace

TEST_CASE("a sender that invents an SSRC for each packet is held to 256", "[srtp]") {
  const auto kind = GENERATE(from_range(test::srtp_backends()));
  INFO(kind.name);
  Pair pair(kind);
  size_t taken = 0;
  for (uint32_t i = 1; i <= 400; ++i) taken += opened(i % 2 == 0 ? pair.report(Ssrc(i)) : pair.media(Ssrc(i), 1));
  CHECK(taken == 256);
  // Those that are known go on, in RTP and RTCP alike.
  CHECK(opened(pair.media(Ssrc(1), 2)));
  CHECK(opened(pair.media(Ssrc(2), 1)));
  CHECK(opened(pair.report(Ssrc(1))));
  CHECK_FALSE(opened(pair.report(Ssrc(400))));
  // One that is retired makes room for another.
  pair.receiver->retire(Ssrc(7));
  CHECK(opened(pair.report(Ssrc(400))));
  CHECK_FALSE(opened(pair.report(Ssrc(7))));
}

TEST_CASE("what does not authenticate takes no place", "[srtp]") {
  const auto kind = GENERATE(from_range(test::srtp_backends()));
  INFO(kind.name);
  Pair pair(kind);
  for (uint32_t i = 1000; i < 1400; ++i) {
    std::vector<uint8_t> forged(60, 0x55);
    rtp::write_header({false, PayloadType(96), SeqNum(1), RtpTimestamp(0), Ssrc(i)}, {}, forged);
    CHECK_FALSE(opened(pair.receiver->open_rtp(forged)));
  }
  CHECK(opened(pair.media(Ssrc(1), 1)));
}

TEST_CASE("less than a header is refused before it is read", "[srtp]") {
  const auto kind = GENERATE(from_range(test::srtp_backends()));
  INFO(kind.name);
  Pair pair(kind);
  std::vector<uint8_t> tiny(11, 0x80);
  CHECK_FALSE(opened(pair.receiver->open_rtp(tiny)));
}

}  // namespace tutti::srtp
