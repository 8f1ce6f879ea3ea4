#include "tutti/io/cost_model.hpp"

#include <catch2/catch.hpp>
#include <vector>

namespace tutti::io {
namespace {

TEST_CASE("a cost is the sum of the quantities by their prices, and of the constant", "[io][load]") {
  CostModel model;
  model.cpu = {1, 10, 100, 1000, 1e4, 1e5, 1e6, 0.5};
  const Workload work{1, 2, 3, 4, 5, 6, 7, 8, 9};
  CHECK(model.added_cores(work) == 7'654'321);
  CHECK(model.cpu_cores(work) == 7'654'321.5);
  CHECK(model.cpu_cores({}) == 0.5);
  model.memory = {100, 10, 1, 0.25};
  CHECK(model.memory_bytes(work) == 300 + 80 + 9 + 0.25);
}

TEST_CASE("workloads add up, and without pictures the rest stays", "[io][load]") {
  const Workload one{1, 2, 3, 4, 5, 6, 7, 8, 9};
  Workload sum = one;
  sum += one;
  const auto values = [](const Workload& w) {
    return std::vector{w.packets_in_per_s,    w.packets_out_per_s,  w.participants, w.audio_mixes, w.decoded_mpix_per_s,
                       w.composed_mpix_per_s, w.encoded_mpix_per_s, w.tracks,       w.rooms};
  };
  CHECK(values(sum) == std::vector<double>{2, 4, 6, 8, 10, 12, 14, 16, 18});
  CHECK(values(one.without_pictures()) == std::vector<double>{1, 2, 3, 4, 0, 0, 0, 8, 9});
}

}  // namespace
}  // namespace tutti::io
