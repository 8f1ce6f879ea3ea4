// Least squares with coefficients that are not negative: min |A x - b|, x >= 0. Of resources, none of which can cost
// less than nothing.
#pragma once

#include <vector>

namespace tutti::bench {

struct Fit {
  std::vector<double> coefficients;
  double residual = 0;  // root of the mean square of what is left
};

// `rows` are of one length. A column that never differs from its first value says nothing and gets 0, unless it is
// `constant`, the index of the column of ones (-1: there is none). Without rows everything is 0.
Fit fit_non_negative(const std::vector<std::vector<double>>& rows, const std::vector<double>& b, int constant = -1);

}  // namespace tutti::bench
