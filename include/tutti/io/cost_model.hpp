// CostModel: what a load costs a machine, linear in a few quantities that an operator knows and the daemon counts. The
// same coefficients, fitted by `tutti-bench fit` and kept in config/cost-model.json, give the figures of docs/sizing.md
// and the part of the daemon's load that is expected rather than measured. Plain values; any thread, no clock.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace tutti::io {

// What is to be done, of one worker, of a node or of a fleet.
struct Workload {
  double packets_in_per_s = 0;   // RTP received
  double packets_out_per_s = 0;  // RTP sent: forwarded, mixed and retransmitted
  double participants = 0;
  double audio_mixes = 0;  // encoders of mixed sound at work: in a room where K talk, K+1 for each class of listeners
  double decoded_mpix_per_s = 0, composed_mpix_per_s = 0, encoded_mpix_per_s = 0;  // 10^6 pixels a second
  double tracks = 0, rooms = 0;

  Workload& operator+=(const Workload& o);
  // The same without pictures: what the workers do. The codec threads do the rest.
  Workload without_pictures() const;
};

struct CostModel {
  // Cores for one of each; none is negative.
  struct Cpu {
    double packets_in_per_s = 0, packets_out_per_s = 0, participants = 0, audio_mixes = 0;
    double decoded_mpix_per_s = 0, composed_mpix_per_s = 0, encoded_mpix_per_s = 0;
    double constant = 0;  // of a daemon that nobody uses
    bool operator==(const Cpu&) const = default;
  };
  // Bytes for one of each.
  struct Memory {
    double participants = 0, tracks = 0, rooms = 0;
    double constant = 0;
    bool operator==(const Memory&) const = default;
  };
  // How far the fit is from what it was made of: root of the mean square.
  struct Residual {
    double cpu_cores = 0;
    bool operator==(const Residual&) const = default;
  };

  // Where it was fitted.
  std::string machine, commit, date, suite;
  Cpu cpu;
  Memory memory;
  Residual residual;

  // Of a whole daemon.
  double cpu_cores(const Workload& work) const { return cpu.constant + added_cores(work); }
  // What the work adds to an idle daemon.
  double added_cores(const Workload& work) const;
  double memory_bytes(const Workload& work) const;
  bool operator==(const CostModel&) const = default;
};

// The terms by the names that they have in the file, without the constants.
struct CpuTerm {
  std::string_view name;
  double Workload::*quantity;
  double CostModel::Cpu::*cost;
};
extern const std::array<CpuTerm, 7> kCpuTerms;
struct MemoryTerm {
  std::string_view name;
  double Workload::*quantity;
  double CostModel::Memory::*cost;
};
extern const std::array<MemoryTerm, 3> kMemoryTerms;

}  // namespace tutti::io
