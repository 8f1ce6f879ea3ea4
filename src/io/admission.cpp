#include "tutti/io/admission.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "tutti/base/log.hpp"

namespace tutti::io {
namespace {

// Until so many are there, what one costs is taken from the cost model as much as from them: the first one's handshake
// is no mean.
constexpr double kPriorParticipants = 10;
// Who sends a voice and hears one: the least that a participant does.
const Workload kOneParticipant = {.packets_in_per_s = 50, .packets_out_per_s = 50, .participants = 1};
// Differences of load below it say nothing about where a room should go.
constexpr double kPlacementStep = 0.05;

std::string two_digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value < 0.1 ? "%.2g" : "%.2f", value);
  return text;
}

}  // namespace

Admission::Admission(AdmissionConfig config, const CostModel& model, Capacity capacity, size_t workers)
    : config_(config),
      capacity_(capacity),
      constant_cores_(model.cpu.constant),
      one_participant_cores_(model.added_cores(kOneParticipant)),
      workers_(workers) {}

void Admission::update(Timestamp now, std::span<const WorkerLoad> workers, double process_cores, double codec_cores) {
  for (size_t i = 0; i < workers_.size(); ++i) workers_[i].load = workers[i];
  process_cores_ = process_cores;
  codec_cores_ = codec_cores;
  // Whether or not somebody asks, so that the log says when it began and when it was over.
  for (uint32_t i = 0; i < workers_.size(); ++i) (void)check(now, i, true);
}

Result<void> Admission::check(Timestamp now, uint32_t worker, bool composes) {
  if (config_.limit == 0) return {};
  if (auto ok = pass(node_gate_, "this server", node(now).load()); !ok) return ok;
  if (auto ok = pass(workers_[worker].gate, "worker " + std::to_string(worker), this->worker(now, worker).load()); !ok)
    return ok;
  return composes ? pass(codec_gate_, "the codec pool", codecs()) : Result<void>();
}

Result<void> Admission::pass(Gate& gate, const std::string& whose, double load) {
  const bool was_closed = gate.closed;
  const bool admits = gate.admits(load, config_.limit);
  if (was_closed != gate.closed) {
    log(admits ? LogLevel::kInfo : LogLevel::kWarn,
        admits ? "new participants are let in again" : "overloaded: no new participants",
        {{"of", whose}, {"load", two_digits(load)}, {"limit", two_digits(config_.limit)}});
  }
  if (admits) return {};
  return Error{ErrorKind::kUnavailable,
               "overloaded",
               "no new participants: the load of " + whose + " is " + two_digits(load) + ", the limit " +
                   two_digits(config_.limit) + " (admission.limit); they are let in again at " +
                   two_digits(kReopen * config_.limit),
               {}};
}

void Admission::on_join_ended(Timestamp now, uint32_t worker, bool joined) {
  --workers_[worker].joining;
  if (joined) workers_[worker].joined.add(now);
}

double Admission::reserved_cores(Timestamp now, const OneWorker& worker) const {
  const double mean = (worker.load.load() + kPriorParticipants * one_participant_cores_) /
                      (worker.load.participants + kPriorParticipants);
  return (worker.joining + worker.joined.weight(now)) * mean;
}

LoadFigures Admission::worker(Timestamp now, uint32_t index) const {
  const OneWorker& w = workers_[index];
  return {w.load.measured / capacity_.worker, w.load.expected / capacity_.worker,
          reserved_cores(now, w) / capacity_.worker};
}

LoadFigures Admission::node(Timestamp now) const {
  double expected = constant_cores_, reserved = 0;
  for (const OneWorker& w : workers_) {
    expected += w.load.expected + w.load.expected_pictures;
    reserved += reserved_cores(now, w);
  }
  return {process_cores_ / capacity_.node, expected / capacity_.node, reserved / capacity_.node};
}

uint32_t Admission::place(Timestamp now, std::span<const size_t> rooms) {
  double cores = 0, all_rooms = 0;
  for (size_t i = 0; i < workers_.size(); ++i) {
    cores += workers_[i].load.load();
    all_rooms += static_cast<double>(rooms[i]);
  }
  const double one_room = all_rooms > 0 ? cores / all_rooms : 0;
  const auto rank = [&](uint32_t i) {
    const double load = worker(now, i).load() + workers_[i].placed.weight(now) * one_room / capacity_.worker;
    return std::pair(std::floor(load / kPlacementStep), rooms[i]);
  };
  uint32_t best = 0;
  for (uint32_t i = 1; i < workers_.size(); ++i) {
    if (rank(i) < rank(best)) best = i;
  }
  workers_[best].placed.add(now);
  return best;
}

}  // namespace tutti::io
