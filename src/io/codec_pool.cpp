#include "tutti/io/codec_pool.hpp"

#include <pthread.h>
#include <sys/resource.h>

#include "tutti/io/load_probe.hpp"

namespace tutti::io {

CodecPool::CodecPool(uint32_t threads) {
  for (uint32_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this, i] {
      pthread_setname_np(pthread_self(), ("tutti-c" + std::to_string(i)).c_str());
      // Linux has a nice value for each thread. A picture may wait for a packet, never the other way round.
      setpriority(PRIO_PROCESS, 0, 5);
      work();
    });
  }
}

CodecPool::~CodecPool() { stop(); }

void CodecPool::run(std::unique_ptr<room::Job> job, const Sink& done) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    queue_.push_back({std::move(job), &done});
  }
  wake_.notify_one();
}

void CodecPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    queue_.clear();
  }
  wake_.notify_all();
  for (std::thread& t : threads_) {
    if (t.joinable()) t.join();
  }
}

size_t CodecPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void CodecPool::work() {
  TimeDelta used = thread_cpu_time();
  for (;;) {
    Item item;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      item = std::move(queue_.front());
      queue_.pop_front();
    }
    item.job->run();
    (*item.done)(std::move(item.job));
    const TimeDelta before = std::exchange(used, thread_cpu_time());
    cpu_us_.fetch_add((used - before).us(), std::memory_order_relaxed);
  }
}

}  // namespace tutti::io
