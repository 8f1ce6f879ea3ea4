#include "harness/stamp.hpp"

#include <catch2/catch.hpp>

namespace tutti::bench {
namespace {

std::vector<uint8_t> stamped(const Pattern& pattern, int64_t wall_ns, uint16_t offset, uint16_t length) {
  std::vector<uint8_t> payload(kStampSize);
  write_stamp(payload, wall_ns, offset, length);
  const auto bytes = pattern.at(offset, length);
  payload.insert(payload.end(), bytes.begin(), bytes.end());
  return payload;
}

TEST_CASE("a stamped payload gives back when it was sent", "[bench][stamp]") {
  const Pattern pattern(1);
  CHECK(check_stamped(pattern, stamped(pattern, 1'763'720'000'123'456'789, 65'535, 1'072)) ==
        1'763'720'000'123'456'789);
  CHECK(check_stamped(pattern, stamped(pattern, 5, 7, 0)) == 5);
}

TEST_CASE("a changed, cut or lengthened payload is noticed", "[bench][stamp]") {
  const Pattern pattern(1);
  auto payload = stamped(pattern, 5, 7, 100);
  payload.back() ^= 1;
  CHECK_FALSE(check_stamped(pattern, payload));
  payload.back() ^= 1;
  REQUIRE(check_stamped(pattern, payload));
  CHECK_FALSE(check_stamped(pattern, std::span(payload).first(payload.size() - 1)));
  payload.push_back(0);
  CHECK_FALSE(check_stamped(pattern, payload));
  CHECK_FALSE(check_stamped(pattern, std::span(payload).first(kStampSize - 1)));
  CHECK_FALSE(check_stamped(Pattern(2), stamped(pattern, 5, 7, 100)));
}

}  // namespace
}  // namespace tutti::bench
