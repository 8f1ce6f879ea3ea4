// CostModel: what a daemon's work costs, linear in what it has to do; fitted over measured steps, written to
// config/cost-model.json, read there by the daemon's admission control and by `tutti-bench size`.
#pragma once

#include <string>
#include <vector>

#include "harness/result.hpp"
#include "tutti/base/result.hpp"

namespace tutti::bench {

// What a server has to do, in the model's terms. As a workload the values are amounts; as `cpu_cores` of a model they
// are the cores that one of each costs.
struct Work {
  double packets_in_per_s = 0, packets_out_per_s = 0, participants = 0;
  double audio_mixes = 0;  // encoders of mixed sound at work
  double decoded_mpix_per_s = 0, composed_mpix_per_s = 0, encoded_mpix_per_s = 0;
  double constant = 0;  // 1 of a workload
};
struct Memory {
  double participants = 0, tracks = 0, rooms = 0, constant = 0;  // bytes for each
};

struct CostModel {
  static constexpr int kSchema = 1;
  std::string machine, commit, date, suite;
  Work cpu_cores;
  Memory memory_bytes;
  double residual_cpu_cores = 0;

  double cores_of(const Work& work) const;
  double bytes_of(const Memory& amounts) const;
};

// Over the valid steps of the reports. An error says that there are none.
[[nodiscard]] Result<CostModel> fit_cost_model(const std::vector<Report>& reports);
std::string to_json(const CostModel& model);
[[nodiscard]] Result<CostModel> cost_model_from_json(const std::string& text);

}  // namespace tutti::bench
