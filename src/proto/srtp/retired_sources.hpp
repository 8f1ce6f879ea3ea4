// SSRCs that a session has received from and given up. Their replay lists are gone, and RFC 3711 §3.3.2 asks for those as long
// as the key lives: so nothing is opened under them again, or a recorded packet would be taken twice, and a stream that a
// replay had put an end to would never be heard again. The last 64 are remembered; a sender seldom has a second.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>

#include "tutti/base/ids.hpp"

namespace tutti::srtp {

class RetiredSources {
 public:
  static constexpr size_t kMost = 64;

  bool contains(Ssrc ssrc) const {
    return ring_ && std::find(ring_->begin(), ring_->begin() + static_cast<std::ptrdiff_t>(std::min(count_, kMost)), ssrc) !=
                        ring_->begin() + static_cast<std::ptrdiff_t>(std::min(count_, kMost));
  }
  void add(Ssrc ssrc) {
    if (contains(ssrc)) return;
    if (!ring_) ring_ = std::make_unique<std::array<Ssrc, kMost>>();
    (*ring_)[count_++ % kMost] = ssrc;
  }

 private:
  std::unique_ptr<std::array<Ssrc, kMost>> ring_;  // none in most sessions
  size_t count_ = 0;                               // ever added
};

}  // namespace tutti::srtp
