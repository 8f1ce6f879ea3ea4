// Actor: whoever acts when its time comes. EventLoop: virtual time for actors that need no room around them; World is
// the other one.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "tutti/base/units.hpp"

namespace tutti::test {

class Actor {
 public:
  virtual ~Actor() = default;
  virtual Timestamp next_deadline() const = 0;
  virtual void handle_deadline(Timestamp now) = 0;
};

class EventLoop {
 public:
  Timestamp now() const { return now_; }
  void attach(Actor& actor) { actors_.push_back(&actor); }
  void run_until(Timestamp end) {
    while (true) {
      Timestamp next = Timestamp::never();
      for (const Actor* a : actors_) next = std::min(next, a->next_deadline());
      if (next > end) break;
      stalled_ = next > now_ ? 0 : stalled_ + 1;
      if (stalled_ > 10'000) throw std::logic_error("time stands still");
      now_ = std::max(now_, next);
      for (Actor* a : actors_) {
        if (a->next_deadline() <= now_) a->handle_deadline(now_);
      }
    }
    now_ = end;
  }

 private:
  Timestamp now_ = Timestamp::from_ms(1000);
  unsigned stalled_ = 0;
  std::vector<Actor*> actors_;
};

}  // namespace tutti::test
