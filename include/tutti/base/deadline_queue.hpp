// DeadlineQueue<T>: who wants to be called when, earliest first. Each owner keeps a Handle in itself; setting it again
// moves it, destroying it removes it; either may be destroyed first. A binary heap with positions: set is O(log n),
// next is O(1). One worker's thread.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "tutti/base/units.hpp"

namespace tutti {

template <class T>
class DeadlineQueue {
 public:
  class Handle {
   public:
    explicit Handle(T& owner) : owner_(&owner) {}
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() {
      if (queue_) queue_->remove(*this);
    }
    Timestamp at() const { return at_; }

   private:
    friend class DeadlineQueue;
    T* owner_;
    DeadlineQueue* queue_ = nullptr;
    size_t index_ = 0;
    Timestamp at_ = Timestamp::never();
  };

  DeadlineQueue() = default;
  DeadlineQueue(const DeadlineQueue&) = delete;
  DeadlineQueue& operator=(const DeadlineQueue&) = delete;
  ~DeadlineQueue() {
    for (Handle* handle : heap_) handle->queue_ = nullptr;
  }

  // never() takes it out. A handle is in one queue at a time: setting it in another one moves it there.
  void set(Handle& handle, Timestamp at) {
    if (handle.queue_ && (handle.queue_ != this || at == Timestamp::never())) handle.queue_->remove(handle);
    if (at == Timestamp::never()) return;
    if (!handle.queue_) {
      handle.queue_ = this;
      handle.index_ = heap_.size();
      heap_.push_back(&handle);
    }
    handle.at_ = at;
    sift_up(handle.index_);
    sift_down(handle.index_);
  }
  Timestamp next() const { return heap_.empty() ? Timestamp::never() : heap_.front()->at_; }
  // Takes out the earliest owner that is due, null if none is.
  T* pop_due(Timestamp now) {
    if (heap_.empty() || next() > now) return nullptr;
    Handle& first = *heap_.front();
    remove(first);
    return first.owner_;
  }

 private:
  void remove(Handle& handle) {
    const size_t at = handle.index_;
    place(at, heap_.back());
    heap_.pop_back();
    handle.queue_ = nullptr;
    handle.at_ = Timestamp::never();
    if (at < heap_.size()) {
      sift_up(at);
      sift_down(at);
    }
  }
  void place(size_t i, Handle* h) {
    heap_[i] = h;
    h->index_ = i;
  }
  void exchange(size_t a, size_t b) {
    Handle* first = heap_[a];
    place(a, heap_[b]);
    place(b, first);
  }
  void sift_up(size_t i) {
    for (; i > 0 && heap_[i]->at_ < heap_[(i - 1) / 2]->at_; i = (i - 1) / 2) exchange(i, (i - 1) / 2);
  }
  void sift_down(size_t i) {
    for (;;) {
      size_t least = i;
      for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < heap_.size(); ++child) {
        if (heap_[child]->at_ < heap_[least]->at_) least = child;
      }
      if (least == i) return;
      exchange(i, least);
      i = least;
    }
  }

  std::vector<Handle*> heap_;
};

}  // namespace tutti
