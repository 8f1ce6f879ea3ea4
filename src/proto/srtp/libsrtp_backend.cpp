#include <openssl/crypto.h>
#include <srtp2/srtp.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <unordered_set>

#include "proto/srtp/retired_sources.hpp"
#include "proto/srtp/replay_window.hpp"
#include "proto/srtp/seal_job.hpp"
#include "proto/srtp/source_table.hpp"
#include "proto/srtp/suite_shape.hpp"
#include "tutti/proto/srtp/session.hpp"

namespace tutti::srtp {
namespace {

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
    policy.window_size = kRtpReplayWindow;
    // A receiver without RTX is sent the same packet again, byte for byte.
    policy.allow_repeat_tx = 1;
    const bool ok = srtp_create(&context, &policy) == srtp_err_status_ok;
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return ok;
  }
};

DropReason reason(srtp_err_status_t status) {
  switch (status) {
    case srtp_err_status_replay_fail:
    case srtp_err_status_replay_old:
      return DropReason::kSrtpReplay;
    case srtp_err_status_no_ctx:
      return DropReason::kSrtpNoKeys;
    case srtp_err_status_bad_param:
    case srtp_err_status_parse_err:
      return DropReason::kTooShort;
    default:
      return DropReason::kSrtpAuth;
  }
}

class LibsrtpSession final : public Session {
 public:
  bool create(const SrtpKeys& keys) {
    suite_ = keys.suite;
    return send_.create(keys.suite, keys.local, ssrc_any_outbound) &&
           receive_.create(keys.suite, keys.remote, ssrc_any_inbound);
  }

  OpenResult open_rtp(std::span<uint8_t> packet) override {
    // libsrtp underflows on less than a header and a tag, of either protocol.
    if (packet.size() < kRtpFixedHeaderSize + rtp_tag_size(suite_)) return DropReason::kTooShort;
    const uint32_t source = read_u32(packet, 8);
    if (retired_.contains(Ssrc(source))) return DropReason::kSrtpReplay;
    if (!admits(source)) return DropReason::kRtpUnknownSsrc;
    int size = static_cast<int>(packet.size());
    const auto status = srtp_unprotect(receive_.context, packet.data(), &size);
    if (status != srtp_err_status_ok) return reason(status);
    sources_.insert(source);
    return static_cast<size_t>(size);
  }

  OpenResult open_rtcp(std::span<uint8_t> packet) override {
    if (packet.size() < kRtcpHeaderSize + rtcp_overhead(suite_)) return DropReason::kTooShort;
    const uint32_t source = read_u32(packet, 4);
    if (retired_.contains(Ssrc(source))) return DropReason::kSrtpReplay;
    if (!admits(source)) return DropReason::kRtpUnknownSsrc;
    // With AES-GCM, libsrtp would take what is only authenticated. Nobody negotiated that (RFC 4568 §6.3.2).
    if ((rtcp_index_word(suite_, packet) & kRtcpEncrypted) == 0) return DropReason::kSrtpAuth;
    int size = static_cast<int>(packet.size());
    const auto status = srtp_unprotect_rtcp(receive_.context, packet.data(), &size);
    if (status != srtp_err_status_ok) return reason(status);
    sources_.insert(source);
    return static_cast<size_t>(size);
  }

  size_t seal_rtcp(std::span<uint8_t> buffer, size_t size) override {
    if (size + kMaxOverhead > buffer.size()) return 0;
    int length = static_cast<int>(size);
    return srtp_protect_rtcp(send_.context, buffer.data(), &length) == srtp_err_status_ok ? static_cast<size_t>(length)
                                                                                          : 0;
  }

  size_t seal_rtp(std::span<uint8_t> buffer, size_t size) {
    int length = static_cast<int>(size);
    return srtp_protect(send_.context, buffer.data(), &length) == srtp_err_status_ok ? static_cast<size_t>(length) : 0;
  }

  void retire(Ssrc ssrc) override {
    retired_.add(ssrc);
    // libsrtp takes the SSRC in network order here.
    const uint32_t v = ssrc.value();
    sources_.erase(v);
    srtp_remove_stream(receive_.context, v >> 24 | (v >> 8 & 0xFF00) | (v << 8 & 0xFF0000) | v << 24);
  }

 private:
  static uint32_t read_u32(std::span<const uint8_t> bytes, size_t at) {
    return static_cast<uint32_t>(bytes[at]) << 24 | static_cast<uint32_t>(bytes[at + 1]) << 16 |
           static_cast<uint32_t>(bytes[at + 2]) << 8 | bytes[at + 3];
  }
  bool admits(uint32_t source) const { return sources_.size() < kMaxReceivedSources || sources_.contains(source); }

  SrtpSuite suite_ = SrtpSuite::kAeadAes128Gcm;
  Direction send_, receive_;
  std::unordered_set<uint32_t> sources_;  // those that libsrtp2 has made a stream for
  RetiredSources retired_;
};

class LibsrtpBackend final : public Backend {
 public:
  std::string_view name() const override { return "libsrtp2"; }

  Result<std::unique_ptr<Session>> make_session(const SrtpKeys& keys) override {
    if (auto wrong = check_key_sizes(keys)) return *std::move(wrong);
    auto session = std::make_unique<LibsrtpSession>();
    if (!session->create(keys)) return Error{ErrorKind::kInternal, "srtp-failed", "libsrtp2 refused the policy", {}};
    return std::unique_ptr<Session>(std::move(session));
  }

  // libsrtp works in place, so the shared payload is copied behind each header first.
  void seal(std::span<SealJob> jobs) override {
    for (SealJob& job : jobs) {
      job.sealed_size = 0;
      if (!fits(job)) continue;
      copy_payload(job);
      const size_t size = plain_size(job);
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
