#include "tutti/io/cost_model.hpp"

namespace tutti::io {

using W = Workload;
using Cpu = CostModel::Cpu;
using Memory = CostModel::Memory;

const std::array<CpuTerm, 7> kCpuTerms = {{{"packets_in_per_s", &W::packets_in_per_s, &Cpu::packets_in_per_s},
                                           {"packets_out_per_s", &W::packets_out_per_s, &Cpu::packets_out_per_s},
                                           {"participants", &W::participants, &Cpu::participants},
                                           {"audio_mixes", &W::audio_mixes, &Cpu::audio_mixes},
                                           {"decoded_mpix_per_s", &W::decoded_mpix_per_s, &Cpu::decoded_mpix_per_s},
                                           {"composed_mpix_per_s", &W::composed_mpix_per_s, &Cpu::composed_mpix_per_s},
                                           {"encoded_mpix_per_s", &W::encoded_mpix_per_s, &Cpu::encoded_mpix_per_s}}};

const std::array<MemoryTerm, 3> kMemoryTerms = {{{"participants", &W::participants, &Memory::participants},
                                                 {"tracks", &W::tracks, &Memory::tracks},
                                                 {"rooms", &W::rooms, &Memory::rooms}}};

Workload& Workload::operator+=(const Workload& o) {
  for (const CpuTerm& term : kCpuTerms) this->*term.quantity += o.*term.quantity;
  tracks += o.tracks;
  rooms += o.rooms;
  return *this;
}

Workload Workload::without_pictures() const {
  Workload rest = *this;
  rest.decoded_mpix_per_s = rest.composed_mpix_per_s = rest.encoded_mpix_per_s = 0;
  return rest;
}

double CostModel::added_cores(const Workload& work) const {
  double cores = 0;
  for (const CpuTerm& term : kCpuTerms) cores += work.*term.quantity * cpu.*term.cost;
  return cores;
}

double CostModel::memory_bytes(const Workload& work) const {
  double bytes = memory.constant;
  for (const MemoryTerm& term : kMemoryTerms) bytes += work.*term.quantity * memory.*term.cost;
  return bytes;
}

}  // namespace tutti::io
