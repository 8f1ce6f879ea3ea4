// JobQueue: the codec pool's double. Jobs wait for one of `threads`, take a seeded time each and are run when that time has passed, in
// virtual time, on the caller's thread. What is done is handed to the rooms by whoever drives them.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "tutti/base/random.hpp"
#include "tutti/base/units.hpp"
#include "tutti/room/job.hpp"

namespace tutti::test {

class JobQueue final : public room::JobExecutor {
 public:
  struct Options {
    size_t threads = 1;
    TimeDelta shortest = TimeDelta::millis(1), longest = TimeDelta::millis(4);
  };
  // `now`: the driver's clock, read when a job comes in.
  JobQueue(const Timestamp& now, Random& random, Options options)
      : now_(now), random_(random), options_(options), busy_until_(options.threads, Timestamp::from_us(0)) {}

  void run(std::unique_ptr<room::Job> job) override {
    auto thread = std::min_element(busy_until_.begin(), busy_until_.end());
    const int64_t spread = (options_.longest - options_.shortest).us();
    const int64_t cost = options_.shortest.us() + (spread > 0 ? static_cast<int64_t>(random_.u32() % static_cast<uint64_t>(spread)) : 0);
    *thread = std::max(*thread, now_) + TimeDelta::micros(cost);
    under_way_.push_back({*thread, std::move(job)});
  }
  // Of the next jobs; a pool that gets slow in mid-call.
  void set_cost(TimeDelta shortest, TimeDelta longest) {
    options_.shortest = shortest;
    options_.longest = longest;
  }
  Timestamp next_deadline() const {
    Timestamp next = Timestamp::never();
    for (const auto& item : under_way_) next = std::min(next, item.done_at);
    return next;
  }
  // A job whose time has passed, run; null if there is none.
  std::unique_ptr<room::Job> take_done() {
    auto it = std::min_element(under_way_.begin(), under_way_.end(), [](const auto& a, const auto& b) { return a.done_at < b.done_at; });
    if (it == under_way_.end() || it->done_at > now_) return nullptr;
    std::unique_ptr<room::Job> job = std::move(it->job);
    under_way_.erase(it);
    job->run();
    return job;
  }
  size_t size() const { return under_way_.size(); }

 private:
  struct Item {
    Timestamp done_at;
    std::unique_ptr<room::Job> job;
  };
  const Timestamp& now_;
  Random& random_;
  Options options_;
  std::vector<Timestamp> busy_until_;
  std::vector<Item> under_way_;
};

}  // namespace tutti::test
