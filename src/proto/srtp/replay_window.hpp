// Which of the last packets of one source have been taken, by index. RFC 3711 §3.3.2.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tutti::srtp {

// Wide enough for a retransmission without RTX that is a second late at 1,000 packets/s.
constexpr size_t kRtpReplayWindow = 1024;
constexpr size_t kRtcpReplayWindow = 128;

// A ring of bits: index i stands at i modulo kBits.
template <size_t kBits>
class ReplayWindow {
  static_assert(kBits % 64 == 0);

 public:
  uint64_t highest() const { return highest_; }

  // False if it was taken before, or is so old that nobody knows.
  bool is_new(uint64_t index) const {
    if (index > highest_) return true;
    return highest_ - index < kBits && (word(index) & bit(index)) == 0;
  }

  // Takes an index that is new.
  void mark(uint64_t index) {
    if (index > highest_) {
      if (index - highest_ >= kBits)
        words_.fill(0);
      else
        for (uint64_t skipped = highest_ + 1; skipped < index; ++skipped) word(skipped) &= ~bit(skipped);
      highest_ = index;
    }
    word(index) |= bit(index);
  }

 private:
  static constexpr uint64_t bit(uint64_t index) { return uint64_t{1} << (index % 64); }
  uint64_t& word(uint64_t index) { return words_[index % kBits / 64]; }
  const uint64_t& word(uint64_t index) const { return words_[index % kBits / 64]; }

  uint64_t highest_ = 0;
  std::array<uint64_t, kBits / 64> words_{};
};

}  // namespace tutti::srtp
