// The faster backend: libipsec-mb where the processor has AES instructions. README.md says why and how.
#include <string>

#include "proto/srtp/cm_batch.hpp"
#include "proto/srtp/cm_session.hpp"
#include "proto/srtp/gcm_session.hpp"
#include "proto/srtp/seal_job.hpp"
#include "proto/srtp/session_keys.hpp"
#include "proto/srtp/suite_shape.hpp"
#include "tutti/base/byte_reader.hpp"
#include "tutti/proto/srtp/session.hpp"

namespace tutti::srtp {
namespace {

class IpsecBackend final : public Backend {
 public:
  explicit IpsecBackend(std::unique_ptr<Multibuffer> multibuffer) : multibuffer_(std::move(multibuffer)) {}

  std::string_view name() const override { return "ipsec-mb"; }

  Result<std::unique_ptr<Session>> make_session(const SrtpKeys& keys) override {
    if (auto wrong = check_key_sizes(keys)) return *std::move(wrong);
    const auto derived = derive_session_keys(keys);
    if (!derived) return Error{ErrorKind::kInternal, "srtp-failed", "OpenSSL cannot derive the session keys", {}};
    if (is_gcm(keys.suite)) return std::unique_ptr<Session>(std::make_unique<GcmSession>(*multibuffer_, *derived));
    return std::unique_ptr<Session>(std::make_unique<CmSession>(*multibuffer_, *derived));
  }

  void seal(std::span<SealJob> jobs) override {
    for (SealJob& job : jobs) {
      job.sealed_size = 0;
      if (!fits(job)) continue;
      if (job.session) {
        seal(job, static_cast<IpsecSession&>(*job.session));
      } else {
        copy_payload(job);
        job.sealed_size = plain_size(job);
      }
    }
    cm_batch_.finish();
  }

 private:
  void seal(SealJob& job, IpsecSession& session) {
    ByteReader header(job.out.first(job.header_size));
    header.skip(2);
    const uint16_t sequence = header.u16();
    header.skip(4);
    const Ssrc ssrc(header.u32());
    if (!header.ok()) return;
    const auto index = session.index_to_send(ssrc, sequence);
    if (!index) return;
    if (is_gcm(session.suite())) {
      static_cast<GcmSession&>(session).seal(job, ssrc, *index);
    } else {
      cm_batch_.add(job, static_cast<CmSession&>(session), ssrc, *index);
    }
  }

  std::unique_ptr<Multibuffer> multibuffer_;
  CmBatch cm_batch_{*multibuffer_};
};

}  // namespace

std::unique_ptr<Backend> make_ipsec_backend() {
  auto multibuffer = Multibuffer::create();
  if (!multibuffer) return nullptr;
  return std::make_unique<IpsecBackend>(std::move(multibuffer));
}

}  // namespace tutti::srtp
