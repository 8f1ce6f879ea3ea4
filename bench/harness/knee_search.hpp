// KneeSearch: which load to try next, and what the tries have shown: doubling up to the first load that does not hold
// (or halving down to the first that does), then bisection. Pure; whoever runs the server reports what came of each
// try.
#pragma once

#include <cstdint>
#include <optional>

namespace tutti::bench {

enum class Verdict : uint8_t {
  kHolds,
  kFails,
  kInvalid,  // the generator was the bottleneck: nothing is known of the server but that the search must go no higher
};

class KneeSearch {
 public:
  // `resolution`: the search ends when the loads on both sides of the knee differ by no more than this share.
  KneeSearch(uint32_t start, uint32_t max, double resolution = 0.03);

  // The load to try now; nothing when the search is over.
  std::optional<uint32_t> next() const;
  // Of the load that `next` gave. A load is tried a second time before it is taken not to hold: one stray moment of
  // this machine should not halve a server.
  void report(Verdict verdict);

  std::optional<uint32_t> knee() const { return holds_; }
  // True if what is above the knee could not be measured, so that the server may hold more.
  bool stopped_by_generator() const { return above_ && above_invalid_; }
  // True if the highest load that may be tried holds.
  bool reached_max() const { return holds_ == max_; }

 private:
  uint32_t max_;
  double resolution_;
  uint32_t current_;
  bool second_try_ = false;
  bool invalid_once_ = false;
  bool over_ = false;
  std::optional<uint32_t> holds_;  // the highest load known to hold
  std::optional<uint32_t> above_;  // the lowest load known not to
  bool above_invalid_ = false;

  void advance();
};

}  // namespace tutti::bench
