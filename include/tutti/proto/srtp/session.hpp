// SRTP and SRTCP behind one interface: sessions that open one packet at a time in place, and a backend that seals a
// whole batch out of place. RFC 3711, RFC 7714. Two backends fill it: libsrtp2, always there and the oracle of every
// test, and the faster ipsec-mb (src/proto/srtp/README.md). A session belongs to one peer and its thread; a backend to
// one worker, and it outlives its sessions' last use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <variant>

#include "tutti/base/drop_reason.hpp"
#include "tutti/base/ids.hpp"
#include "tutti/base/result.hpp"
#include "tutti/base/srtp_suite.hpp"

namespace tutti::srtp {

// Room that a sealed packet needs beyond the plain one: the tag (16) and for SRTCP the index word.
constexpr size_t kMaxOverhead = 20;

// The size of the plain packet that now stands at the front of the span, or why it was refused.
using OpenResult = std::variant<size_t, DropReason>;

// Both directions of one participant.
class Session {
 public:
  virtual ~Session() = default;

  // Authenticates, checks against replay and decrypts in place. On refusal the bytes are undefined, the state
  // unchanged.
  virtual OpenResult open_rtp(std::span<uint8_t> packet) = 0;
  virtual OpenResult open_rtcp(std::span<uint8_t> packet) = 0;

  // Encrypts the `size` bytes at the front of `buffer` in place. Returns the new size, 0 if it does not fit or failed.
  virtual size_t seal_rtcp(std::span<uint8_t> buffer, size_t size) = 0;

  // Drops what is kept for a received SSRC that is gone, so that a sender that changes SSRCs does not grow the session. From
  // then on whatever comes under it is a replay.
  virtual void retire(Ssrc ssrc) = 0;
};

// One RTP packet to be. `out` holds the finished header in its first `header_size` bytes; the payload is `prefix` (what
// is rewritten for this receiver: RTX's original sequence number, a codec descriptor) followed by `rest`, which is
// shared by all receivers and only read. A prefix may stand in `out`, right behind the header.
struct SealJob {
  Session* session = nullptr;  // null: plain RTP, which is copied
  size_t header_size = 0;
  std::span<const uint8_t> prefix;
  std::span<const uint8_t> rest;
  std::span<uint8_t>
      out;  // with kMaxOverhead bytes more than the plain packet, of which those behind the sealed one become undefined
  size_t sealed_size = 0;  // the result; 0 if it failed or does not fit
};

class Backend {
 public:
  virtual ~Backend() = default;
  // "libsrtp2" or "ipsec-mb", for logs and metrics.
  virtual std::string_view name() const = 0;
  // Fails if the keys' lengths are not the suite's.
  virtual Result<std::unique_ptr<Session>> make_session(const SrtpKeys& keys) = 0;
  // Every job's session must be this backend's.
  virtual void seal(std::span<SealJob> jobs) = 0;
};

// libsrtp2's process-wide initialisation: one object in main, outliving every backend.
class Library {
 public:
  Library();
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
};

std::unique_ptr<Backend> make_libsrtp_backend();
// Null where the processor has no AES instructions, or the library was not there to build with.
std::unique_ptr<Backend> make_ipsec_backend();
// The faster one of those that this machine has.
std::unique_ptr<Backend> make_best_backend();

enum class BackendChoice : uint8_t { kAuto, kLibsrtp2, kIpsecMb };
// Null if that one is not to be had here.
std::unique_ptr<Backend> make_backend(BackendChoice choice);

}  // namespace tutti::srtp
