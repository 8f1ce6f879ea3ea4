#include <array>
#include <memory>
#include <stdexcept>
#include <vector>

#include "micro/backends.hpp"
#include "micro/steps/steps.hpp"
#include "tutti/base/datagram.hpp"
#include "tutti/base/random.hpp"
#include "tutti/wire/rtp/header.hpp"

namespace tutti::bench {
namespace {

// Packets between two readings of the clock; also how many a publisher has ready to be opened.
constexpr size_t kRound = 256;
constexpr size_t kLargestBatch = 64;
constexpr size_t kVideoPacket = 1'100, kAudioPacket = 120;

SrtpKeys random_keys(SrtpSuite suite, Random& random) {
  std::vector<uint8_t> a(master_key_size(suite)), b(master_key_size(suite));
  random.fill(a);
  random.fill(b);
  return {suite, SrtpMasterKey(a), SrtpMasterKey(b)};
}

std::unique_ptr<srtp::Session> make_session(srtp::Backend& backend, const SrtpKeys& keys) {
  auto session = backend.make_session(keys);
  if (!session) throw std::runtime_error(session.error().detail);
  return std::move(*session);
}

// Jobs with their buffers: one packet for each receiver, the payload of all of them shared.
class Jobs {
 public:
  Jobs(srtp::Backend& backend, SrtpSuite suite, size_t receivers, size_t packet_size, Random& random)
      : buffers_(receivers), payload_(packet_size - rtp::kFixedHeaderSize) {
    random.fill(payload_);
    for (size_t i = 0; i < receivers; ++i) {
      sessions_.push_back(make_session(backend, random_keys(suite, random)));
      rtp::write_header({false, PayloadType(96), SeqNum(0), RtpTimestamp(1), Ssrc(5001)}, {}, buffers_[i]);
      jobs_.push_back({sessions_[i].get(), rtp::kFixedHeaderSize, {}, payload_, buffers_[i], 0});
    }
  }
  std::span<srtp::SealJob> next() {
    ++sequence_;
    for (auto& buffer : buffers_) {
      buffer[2] = static_cast<uint8_t>(sequence_ >> 8);
      buffer[3] = static_cast<uint8_t>(sequence_);
    }
    return jobs_;
  }

 private:
  std::vector<std::array<uint8_t, kMaxDatagram>> buffers_;
  std::vector<uint8_t> payload_;
  std::vector<std::unique_ptr<srtp::Session>> sessions_;
  std::vector<srtp::SealJob> jobs_;
  uint16_t sequence_ = 0;
};

std::string label(const char* what, SrtpSuite suite, const NamedBackend& backend, size_t packet_size) {
  const char* name = suite == SrtpSuite::kAeadAes128Gcm ? "GCM" : "CM/SHA1";
  return std::string(what) + " " + name + ", " + backend.name + ", " + std::to_string(packet_size) + " B";
}

void measure_seal(Steps& steps, const NamedBackend& named, SrtpSuite suite, size_t packet_size, size_t batch) {
  SeededRandom random(1);
  const auto backend = named.make();
  Jobs jobs(*backend, suite, batch, packet_size, random);
  steps.measure("srtp", label("seal", suite, named, packet_size) + ", batch of " + std::to_string(batch), kRound, [&] {
    for (size_t i = 0; i < kRound / batch; ++i) backend->seal(jobs.next());
  });
}

void measure_open(Steps& steps, const NamedBackend& named, SrtpSuite suite, size_t packet_size) {
  SeededRandom random(1);
  const auto backend = named.make();
  const SrtpKeys client_keys = random_keys(suite, random);
  const auto client = make_session(*backend, client_keys);
  const auto server = make_session(*backend, {suite, client_keys.remote, client_keys.local});
  std::vector<std::array<uint8_t, kMaxDatagram>> packets(kRound);
  std::array<size_t, kRound> sizes{};
  const std::vector<uint8_t> payload(packet_size - rtp::kFixedHeaderSize);
  uint16_t sequence = 0;
  const auto prepare = [&] {
    for (size_t i = 0; i < kRound; ++i) {
      const size_t header =
          rtp::write_header({false, PayloadType(96), SeqNum(++sequence), RtpTimestamp(1), Ssrc(1111)}, {}, packets[i]);
      srtp::SealJob job{client.get(), header, {}, payload, packets[i], 0};
      backend->seal({&job, 1});
      sizes[i] = job.sealed_size;
    }
  };
  size_t refused = 0;
  steps.measure("srtp", label("open", suite, named, packet_size), kRound, prepare, [&] {
    for (size_t i = 0; i < kRound; ++i) {
      refused += std::holds_alternative<DropReason>(server->open_rtp(std::span(packets[i]).first(sizes[i])));
    }
  });
  if (refused > 0) throw std::runtime_error("a packet was not opened");
}

}  // namespace

void measure_srtp(Steps& steps) {
  for (const SrtpSuite suite : {SrtpSuite::kAeadAes128Gcm, SrtpSuite::kAesCm128HmacSha1_80}) {
    for (const NamedBackend& backend : backends()) {
      for (size_t batch = 1; batch <= kLargestBatch; batch *= 4)
        measure_seal(steps, backend, suite, kVideoPacket, batch);
      measure_seal(steps, backend, suite, kAudioPacket, kLargestBatch);
      for (const size_t size : {kVideoPacket, kAudioPacket}) measure_open(steps, backend, suite, size);
    }
  }
}

}  // namespace tutti::bench
