#include "tutti/room/capture_clock.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>

#include "tutti/base/random.hpp"

namespace tutti::room {
namespace {

constexpr int64_t kNtpZero = 3'900'000'000'000'000;  // our clock's zero, as the sender calls it
NtpTime ntp_at(int64_t us) { return NtpTime::from_us(kNtpZero + us); }
Timestamp at(int64_t us) { return Timestamp::from_us(us); }
int64_t error_us(const SenderAlignment& a, int64_t us) { return (a.to_ours(ntp_at(us)) - at(us)).us(); }

TEST_CASE("before a report nothing is known", "[room][clock]") {
  SenderAlignment a;
  CHECK_FALSE(a.known());
  a.on_report(at(1000), ntp_at(0));
  CHECK(a.known());
}

TEST_CASE("the least delayed report counts", "[room][clock]") {
  SenderAlignment a;
  a.on_report(at(30'000), ntp_at(0));
  CHECK(std::abs(error_us(a, 0) - 30'000) <= 1);
  a.on_report(at(1'010'000), ntp_at(1'000'000));
  CHECK(std::abs(error_us(a, 1'000'000) - 10'000) <= 1);
  // 90 ms more on the way say nothing about the clocks.
  a.on_report(at(2'100'000), ntp_at(2'000'000));
  CHECK(std::abs(error_us(a, 2'000'000) - 10'000) <= 110);
}

TEST_CASE("a sender's clock that is set is followed at once, both ways", "[room][clock]") {
  SenderAlignment a;
  a.on_report(at(10'000), ntp_at(0));
  a.on_report(at(1'010'000), ntp_at(1'000'000 + 3'600'000'000));
  CHECK(std::abs(error_us(a, 1'000'000 + 3'600'000'000) + 3'600'000'000 - 10'000) <= 1);
  a.on_report(at(2'010'000), ntp_at(2'000'000));
  CHECK(std::abs(error_us(a, 2'000'000) - 10'000) <= 1);
}

TEST_CASE("a sender's clock that drifts is followed without a jump", "[room][clock]") {
  // Its second is 50 us longer or shorter than ours; reports take 20 to 120 ms. Over ten hours that is 1.8 s.
  const int64_t drift_per_second = GENERATE(-50, 50);
  CAPTURE(drift_per_second);
  SeededRandom random(11);
  SenderAlignment a;
  int64_t last_error = 0;
  for (int64_t s = 0; s < 36'000; ++s) {
    const NtpTime ntp = ntp_at(s * (1'000'000 - drift_per_second));
    const int64_t delay = 20'000 + static_cast<int64_t>(random.below(100'000));
    a.on_report(at(s * 1'000'000 + delay), ntp);
    const int64_t error = (a.to_ours(ntp) - at(s * 1'000'000)).us();
    if (s < 60) {
      last_error = error;
      continue;
    }
    REQUIRE(error >= 20'000 - 1);
    REQUIRE(error < 40'000);
    REQUIRE(std::abs(error - last_error) < 15'000);
    last_error = error;
  }
}

TEST_CASE("capture times follow the RTP clock over its wrap, both ways from the report", "[room][clock]") {
  SenderAlignment a;
  a.on_report(at(0), ntp_at(0));
  const CaptureClock video{&a, ntp_at(5'000'000), RtpTimestamp(0xFFFFFF00u), 90'000};
  CHECK(std::abs((video.at(RtpTimestamp(0xFFFFFF00u)) - at(5'000'000)).us()) <= 1);
  CHECK(std::abs((video.at(RtpTimestamp(0xFFFFFF00u + 90'000)) - at(6'000'000)).us()) <= 1);
  CHECK(std::abs((video.at(RtpTimestamp(0xFFFFFF00u - 45'000)) - at(4'500'000)).us()) <= 1);

  const CaptureClock audio{&a, ntp_at(5'000'000), RtpTimestamp(7), 48'000};
  CHECK(std::abs((audio.at(RtpTimestamp(7 + 960)) - at(5'020'000)).us()) <= 1);
}

}  // namespace
}  // namespace tutti::room
