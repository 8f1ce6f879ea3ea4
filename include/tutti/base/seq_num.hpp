// Wire counters and their unwrapped forms. SeqNum and RtpTimestamp wrap; ExtSeqNum and ExtTimestamp count on for ever, so
// the two kinds cannot be compared by mistake. RFC 3550 appendix A.1 has the idea; no probation here, SRTP authenticates.
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>

#include "tutti/base/strong.hpp"

namespace tutti {

using SeqNum = Strong<struct SeqNumTag, uint16_t>;
using RtpTimestamp = Strong<struct RtpTimestampTag, uint32_t>;
using ExtSeqNum = Strong<struct ExtSeqNumTag, int64_t>;
using ExtTimestamp = Strong<struct ExtTimestampTag, int64_t>;

constexpr ExtSeqNum operator+(ExtSeqNum s, int64_t d) { return ExtSeqNum(s.value() + d); }
constexpr int64_t operator-(ExtSeqNum a, ExtSeqNum b) { return a.value() - b.value(); }
constexpr SeqNum to_wire(ExtSeqNum s) { return SeqNum(static_cast<uint16_t>(s.value())); }
constexpr RtpTimestamp to_wire(ExtTimestamp t) { return RtpTimestamp(static_cast<uint32_t>(t.value())); }
constexpr SeqNum operator+(SeqNum s, int d) { return SeqNum(static_cast<uint16_t>(s.value() + d)); }
constexpr RtpTimestamp operator+(RtpTimestamp t, uint32_t d) { return RtpTimestamp(t.value() + d); }

// The signed distance b - a on the circle: positive if `b` is newer than `a`.
template <class T>
constexpr auto wrap_distance(T a, T b) {
  return static_cast<std::make_signed_t<T>>(static_cast<T>(b - a));
}
constexpr bool is_newer(SeqNum candidate, SeqNum reference) {
  return wrap_distance(reference.value(), candidate.value()) > 0;
}
constexpr bool is_newer(RtpTimestamp candidate, RtpTimestamp reference) {
  return wrap_distance(reference.value(), candidate.value()) > 0;
}

// Unwraps a wrapping counter against the highest value seen. The first value maps to itself, so unwrapped sequence numbers
// may become negative when packets before the first arrive.
template <class Wire, class Ext>
class Unwrapper {
 public:
  // What `v` would unwrap to; remembers nothing.
  Ext peek(Wire v) const {
    if (!highest_) return Ext(static_cast<int64_t>(v.value()));
    const auto last = static_cast<typename Wire::Value>(highest_->value());
    return Ext(highest_->value() + wrap_distance(last, v.value()));
  }
  Ext unwrap(Wire v) {
    const Ext ext = peek(v);
    if (!highest_ || ext > *highest_) highest_ = ext;
    return ext;
  }
  std::optional<Ext> highest() const { return highest_; }

 private:
  std::optional<Ext> highest_;
};
using SeqNumUnwrapper = Unwrapper<SeqNum, ExtSeqNum>;
using TimestampUnwrapper = Unwrapper<RtpTimestamp, ExtTimestamp>;

}  // namespace tutti
