// JoinPool: threads that ask the server to let people in or out while the event loop goes on. What they answer is taken
// by the thread that owns the pool, which an event descriptor wakes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "harness/target.hpp"

namespace tutti::bench {

struct LeaveRequest {
  std::string room, id;
};
using JoinRequest = std::variant<KeyedJoin, WebrtcJoin, LeaveRequest>;
using JoinReply = std::variant<Result<KeyedJoined>, Result<std::string>, Result<void>>;

class JoinPool {
 public:
  struct Done {
    size_t member = 0;
    JoinReply reply;
    std::chrono::steady_clock::time_point begin, end;  // of the request itself
  };

  JoinPool(Target& target, uint32_t threads);
  // Waits for requests that are under way, and drops the others.
  ~JoinPool();
  JoinPool(const JoinPool&) = delete;
  JoinPool& operator=(const JoinPool&) = delete;

  // `member`: given back with the reply.
  void submit(size_t member, JoinRequest request);
  // Readable while there is something to take.
  int event_fd() const { return event_; }
  std::vector<Done> take();

 private:
  struct Job {
    size_t member = 0;
    JoinRequest request;
  };
  void work();

  Target& target_;
  int event_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  std::vector<Done> done_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace tutti::bench
