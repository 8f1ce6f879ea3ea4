#include "harness/join_pool.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

namespace tutti::bench {
namespace {

struct Ask {
  Target& target;
  JoinReply operator()(const KeyedJoin& join) const { return target.join_keyed(join); }
  JoinReply operator()(const WebrtcJoin& join) const { return target.join_webrtc(join); }
  JoinReply operator()(const LeaveRequest& leave) const { return target.leave(leave.room, leave.id); }
};

}  // namespace

JoinPool::JoinPool(Target& target, uint32_t threads) : target_(target), event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  for (uint32_t i = 0; i < std::max(1u, threads); ++i) threads_.emplace_back([this] { work(); });
}

JoinPool::~JoinPool() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  close(event_);
}

void JoinPool::submit(size_t member, JoinRequest request) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back({member, std::move(request)});
  }
  wake_.notify_one();
}

std::vector<JoinPool::Done> JoinPool::take() {
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = read(event_, &count, sizeof(count));
  const std::lock_guard lock(mutex_);
  return std::exchange(done_, {});
}

void JoinPool::work() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
      if (ending_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    const auto begin = std::chrono::steady_clock::now();
    JoinReply reply = std::visit(Ask{target_}, job.request);
    const auto end = std::chrono::steady_clock::now();
    {
      const std::lock_guard lock(mutex_);
      done_.push_back({job.member, std::move(reply), begin, end});
    }
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = write(event_, &one, sizeof(one));
  }
}

}  // namespace tutti::bench
