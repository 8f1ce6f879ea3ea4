// fit and size.
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

#include "harness/commands.hpp"
#include "harness/fit.hpp"
#include "harness/measure.hpp"
#include "harness/report.hpp"
#include "harness/scenario.hpp"
#include "harness/sizing.hpp"
#include "tutti/app/cost_model_file.hpp"

namespace tutti::bench {
namespace {

Result<std::string> read_text(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return invalid(file + ": " + std::strerror(errno));
  return std::string{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

Result<std::vector<Report>> read_reports(const std::vector<std::string>& files) {
  std::vector<Report> all;
  for (const std::string& file : files) {
    const auto text = read_text(file);
    if (!text) return text.error();
    auto reports = reports_from_json(*text);
    if (!reports) return invalid(file + " " + reports.error().detail);
    all.insert(all.end(), reports->begin(), reports->end());
  }
  return all;
}

}  // namespace

int fit_model(const CommandLine& line) {
  const auto reports = read_reports(line.operands);
  if (!reports) return fail(reports.error().detail);
  const auto model = fit_cost_model(*reports);
  if (!model) return fail(model.error().detail);
  size_t steps = 0;
  for (const Report& report : *reports) steps += report.steps.size();
  std::cerr << reports->size() << " results, " << steps
            << " steps; what the model leaves unexplained: " << figure(model->residual.cpu_cores, 4)
            << " cores (root of the mean square)\n";
  const std::string text = app::print_cost_model(*model);
  if (line.json.empty()) {
    std::cout << text;
    return kExitGood;
  }
  std::ofstream out(line.json);
  out << text;
  out.close();
  return out ? kExitGood : fail(line.json + " cannot be written");
}

int size_fleet(const CommandLine& line) {
  const auto loaded = app::load_cost_model(line.model);
  if (const auto* errors = std::get_if<app::ConfigErrors>(&loaded)) {
    return fail(errors->front().str() + "; tutti-bench fit writes a model");
  }
  const auto& model = std::get<io::CostModel>(loaded);
  const auto scenario = find_scenario(line.scenario);
  if (!scenario) return fail(scenario.error().detail, kExitUsage);
  const Scenario shape = line.load ? scenario->at(*line.load) : *scenario;
  const Demand room = demand_of_room(shape);
  const Node node{.cores = line.cores, .gbit = line.gbit, .memory_gib = line.memory_gib, .limit = line.limit};
  const Sizing sizing = nodes_for(model, room, *line.rooms, node);

  std::cout << "model:       " << model.machine << ", commit " << model.commit << ", " << model.date << "\n"
            << "room:        " << shape.name << ", " << figure(room.work.participants) << " people, "
            << figure(room.work.packets_out_per_s) << " packets/s and " << figure(room.egress_bits_per_s / 1e6, 1)
            << " Mbit/s out, " << figure(sizing.room_cores, 4) << " cores\n";
  if (sizing.rooms_per_node == 0) {
    return fail("one such room is more than a node bears (" + sizing.scarce + "): larger nodes, or smaller rooms");
  }
  std::cout << "a node:      " << figure(static_cast<double>(sizing.rooms_per_node)) << " rooms at "
            << figure(node.limit * 100) << " %, bounded by " << sizing.scarce
            << "; a full one: " << figure(sizing.cores, 2) << " of " << node.cores << " cores, "
            << figure(sizing.gbit, 2) << " of " << figure(node.gbit, 1) << " Gbit/s out, "
            << figure(sizing.memory_gib, 2) << " of " << figure(node.memory_gib, 1) << " GiB\n"
            << "nodes:       " << sizing.nodes << " for " << figure(*line.rooms) << " rooms, " << sizing.nodes + 1
            << " with one to spare\n"
            << "in all:      " << figure(room.egress_bits_per_s * *line.rooms / 1e9, 2) << " Gbit/s out, "
            << figure(room.work.participants * *line.rooms) << " people\n";
  // A room stays on one worker, whose thread is one core; codecs have threads of their own.
  if (sizing.room_cores > node.limit && shape.mode == "sfu") {
    std::cout << "note:        a room lives on one worker, that is one core: one such room is too much for it\n";
  }
  return kExitGood;
}

}  // namespace tutti::bench
