#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "tutti/io/codec_pool.hpp"

namespace tutti::io {
namespace {

struct Task final : room::Job {
  explicit Task(std::function<void()> work) : work_(std::move(work)) {}
  void run() override { work_(); }
  std::function<void()> work_;
};

// What came back, and on which thread.
struct Returned {
  CodecPool::Sink sink = [this](std::unique_ptr<room::Job> job) {
    const std::lock_guard lock(mutex);
    jobs.push_back(std::move(job));
    threads.push_back(std::this_thread::get_id());
    changed.notify_all();
  };
  bool wait_for(size_t count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(10), [&] { return jobs.size() >= count; });
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::unique_ptr<room::Job>> jobs;
  std::vector<std::thread::id> threads;
};

TEST_CASE("jobs run on the pool's threads and come back with what they did", "[io][codec_pool]") {
  Returned returned;
  CodecPool pool(2);
  std::atomic<int> sum{0};
  for (int i = 1; i <= 100; ++i) {
    auto job = std::make_unique<Task>([&sum, i] { sum += i; });
    job->room_number = static_cast<uint64_t>(i);
    pool.run(std::move(job), returned.sink);
  }
  REQUIRE(returned.wait_for(100));
  CHECK(sum == 5050);
  uint64_t numbers = 0;
  for (const auto& job : returned.jobs) numbers += job->room_number;
  CHECK(numbers == 5050);
  for (const auto id : returned.threads) CHECK(id != std::this_thread::get_id());
}

TEST_CASE("two jobs run at once on two threads", "[io][codec_pool]") {
  Returned returned;
  CodecPool pool(2);
  std::mutex mutex;
  std::condition_variable both;
  int inside = 0;
  for (int i = 0; i < 2; ++i) {
    pool.run(std::make_unique<Task>([&] {
               std::unique_lock lock(mutex);
               ++inside;
               both.notify_all();
               both.wait_for(lock, std::chrono::seconds(10), [&] { return inside == 2; });
             }),
             returned.sink);
  }
  REQUIRE(returned.wait_for(2));
  CHECK(inside == 2);
}

TEST_CASE("a pool that stops finishes what runs, and drops what waits", "[io][codec_pool]") {
  Returned returned;
  CodecPool pool(1);
  std::mutex mutex;
  std::condition_variable changed;
  bool begun = false, go = false;
  pool.run(std::make_unique<Task>([&] {
             std::unique_lock lock(mutex);
             begun = true;
             changed.notify_all();
             changed.wait_for(lock, std::chrono::seconds(10), [&] { return go; });
           }),
           returned.sink);
  {
    std::unique_lock lock(mutex);
    REQUIRE(changed.wait_for(lock, std::chrono::seconds(10), [&] { return begun; }));
  }
  bool second_ran = false;
  pool.run(std::make_unique<Task>([&] { second_ran = true; }), returned.sink);
  CHECK(pool.waiting() == 1);
  std::thread stopper([&] { pool.stop(); });
  while (pool.waiting() != 0) std::this_thread::yield();
  {
    const std::lock_guard lock(mutex);
    go = true;
  }
  changed.notify_all();
  stopper.join();
  CHECK(returned.jobs.size() == 1);
  CHECK_FALSE(second_ran);
  pool.run(std::make_unique<Task>([&] { second_ran = true; }), returned.sink);
  CHECK(pool.waiting() == 0);
}

}  // namespace
}  // namespace tutti::io
