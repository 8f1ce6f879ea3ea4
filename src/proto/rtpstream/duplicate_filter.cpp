#include "tutti/proto/rtpstream/duplicate_filter.hpp"

#include <algorithm>

namespace tutti::rtpstream {

bool DuplicateFilter::contains(ExtSeqNum sequence) const {
  if (!highest_ || sequence > *highest_) return false;
  return *highest_ - sequence >= kWindow || seen_.test(index(sequence));
}

bool DuplicateFilter::insert(ExtSeqNum sequence) {
  if (contains(sequence)) return false;
  if (highest_ && sequence > *highest_) {
    // The numbers stepped over take the places of those that leave the window.
    const int64_t steps = std::min(sequence - *highest_, kWindow);
    for (int64_t i = 1; i < steps; ++i) seen_.reset(index(sequence + -i));
  }
  if (!highest_ || sequence > *highest_) highest_ = sequence;
  seen_.set(index(sequence));
  return true;
}

}  // namespace tutti::rtpstream
