// Bytes as a script of what happens to SRTP sessions: batches sealed, packets lost, repeated, reordered, corrupted,
// cut, sent to another session, numbers that jump, sources that are forgotten. The fuzzer and the random comparison
// feed it.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>

#include "support/srtp_twins.hpp"
#include "tutti/base/byte_reader.hpp"
#include "tutti/base/random.hpp"

namespace tutti::test {

class SrtpScript {
 public:
  struct Tally {
    size_t sealed = 0, seal_refused = 0, opened = 0, open_refused = 0, rtcp_opened = 0, rtcp_refused = 0;
    Tally& operator+=(const Tally& other);
  };

  // With sessions of every suite, two of each, made when they are first used.
  explicit SrtpScript(SrtpTwins& twins, uint64_t seed = 1);
  // Plays on until the bytes are used up or the twins differ.
  void play(std::span<const uint8_t> script);
  const Tally& tally() const { return tally_; }

 private:
  static constexpr size_t kSessions = 8;
  static constexpr size_t kKept = 64;
  struct Sender {
    std::optional<size_t> number;        // among the twins'
    std::array<uint16_t, 4> sequence{};  // of each source
    std::deque<Bytes> sealed, sealed_rtcp;
  };

  size_t number_of(size_t session);
  // Its session is one of senders_, or SrtpTwins::kPlain.
  PlainRtp read_packet(ByteReader& script);
  void seal_batch(ByteReader& script);
  void seal_rtcp(ByteReader& script);
  void deliver(ByteReader& script, bool rtcp);
  void spoil(ByteReader& script, Bytes& packet);

  SrtpTwins& twins_;
  uint64_t seed_;
  SeededRandom random_;
  std::array<Sender, kSessions> senders_;
  Tally tally_;
};

}  // namespace tutti::test
