// DrawingCache: what was drawn for (name, width, height), least recently used out first. Bounded by bytes, so that
// names which come and go take no memory for ever. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <tuple>
#include <utility>

namespace tutti::video {

struct DrawingKey {
  std::string name;
  uint32_t width = 0, height = 0;
  auto operator<=>(const DrawingKey&) const = default;
};

template <class Drawing>
class DrawingCache {
 public:
  explicit DrawingCache(size_t max_bytes) : max_bytes_(max_bytes) {}

  // `draw` returns the drawing and its size in bytes. The reference holds until the next call.
  template <class Draw>
  const Drawing& get(const DrawingKey& key, Draw&& draw) {
    if (auto known = index_.find(key); known != index_.end()) {
      entries_.splice(entries_.begin(), entries_, known->second);
      return known->second->drawing;
    }
    auto [drawing, bytes] = draw();
    while (!entries_.empty() && bytes_ + bytes > max_bytes_) {
      bytes_ -= entries_.back().bytes;
      index_.erase(entries_.back().key);
      entries_.pop_back();
    }
    entries_.push_front({key, std::move(drawing), bytes});
    index_[key] = entries_.begin();
    bytes_ += bytes;
    return entries_.front().drawing;
  }

  size_t size() const { return entries_.size(); }
  size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    DrawingKey key;
    Drawing drawing;
    size_t bytes = 0;
  };
  size_t max_bytes_;
  size_t bytes_ = 0;
  std::list<Entry> entries_;
  std::map<DrawingKey, typename std::list<Entry>::iterator> index_;
};

}  // namespace tutti::video
