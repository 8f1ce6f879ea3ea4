#include <srtp2/srtp.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <unordered_set>

#include "tutti/proto/srtp/session.hpp"

namespace tutti::srtp {
namespace {

// Wide enough for a retransmission without RTX that is a second late at 1,000 packets/s.
constexpr unsigned long kReplayWindow = 1024;
// Received SSRCs that a session keeps state for, 36 KiB or more each. A participant has three layers of 16 tracks, each with
// RTX, and room is left for SSRCs that only send RTCP; one that invents another for each packet gets no further.
constexpr size_t kMaxSources = 256;

// RFC 3711 §5.2 wants SRTCP's tag at 80 bits even where SRTP's is 32 (RFC 4568 §6.2.2 says so for this suite).
void set_suite(SrtpSuite suite, srtp_policy_t& policy) {
  switch (suite) {
    case SrtpSuite::kAesCm128HmacSha1_80:
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
      return;
    case SrtpSuite::kAesCm128HmacSha1_32:
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp);
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
      return;
    case SrtpSuite::kAeadAes128Gcm:
      srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
      srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
      return;
    case SrtpSuite::kAeadAes256Gcm:
      srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
      srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
      return;
  }
}

struct Direction {
  srtp_t context = nullptr;
  Direction() = default;
  Direction(const Direction&) = delete;
  Direction& operator=(const Direction&) = delete;
  ~Direction() {
    if (context) srtp_dealloc(context);
  }

  bool create(SrtpSuite suite, const SrtpMasterKey& key, srtp_ssrc_type_t type) {
    srtp_policy_t policy{};
    set_suite(suite, policy);
    policy.ssrc.type = type;
    std::array<uint8_t, SrtpMasterKey::kMaxSize> bytes{};
    std::copy(key.bytes().begin(), key.bytes().end(), bytes.begin());
    policy.key = bytes.data();
    policy.window_size = kReplayWindow;
    // A receiver without RTX is sent the same packet again, byte for byte.
    policy.allow_repeat_tx = 1;
    const bool ok = srtp_create(&context, &policy) == srtp_err_status_ok;
    bytes.fill(0);
    return ok;
  }
};

DropReason reason(srtp_err_status_t status) {
  switch (status) {
    case srtp_err_status_replay_fail:
    case srtp_err_status_replay_old: return DropReason::kSrtpReplay;
    case srtp_err_status_no_ctx: return DropReason::kSrtpNoKeys;
    case srtp_err_status_bad_param:
    case srtp_err_status_parse_err: return DropReason::kTooShort;
    default: return DropReason::kSrtpAuth;
  }
}

class LibsrtpSession final : public Session {
 public:
  bool create(const SrtpKeys& keys) {
    return send_.create(keys.suite, keys.local, ssrc_any_outbound) && receive_.create(keys.suite, keys.remote, ssrc_any_inbound);
  }

  OpenResult open_rtp(std::span<uint8_t> packet) override {
    if (packet.size() < 12) return DropReason::kTooShort;
    const uint32_t source = read_u32(packet, 8);
    if (!admits(source)) return DropReason::kRtpUnknownSsrc;
    int size = static_cast<int>(packet.size());
    const auto status = srtp_unprotect(receive_.context, packet.data(), &size);
    if (status != srtp_err_status_ok) return reason(status);
    sources_.insert(source);
    return static_cast<size_t>(size);
  }

  OpenResult open_rtcp(std::span<uint8_t> packet) override {
    // libsrtp underflows on less than a header, a tag and an index word.
    if (packet.size() < 8 + 4 + 10) return DropReason::kTooShort;
    const uint32_t source = read_u32(packet, 4);
    if (!admits(source)) return DropReason::kRtpUnknownSsrc;
    int size = static_cast<int>(packet.size());
    const auto status = srtp_unprotect_rtcp(receive_.context, packet.data(), &size);
    if (status != srtp_err_status_ok) return reason(status);
    sources_.insert(source);
    return static_cast<size_t>(size);
  }

  size_t seal_rtcp(std::span<uint8_t> buffer, size_t size) override {
    if (size + kMaxOverhead > buffer.size()) return 0;
    int length = static_cast<int>(size);
    return srtp_protect_rtcp(send_.context, buffer.data(), &length) == srtp_err_status_ok ? static_cast<size_t>(length) : 0;
  }

  size_t seal_rtp(std::span<uint8_t> buffer, size_t size) {
    int length = static_cast<int>(size);
    return srtp_protect(send_.context, buffer.data(), &length) == srtp_err_status_ok ? static_cast<size_t>(length) : 0;
  }

  void forget(Ssrc ssrc) override {
    // libsrtp takes the SSRC in network order here.
    const uint32_t v = ssrc.value();
    sources_.erase(v);
    srtp_remove_stream(receive_.context, v >> 24 | (v >> 8 & 0xFF00) | (v << 8 & 0xFF0000) | v << 24);
  }

 private:
  static uint32_t read_u32(std::span<const uint8_t> bytes, size_t at) {
    return static_cast<uint32_t>(bytes[at]) << 24 | static_cast<uint32_t>(bytes[at + 1]) << 16 | static_cast<uint32_t>(bytes[at + 2]) << 8 | bytes[at + 3];
  }
  bool admits(uint32_t source) const { return sources_.size() < kMaxSources || sources_.contains(source); }

  Direction send_, receive_;
  std::unordered_set<uint32_t> sources_;  // those that libsrtp2 has made a stream for
};

class LibsrtpBackend final : public Backend {
 public:
  Result<std::unique_ptr<Session>> make_session(const SrtpKeys& keys) override {
    const size_t want = master_key_size(keys.suite);
    if (keys.local.size() != want || keys.remote.size() != want)
      return invalid("an SRTP key and salt for " + std::string(name(keys.suite)) + " has " + std::to_string(want) + " bytes");
    auto session = std::make_unique<LibsrtpSession>();
    if (!session->create(keys)) return Error{ErrorKind::kInternal, "srtp-failed", "libsrtp2 refused the policy", {}};
    return std::unique_ptr<Session>(std::move(session));
  }

  // libsrtp works in place, so the shared payload is copied behind each header first.
  void seal(std::span<SealJob> jobs) override {
    for (SealJob& job : jobs) {
      const size_t size = job.header_size + job.prefix.size() + job.rest.size();
      if (size + (job.session ? kMaxOverhead : 0) > job.out.size()) continue;
      auto at = job.out.begin() + static_cast<std::ptrdiff_t>(job.header_size);
      at = std::copy(job.prefix.begin(), job.prefix.end(), at);
      std::copy(job.rest.begin(), job.rest.end(), at);
      job.sealed_size = job.session ? static_cast<LibsrtpSession*>(job.session)->seal_rtp(job.out, size) : size;
    }
  }
};

}  // namespace

Library::Library() {
  if (srtp_init() != srtp_err_status_ok) throw std::runtime_error("libsrtp2 cannot be initialised");
}
Library::~Library() { srtp_shutdown(); }

std::unique_ptr<Backend> make_libsrtp_backend() { return std::make_unique<LibsrtpBackend>(); }

}  // namespace tutti::srtp
