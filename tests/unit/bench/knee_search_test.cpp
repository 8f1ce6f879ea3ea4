#include "harness/knee_search.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <vector>

#include "tutti/base/random.hpp"

namespace tutti::bench {
namespace {

struct Found {
  KneeSearch search;
  std::vector<uint32_t> tried;
};

Found find(KneeSearch search, const std::function<Verdict(uint32_t)>& server) {
  Found found{search, {}};
  while (const auto load = found.search.next()) {
    REQUIRE(found.tried.size() < 100);
    found.tried.push_back(*load);
    found.search.report(server(*load));
  }
  return found;
}

std::function<Verdict(uint32_t)> holds_up_to(uint32_t most) {
  return [most](uint32_t load) { return load <= most ? Verdict::kHolds : Verdict::kFails; };
}

TEST_CASE("the search doubles until a load does not hold, then bisects", "[bench][knee]") {
  const Found found = find({10, 1'000, 0}, holds_up_to(45));
  CHECK(found.search.knee() == 45);
  CHECK(found.tried == std::vector<uint32_t>{10, 20, 40, 80, 80, 60, 60, 50, 50, 45, 47, 47, 46, 46});
}

TEST_CASE("the knee is found wherever it is, to the resolution", "[bench][knee]") {
  for (const uint32_t knee : {1u, 2u, 3u, 9u, 10u, 11u, 99u, 640u, 999u}) {
    INFO(knee);
    CHECK(find({10, 1'000, 0}, holds_up_to(knee)).search.knee() == knee);
    const auto rough = find({10, 1'000, 0.05}, holds_up_to(knee)).search.knee();
    REQUIRE(rough);
    CHECK(*rough <= knee);
    CHECK(*rough * 1.05 + 1 >= knee);
  }
}

TEST_CASE("a server that never holds has no knee", "[bench][knee]") {
  const Found found = find({16, 1'000}, [](uint32_t) { return Verdict::kFails; });
  CHECK_FALSE(found.search.knee());
  CHECK_FALSE(found.search.stopped_by_generator());
  CHECK(found.tried.back() == 1);
}

TEST_CASE("a server that always holds is tried up to the highest load", "[bench][knee]") {
  const Found found = find({10, 100}, [](uint32_t) { return Verdict::kHolds; });
  CHECK(found.search.knee() == 100);
  CHECK(found.search.reached_max());
  CHECK(found.tried == std::vector<uint32_t>{10, 20, 40, 80, 100});
}

TEST_CASE("a load that fails once holds if it holds the second time", "[bench][knee]") {
  bool stray = true;
  const Found found = find({10, 1'000, 0}, [&](uint32_t load) {
    if (load == 20 && std::exchange(stray, false)) return Verdict::kFails;
    return load <= 30 ? Verdict::kHolds : Verdict::kFails;
  });
  CHECK(found.search.knee() == 30);
}

TEST_CASE("noise near the knee ends the search near the knee", "[bench][knee]") {
  SeededRandom random(7);
  for (int i = 0; i < 50; ++i) {
    const auto knee = find({10, 10'000, 0.03}, [&](uint32_t load) {
                        // Certain below 90 and above 110, by chance between.
                        if (load < 90) return Verdict::kHolds;
                        if (load > 110) return Verdict::kFails;
                        return random.below(2) == 0 ? Verdict::kHolds : Verdict::kFails;
                      }).search.knee();
    REQUIRE(knee);
    CHECK(*knee >= 85);
    CHECK(*knee <= 110);
  }
}

TEST_CASE("an invalid load ends the search upward, and that is said", "[bench][knee]") {
  const Found found =
      find({10, 1'000, 0}, [](uint32_t load) { return load <= 70 ? Verdict::kHolds : Verdict::kInvalid; });
  CHECK(found.search.knee() == 70);
  CHECK(found.search.stopped_by_generator());
}

TEST_CASE("a load that fails once and is invalid once is the server's end", "[bench][knee]") {
  int tries = 0;
  const Found found = find({10, 20}, [&](uint32_t load) {
    if (load <= 10) return Verdict::kHolds;
    return ++tries % 2 == 1 ? Verdict::kFails : Verdict::kInvalid;
  });
  CHECK_FALSE(found.search.stopped_by_generator());
}

}  // namespace
}  // namespace tutti::bench
