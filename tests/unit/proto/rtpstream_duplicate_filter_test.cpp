#include "tutti/proto/rtpstream/duplicate_filter.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "tutti/base/random.hpp"

using namespace tutti;
using namespace tutti::rtpstream;

TEST_CASE("a packet is taken once, in any order", "[rtpstream][duplicate_filter]") {
  DuplicateFilter f;
  for (int64_t s : {100, 103, 101, 99, 102}) {
    CHECK_FALSE(f.contains(ExtSeqNum(s)));
    CHECK(f.insert(ExtSeqNum(s)));
    CHECK(f.contains(ExtSeqNum(s)));
    CHECK_FALSE(f.insert(ExtSeqNum(s)));
  }
}

TEST_CASE("what is behind the window counts as seen", "[rtpstream][duplicate_filter]") {
  DuplicateFilter f;
  f.insert(ExtSeqNum(5000));
  CHECK(f.insert(ExtSeqNum(5000 - DuplicateFilter::kWindow + 1)));
  CHECK_FALSE(f.insert(ExtSeqNum(5000 - DuplicateFilter::kWindow)));
}

TEST_CASE("a jump ahead forgets what it steps over", "[rtpstream][duplicate_filter]") {
  const int64_t jump = GENERATE(int64_t{2}, int64_t{600}, DuplicateFilter::kWindow - 1, DuplicateFilter::kWindow,
                                DuplicateFilter::kWindow + 1, int64_t{1'000'000});
  DuplicateFilter f;
  for (int64_t s = 0; s < DuplicateFilter::kWindow; ++s) f.insert(ExtSeqNum(s));
  const int64_t newest = DuplicateFilter::kWindow - 1 + jump;
  REQUIRE(f.insert(ExtSeqNum(newest)));
  for (int64_t s = newest - DuplicateFilter::kWindow + 1; s < newest; ++s) {
    CAPTURE(jump, s);
    CHECK(f.contains(ExtSeqNum(s)) == (s < DuplicateFilter::kWindow));
  }
}

TEST_CASE("the filter agrees with a set on random input", "[rtpstream][duplicate_filter]") {
  SeededRandom random(4);
  DuplicateFilter f;
  std::set<int64_t> seen;
  int64_t newest = -200;  // packets before the first one unwrap to negative numbers
  for (int i = 0; i < 20'000; ++i) {
    const int64_t s = newest - 40 + static_cast<int64_t>(random.below(50));
    newest = std::max(newest, s);
    REQUIRE(f.insert(ExtSeqNum(s)) == seen.insert(s).second);
  }
}
