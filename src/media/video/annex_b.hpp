// H.264 access units in Annex B of ITU-T H.264: NAL units behind start codes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tutti::video {

// Calls `each` with every NAL unit, without its start code and without the zeros that may follow it; never with an empty one.
template <class Each>
void for_each_nal(std::span<const uint8_t> unit, Each each) {
  auto give = [&](size_t begin, size_t end) {
    while (end > begin && unit[end - 1] == 0) --end;
    if (end > begin) each(unit.subspan(begin, end - begin));
  };
  std::optional<size_t> begin;
  for (size_t i = 0; i + 3 <= unit.size(); ++i) {
    if (unit[i] != 0 || unit[i + 1] != 0 || unit[i + 2] != 1) continue;
    if (begin) give(*begin, i);
    begin = i + 3;
    i += 2;
  }
  if (begin) give(*begin, unit.size());
}

}  // namespace tutti::video
