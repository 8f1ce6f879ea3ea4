#include "media/jitter/playout_buffer.hpp"

#include <algorithm>

namespace tutti::jitter {
namespace {

constexpr TimeDelta kLongestPacket = TimeDelta::millis(120);

int16_t mix(int16_t from, int16_t to, size_t position, size_t length) {
  const auto p = static_cast<int64_t>(position), n = static_cast<int64_t>(length);
  return static_cast<int16_t>((from * (n - p) + to * p) / n);
}

}  // namespace

PlayoutBuffer::PlayoutBuffer(audio::AudioFormat format)
    : format_(format),
      history_size_(format.samples(kHistory) * format.channels),
      packet_size_(format.samples(kLongestPacket) * format.channels),
      data_(history_size_ + 3 * packet_size_),
      fade_(history_size_),
      begin_(history_size_),
      end_(history_size_) {}

std::span<int16_t> PlayoutBuffer::room() {
  if (data_.size() - end_ < packet_size_) compact();
  return std::span(data_).subspan(end_, std::min(packet_size_, data_.size() - end_));
}

void PlayoutBuffer::append(size_t samples) { end_ += samples * format_.channels; }

void PlayoutBuffer::take(std::span<int16_t> out) {
  std::copy_n(data_.begin() + static_cast<ptrdiff_t>(begin_), out.size(), out.begin());
  begin_ += out.size();
}

void PlayoutBuffer::discard(size_t samples) { remove(0, std::min(samples, future()), 0); }

void PlayoutBuffer::remove(size_t at, size_t lag, size_t fade) {
  const size_t shift = lag * format_.channels, n = fade * format_.channels;
  int16_t* const x = data_.data() + begin_ + at * format_.channels;
  // Backward, because a fade that is longer than the lag reads what it has not written yet.
  for (size_t i = n; i-- > 0;) x[shift + i] = mix(x[i], x[shift + i], i / format_.channels, fade);
  std::copy_backward(data_.data() + begin_ - history_size_, x, x + shift);
  begin_ += shift;
}

void PlayoutBuffer::repeat(size_t lag, size_t fade) {
  if (data_.size() - end_ < packet_size_) compact();
  const size_t shift = lag * format_.channels, n = fade * format_.channels;
  int16_t* const x = data_.data() + begin_;
  for (size_t i = 0; i < n; ++i) fade_[i] = mix(x[i], *(x + i - shift), i / format_.channels, fade);
  std::copy_backward(x + n - shift, data_.data() + end_, data_.data() + end_ + shift);
  std::copy_n(fade_.begin(), n, x);
  end_ += shift;
}

void PlayoutBuffer::compact() {
  const size_t shift = begin_ - history_size_;
  std::copy(data_.begin() + static_cast<ptrdiff_t>(shift), data_.begin() + static_cast<ptrdiff_t>(end_), data_.begin());
  begin_ -= shift;
  end_ -= shift;
}

}  // namespace tutti::jitter
