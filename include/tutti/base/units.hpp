// Time, sizes and rates as types of their own, with dimensional arithmetic (size / time = rate). Values; any thread.
// The clock types have no now(): below `io` time is always a parameter.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace tutti {

// A signed span of time with microsecond resolution. `infinite()` compares greater than every finite value.
class TimeDelta {
 public:
  constexpr TimeDelta() = default;
  static constexpr TimeDelta micros(int64_t v) { return TimeDelta(v); }
  static constexpr TimeDelta millis(int64_t v) { return TimeDelta(v * 1000); }
  static constexpr TimeDelta seconds(int64_t v) { return TimeDelta(v * 1'000'000); }
  static constexpr TimeDelta seconds_f(double v) { return TimeDelta(static_cast<int64_t>(v * 1e6)); }
  static constexpr TimeDelta zero() { return TimeDelta(0); }
  static constexpr TimeDelta infinite() { return TimeDelta(std::numeric_limits<int64_t>::max()); }

  constexpr int64_t us() const { return us_; }
  constexpr int64_t ms() const { return us_ / 1000; }
  constexpr double seconds_f() const { return static_cast<double>(us_) / 1e6; }
  constexpr bool is_finite() const { return us_ != std::numeric_limits<int64_t>::max(); }

  constexpr auto operator<=>(const TimeDelta&) const = default;
  constexpr TimeDelta operator+(TimeDelta o) const { return TimeDelta(us_ + o.us_); }
  constexpr TimeDelta operator-(TimeDelta o) const { return TimeDelta(us_ - o.us_); }
  constexpr TimeDelta operator-() const { return TimeDelta(-us_); }
  constexpr TimeDelta operator*(int64_t k) const { return TimeDelta(us_ * k); }
  constexpr TimeDelta operator/(int64_t k) const { return TimeDelta(us_ / k); }
  constexpr double operator/(TimeDelta o) const { return static_cast<double>(us_) / static_cast<double>(o.us_); }
  constexpr TimeDelta& operator+=(TimeDelta o) {
    us_ += o.us_;
    return *this;
  }

 private:
  constexpr explicit TimeDelta(int64_t us) : us_(us) {}
  int64_t us_ = 0;
};

// A point on a monotonic clock whose epoch is the owner's affair. `never()` is later than every finite time and is what
// a `next_deadline` returns when it wants no call.
class Timestamp {
 public:
  constexpr Timestamp() = default;
  static constexpr Timestamp from_us(int64_t v) { return Timestamp(v); }
  static constexpr Timestamp from_ms(int64_t v) { return Timestamp(v * 1000); }
  static constexpr Timestamp never() { return Timestamp(std::numeric_limits<int64_t>::max()); }
  static constexpr Timestamp long_ago() { return Timestamp(std::numeric_limits<int64_t>::min() / 4); }

  constexpr int64_t us() const { return us_; }
  constexpr int64_t ms() const { return us_ / 1000; }
  constexpr bool is_finite() const { return us_ != std::numeric_limits<int64_t>::max(); }

  constexpr auto operator<=>(const Timestamp&) const = default;
  constexpr Timestamp operator+(TimeDelta d) const {
    return is_finite() && d.is_finite() ? Timestamp(us_ + d.us()) : never();
  }
  constexpr Timestamp operator-(TimeDelta d) const { return is_finite() ? Timestamp(us_ - d.us()) : never(); }
  constexpr TimeDelta operator-(Timestamp o) const { return TimeDelta::micros(us_ - o.us_); }

 private:
  constexpr explicit Timestamp(int64_t us) : us_(us) {}
  int64_t us_ = 0;
};

// An amount of data in bytes.
class DataSize {
 public:
  constexpr DataSize() = default;
  static constexpr DataSize bytes(int64_t v) { return DataSize(v); }
  constexpr int64_t bytes() const { return bytes_; }
  constexpr auto operator<=>(const DataSize&) const = default;
  constexpr DataSize operator+(DataSize o) const { return DataSize(bytes_ + o.bytes_); }
  constexpr DataSize operator-(DataSize o) const { return DataSize(bytes_ - o.bytes_); }
  constexpr DataSize& operator+=(DataSize o) {
    bytes_ += o.bytes_;
    return *this;
  }

 private:
  constexpr explicit DataSize(int64_t v) : bytes_(v) {}
  int64_t bytes_ = 0;
};

// Data per time in bits per second.
class DataRate {
 public:
  constexpr DataRate() = default;
  static constexpr DataRate bps(int64_t v) { return DataRate(v); }
  static constexpr DataRate kbps(int64_t v) { return DataRate(v * 1000); }
  constexpr int64_t bps() const { return bps_; }
  constexpr auto operator<=>(const DataRate&) const = default;
  constexpr DataRate operator+(DataRate o) const { return DataRate(bps_ + o.bps_); }
  constexpr DataRate operator-(DataRate o) const { return DataRate(bps_ - o.bps_); }
  constexpr DataRate operator*(double k) const { return DataRate(static_cast<int64_t>(static_cast<double>(bps_) * k)); }
  constexpr double operator/(DataRate o) const { return static_cast<double>(bps_) / static_cast<double>(o.bps_); }

 private:
  constexpr explicit DataRate(int64_t v) : bps_(v) {}
  int64_t bps_ = 0;
};

constexpr DataRate operator/(DataSize size, TimeDelta time) {
  return time.us() <= 0 ? DataRate::bps(0) : DataRate::bps(size.bytes() * 8'000'000 / time.us());
}
constexpr DataSize operator*(DataRate rate, TimeDelta time) {
  return DataSize::bytes(rate.bps() * time.us() / 8'000'000);
}

}  // namespace tutti
