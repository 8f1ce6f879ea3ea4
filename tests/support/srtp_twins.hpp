// The same sessions on both SRTP backends: whatever a test does is done by each, and has to end the same way, byte for
// byte.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tutti/proto/srtp/session.hpp"

namespace tutti::test {

using Bytes = std::vector<uint8_t>;

inline constexpr std::array kSrtpSuites = {SrtpSuite::kAesCm128HmacSha1_80, SrtpSuite::kAesCm128HmacSha1_32,
                                           SrtpSuite::kAeadAes128Gcm, SrtpSuite::kAeadAes256Gcm};

struct SrtpBackendKind {
  std::string name;
  std::unique_ptr<srtp::Backend> (*make)();
};
// Those that this machine has.
std::vector<SrtpBackendKind> srtp_backends();

// A packet to be sealed: its header, and its payload, of which the first `prefix` bytes are given apart.
struct PlainRtp {
  size_t session = 0;  // SrtpTwins::kPlain: without a session
  Bytes header;
  Bytes payload;
  size_t prefix = 0;
  size_t room = srtp::kMaxOverhead;  // behind the plain packet
  bool written = false;              // the prefix stands behind the header already
};

class SrtpTwins {
 public:
  static constexpr size_t kPlain = ~size_t{0};

  SrtpTwins();
  // False where this machine has no second backend: then nothing can be compared.
  bool available() const { return ipsec_ != nullptr; }

  // A sender and a receiver that share keys, on both backends. Returns its number.
  size_t add(SrtpSuite suite, uint64_t seed);
  size_t size() const { return pairs_.size(); }
  // Ends all sessions; the backends stay, which take long to begin.
  void clear() {
    pairs_.clear();
    difference_.clear();
  }

  // One batch. Each packet as sealed, empty if it was refused.
  std::vector<Bytes> seal(std::span<const PlainRtp> packets);
  Bytes seal_rtcp(size_t session, const Bytes& plain, size_t room = srtp::kMaxOverhead);
  // `packet` becomes the plain one, if it is opened.
  srtp::OpenResult open_rtp(size_t session, Bytes& packet);
  srtp::OpenResult open_rtcp(size_t session, Bytes& packet);
  void retire(size_t session, Ssrc ssrc);

  // What the backends first disagreed on, empty while they agree.
  const std::string& difference() const { return difference_; }

 private:
  struct Side {
    std::unique_ptr<srtp::Session> sender, receiver;
  };
  struct Pair {
    SrtpSuite suite;
    Side libsrtp, ipsec;
  };
  srtp::OpenResult compare_opened(const char* what, size_t session, Bytes& packet, Bytes& other, srtp::OpenResult a,
                                  srtp::OpenResult b);
  void differ(const char* what, size_t session, const std::string& detail);

  srtp::Library library_;
  std::unique_ptr<srtp::Backend> libsrtp_, ipsec_;
  std::vector<Pair> pairs_;
  std::string difference_;
};

}  // namespace tutti::test
