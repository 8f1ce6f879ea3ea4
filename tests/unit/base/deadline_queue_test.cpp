#include "tutti/base/deadline_queue.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "tutti/base/random.hpp"

namespace tutti {
namespace {

struct Owner {
  explicit Owner(int n) : number(n), handle(*this) {}
  int number;
  DeadlineQueue<Owner>::Handle handle;
};

Timestamp at(int64_t ms) { return Timestamp::from_ms(ms); }

TEST_CASE("the earliest comes first, and only once it is due", "[base][deadline]") {
  DeadlineQueue<Owner> queue;
  Owner a(1), b(2), c(3);
  CHECK(queue.next() == Timestamp::never());
  queue.set(a.handle, at(30));
  queue.set(b.handle, at(10));
  queue.set(c.handle, at(20));
  CHECK(queue.next() == at(10));
  CHECK(b.handle.at() == at(10));
  CHECK(queue.pop_due(at(9)) == nullptr);
  CHECK(queue.pop_due(at(20)) == &b);
  CHECK(b.handle.at() == Timestamp::never());
  CHECK(queue.pop_due(at(20)) == &c);
  CHECK(queue.pop_due(at(20)) == nullptr);
  CHECK(queue.next() == at(30));
}

TEST_CASE("setting a deadline again moves it, never takes it out", "[base][deadline]") {
  DeadlineQueue<Owner> queue;
  Owner a(1), b(2);
  queue.set(a.handle, at(10));
  queue.set(b.handle, at(20));
  queue.set(a.handle, at(30));
  CHECK(queue.next() == at(20));
  queue.set(a.handle, at(5));
  CHECK(queue.next() == at(5));
  queue.set(a.handle, Timestamp::never());
  CHECK(a.handle.at() == Timestamp::never());
  CHECK(queue.next() == at(20));
  queue.set(a.handle, Timestamp::never());
  queue.set(b.handle, Timestamp::never());
  CHECK(queue.next() == Timestamp::never());
  // An empty queue has nothing due, however late it is.
  CHECK(queue.pop_due(Timestamp::never()) == nullptr);
}

TEST_CASE("an owner that is destroyed is not called", "[base][deadline]") {
  DeadlineQueue<Owner> queue;
  auto a = std::make_unique<Owner>(1);
  Owner b(2);
  queue.set(a->handle, at(10));
  queue.set(b.handle, at(20));
  a.reset();
  CHECK(queue.next() == at(20));
  CHECK(queue.pop_due(at(100)) == &b);
  CHECK(queue.pop_due(at(100)) == nullptr);
}

TEST_CASE("a queue may be destroyed before its handles, which another may take", "[base][deadline]") {
  Owner a(1), b(2);
  {
    DeadlineQueue<Owner> queue;
    queue.set(a.handle, at(10));
    queue.set(b.handle, at(20));
  }
  DeadlineQueue<Owner> other;
  other.set(b.handle, at(30));
  CHECK(other.pop_due(at(30)) == &b);
  CHECK(other.pop_due(at(30)) == nullptr);
}

TEST_CASE("setting a handle in another queue moves it there", "[base][deadline]") {
  DeadlineQueue<Owner> first, second;
  Owner a(1);
  first.set(a.handle, at(10));
  second.set(a.handle, at(20));
  CHECK(first.next() == Timestamp::never());
  CHECK(second.next() == at(20));
  first.set(a.handle, Timestamp::never());
  CHECK(second.next() == Timestamp::never());
}

TEST_CASE("the queue agrees with a list that is searched", "[base][deadline]") {
  const uint64_t seed = GENERATE(range(1, 40));
  CAPTURE(seed);
  SeededRandom random(seed);
  DeadlineQueue<Owner> queue;
  std::vector<std::unique_ptr<Owner>> owners;
  std::vector<Timestamp> expected;
  int64_t now = 0;
  const auto earliest = [&] {
    return expected.empty() ? Timestamp::never() : *std::min_element(expected.begin(), expected.end());
  };
  for (int step = 0; step < 400; ++step) {
    const auto i = static_cast<size_t>(random.below(owners.size()));
    switch (random.below(5)) {
      case 0:
        owners.push_back(std::make_unique<Owner>(step));
        expected.push_back(Timestamp::never());
        break;
      case 1:
        if (owners.empty() || owners.size() < 5) break;
        owners.erase(owners.begin() + static_cast<ptrdiff_t>(i));
        expected.erase(expected.begin() + static_cast<ptrdiff_t>(i));
        break;
      case 2:
        now += static_cast<int64_t>(random.below(20));
        while (Owner* due = queue.pop_due(at(now))) {
          const auto found = std::find_if(owners.begin(), owners.end(), [&](const auto& o) { return o.get() == due; });
          REQUIRE(found != owners.end());
          Timestamp& when = expected[static_cast<size_t>(found - owners.begin())];
          REQUIRE(when == earliest());
          REQUIRE(when <= at(now));
          when = Timestamp::never();
        }
        REQUIRE(earliest() > at(now));
        break;
      default:
        if (owners.empty()) break;
        expected[i] = random.below(8) == 0 ? Timestamp::never() : at(now + static_cast<int64_t>(random.below(100)));
        queue.set(owners[i]->handle, expected[i]);
        REQUIRE(owners[i]->handle.at() == expected[i]);
    }
    REQUIRE(queue.next() == earliest());
  }
}

}  // namespace
}  // namespace tutti
