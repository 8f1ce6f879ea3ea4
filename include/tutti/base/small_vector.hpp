// SmallVector<T, N>: a std::vector whose first N elements stand in the object itself, for lists that are short in
// steady state and may not allocate there (Boost.Container). Beyond N it allocates.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstddef>

namespace tutti {

template <class T, size_t N>
using SmallVector = boost::container::small_vector<T, N>;

}  // namespace tutti
