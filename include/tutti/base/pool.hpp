// Pool<T>: objects of one worker, taken and given back without the allocator, counted without atomics. Ref<T> is the
// counted reference; the last one returns the object to its pool. Nothing here crosses a thread, and the pool must outlive
// its references. T is default-constructed once and reused: whoever acquires it resets what it reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace tutti {

template <class T>
class Pool;

template <class T>
class Ref {
 public:
  Ref() = default;
  Ref(const Ref& o) : node_(o.node_) {
    if (node_) ++node_->refs;
  }
  Ref(Ref&& o) noexcept : node_(std::exchange(o.node_, nullptr)) {}
  Ref& operator=(Ref o) noexcept {
    std::swap(node_, o.node_);
    return *this;
  }
  ~Ref() { reset(); }

  explicit operator bool() const { return node_ != nullptr; }
  T& operator*() const { return node_->value; }
  T* operator->() const { return &node_->value; }
  void reset() {
    if (node_ && --node_->refs == 0) node_->pool->give_back(node_);
    node_ = nullptr;
  }

 private:
  friend class Pool<T>;
  struct Node {
    T value{};
    Pool<T>* pool = nullptr;
    Node* next_free = nullptr;
    uint32_t refs = 0;
  };
  explicit Ref(Node* n) : node_(n) { ++n->refs; }
  Node* node_ = nullptr;
};

template <class T>
class Pool {
 public:
  // Grows by `slab` objects at a time up to `max_objects`.
  explicit Pool(size_t max_objects, size_t slab = 256) : max_(max_objects), slab_(slab) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // A free object, or an empty Ref if all `max_objects` are in use.
  Ref<T> acquire() {
    if (!free_ && !grow()) return {};
    auto* node = std::exchange(free_, free_->next_free);
    ++in_use_;
    return Ref<T>(node);
  }
  size_t in_use() const { return in_use_; }
  size_t capacity() const { return capacity_; }

 private:
  friend class Ref<T>;
  using Node = typename Ref<T>::Node;
  bool grow() {
    const size_t n = capacity_ + slab_ <= max_ ? slab_ : max_ - capacity_;
    if (n == 0) return false;
    slabs_.push_back(std::make_unique<Node[]>(n));
    for (size_t i = 0; i < n; ++i) {
      slabs_.back()[i].pool = this;
      slabs_.back()[i].next_free = std::exchange(free_, &slabs_.back()[i]);
    }
    capacity_ += n;
    return true;
  }
  void give_back(Node* node) {
    node->next_free = std::exchange(free_, node);
    --in_use_;
  }

  size_t max_, slab_;
  size_t capacity_ = 0, in_use_ = 0;
  Node* free_ = nullptr;
  std::vector<std::unique_ptr<Node[]>> slabs_;
};

}  // namespace tutti
