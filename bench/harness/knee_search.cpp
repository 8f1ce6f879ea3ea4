#include "harness/knee_search.hpp"

#include <algorithm>

namespace tutti::bench {

KneeSearch::KneeSearch(uint32_t start, uint32_t max, double resolution)
    : max_(std::max(max, 1u)), resolution_(resolution), current_(std::clamp(start, 1u, max_)) {}

std::optional<uint32_t> KneeSearch::next() const { return over_ ? std::nullopt : std::optional(current_); }

void KneeSearch::report(Verdict verdict) {
  if (over_) return;
  if (verdict == Verdict::kHolds) {
    holds_ = current_;
  } else if (!second_try_) {
    second_try_ = true;
    invalid_once_ = verdict == Verdict::kInvalid;
    return;
  } else {
    above_ = current_;
    // Of two tries one that was measured well says that the server, too, was at its end.
    above_invalid_ = invalid_once_ && verdict == Verdict::kInvalid;
  }
  second_try_ = false;
  advance();
}

void KneeSearch::advance() {
  if (!above_) {
    over_ = current_ == max_;
    current_ = current_ > max_ / 2 ? max_ : current_ * 2;
  } else if (!holds_) {
    over_ = *above_ == 1;
    current_ = std::max(*above_ / 2, 1u);
  } else {
    const uint32_t gap = *above_ - *holds_;
    over_ = gap <= std::max(1u, static_cast<uint32_t>(resolution_ * static_cast<double>(*holds_)));
    current_ = *holds_ + gap / 2;
  }
}

}  // namespace tutti::bench
