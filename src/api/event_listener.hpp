// One open event stream: the queue between the hub, which pushes, and the connection, which takes and writes. Bounded:
// a listener that does not keep up is cut off, and its client comes back with its Last-Event-ID. Control thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tutti/base/ids.hpp"

namespace tutti::api {

class EventListener {
 public:
  using Text = std::shared_ptr<const std::string>;
  static constexpr size_t kMaxQueuedEvents = 2048;
  static constexpr size_t kMaxQueuedBytes = 1 << 20;

  EventListener(RoomId room, std::optional<ParticipantId> participant)
      : room_(std::move(room)), participant_(std::move(participant)) {}

  const RoomId& room() const { return room_; }
  const std::optional<ParticipantId>& participant() const { return participant_; }

  // False once, when this is more than it may hold: it is then cut off. What is pushed to a closed one is ignored.
  bool push(Text text) {
    if (closed_) return true;
    if (!queue_.empty() && (queue_.size() >= kMaxQueuedEvents || queued_bytes_ + text->size() > kMaxQueuedBytes)) {
      cut_off_ = true;
      queue_.clear();
      close();
      return false;
    }
    queued_bytes_ += text->size();
    queue_.push_back(std::move(text));
    wake();
    return true;
  }
  // Ends the stream after what is queued.
  void close() {
    closed_ = true;
    wake();
  }

  // What is queued, run together up to about `max_bytes`; empty if there is nothing.
  std::string take(size_t max_bytes = 64 * 1024) {
    std::string out;
    while (!queue_.empty() && (out.empty() || out.size() + queue_.front()->size() <= max_bytes)) {
      out += *queue_.front();
      queued_bytes_ -= queue_.front()->size();
      queue_.pop_front();
    }
    return out;
  }
  bool finished() const { return closed_ && queue_.empty(); }
  bool closed() const { return closed_; }
  // The stream did not end properly, so the connection is dropped instead of completing the response.
  bool cut_off() const { return cut_off_; }
  // Called whenever there is something to take, or it was closed.
  void on_wake(std::function<void()> wake) { wake_ = std::move(wake); }

 private:
  void wake() {
    if (wake_) wake_();
  }

  RoomId room_;
  std::optional<ParticipantId> participant_;
  std::deque<Text> queue_;
  size_t queued_bytes_ = 0;
  bool closed_ = false;
  bool cut_off_ = false;
  std::function<void()> wake_;
};

}  // namespace tutti::api
