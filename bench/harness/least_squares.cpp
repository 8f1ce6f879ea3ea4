#include "harness/least_squares.hpp"

#include <algorithm>
#include <cmath>

namespace tutti::bench {
namespace {

constexpr int kMaxSweeps = 200'000;
constexpr double kSmallStep = 1e-13;
// A share of the largest one below which a coefficient is what rounding left.
constexpr double kNothing = 1e-9;

}  // namespace

// Coordinate descent on the normal equations of columns scaled to length 1: each coefficient in turn takes its best
// value, or 0. That converges for any such matrix (Franc, Hlavac, Navara, "Sequential coordinate-wise algorithm for the
// non-negative least squares problem", CAIP 2005), and for a handful of columns it is quick.
Fit fit_non_negative(const std::vector<std::vector<double>>& rows, const std::vector<double>& b, int constant) {
  Fit fit;
  const size_t n = rows.empty() ? 0 : rows[0].size();
  fit.coefficients.assign(n, 0);
  std::vector<double> scale(n, 0);
  for (size_t j = 0; j < n; ++j) {
    const bool varies = std::any_of(rows.begin(), rows.end(), [&](const auto& row) { return row[j] != rows[0][j]; });
    if (!varies && static_cast<int>(j) != constant) continue;
    for (const auto& row : rows) scale[j] += row[j] * row[j];
    scale[j] = std::sqrt(scale[j]);
  }

  std::vector<std::vector<double>> gram(n, std::vector<double>(n, 0));
  std::vector<double> slope(n, 0);  // of |A x - b|^2 / 2 at x, scaled
  for (size_t j = 0; j < n; ++j) {
    if (scale[j] == 0) continue;
    for (size_t i = 0; i < rows.size(); ++i) slope[j] -= rows[i][j] / scale[j] * b[i];
    for (size_t k = 0; k < n; ++k) {
      if (scale[k] == 0) continue;
      for (const auto& row : rows) gram[j][k] += row[j] / scale[j] * (row[k] / scale[k]);
    }
  }

  std::vector<double> x(n, 0);
  for (int sweep = 0; sweep < kMaxSweeps; ++sweep) {
    double largest = 0;
    for (size_t j = 0; j < n; ++j) {
      if (scale[j] == 0) continue;
      const double better = std::max(0.0, x[j] - slope[j]);  // gram[j][j] is 1
      const double step = better - x[j];
      if (step == 0) continue;
      x[j] = better;
      for (size_t k = 0; k < n; ++k) slope[k] += step * gram[k][j];
      largest = std::max(largest, std::abs(step));
    }
    if (largest < kSmallStep) break;
  }

  const double largest = n == 0 ? 0 : *std::max_element(x.begin(), x.end());
  for (size_t j = 0; j < n; ++j) {
    if (x[j] > largest * kNothing) fit.coefficients[j] = x[j] / scale[j];
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    double left = b[i];
    for (size_t j = 0; j < n; ++j) left -= fit.coefficients[j] * rows[i][j];
    fit.residual += left * left;
  }
  if (!rows.empty()) fit.residual = std::sqrt(fit.residual / static_cast<double>(rows.size()));
  return fit;
}

}  // namespace tutti::bench
