// What every backend does with a SealJob. RFC 3711 §3.1.
#pragma once

#include <algorithm>
#include <cstddef>

#include "tutti/proto/srtp/session.hpp"

namespace tutti::srtp {

inline size_t plain_size(const SealJob& job) { return job.header_size + job.prefix.size() + job.rest.size(); }

// Whether `out` has room, for any suite.
inline bool fits(const SealJob& job) { return plain_size(job) + (job.session ? kMaxOverhead : 0) <= job.out.size(); }

// Puts the prefix behind the header, unless it stands there.
inline void place_prefix(const SealJob& job) {
  uint8_t* text = job.out.data() + job.header_size;
  if (job.prefix.data() != text) std::copy(job.prefix.begin(), job.prefix.end(), text);
}

// Puts the payload, as it is, behind the header.
inline void copy_payload(const SealJob& job) {
  place_prefix(job);
  std::copy(job.rest.begin(), job.rest.end(), job.out.data() + job.header_size + job.prefix.size());
}

}  // namespace tutti::srtp
