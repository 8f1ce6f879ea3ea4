#include "harness/cost_model.hpp"

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "harness/least_squares.hpp"

namespace tutti::bench {
namespace {

namespace json = boost::json;

template <class T>
struct Term {
  const char* name;
  double T::*member;
};
// The constant last.
constexpr std::array<Term<Work>, 8> kWork = {{{"packets_in_per_s", &Work::packets_in_per_s},
                                              {"packets_out_per_s", &Work::packets_out_per_s},
                                              {"participants", &Work::participants},
                                              {"audio_mixes", &Work::audio_mixes},
                                              {"decoded_mpix_per_s", &Work::decoded_mpix_per_s},
                                              {"composed_mpix_per_s", &Work::composed_mpix_per_s},
                                              {"encoded_mpix_per_s", &Work::encoded_mpix_per_s},
                                              {"constant", &Work::constant}}};
constexpr std::array<Term<Memory>, 4> kMemory = {{{"participants", &Memory::participants},
                                                  {"tracks", &Memory::tracks},
                                                  {"rooms", &Memory::rooms},
                                                  {"constant", &Memory::constant}}};

template <class T, size_t N>
double sum(const std::array<Term<T>, N>& terms, const T& a, const T& b) {
  double total = 0;
  for (const auto& term : terms) total += a.*term.member * b.*term.member;
  return total;
}

template <class T, size_t N>
double fit(const std::array<Term<T>, N>& terms, const std::vector<T>& amounts, const std::vector<double>& costs,
           T& out) {
  std::vector<std::vector<double>> rows;
  for (const T& amount : amounts) {
    auto& row = rows.emplace_back();
    for (const auto& term : terms) row.push_back(amount.*term.member);
  }
  const Fit result = fit_non_negative(rows, costs, static_cast<int>(N) - 1);
  for (size_t j = 0; j < N; ++j) out.*terms[j].member = result.coefficients[j];
  return result.residual;
}

Work work_of(const Step& s) {
  return {.packets_in_per_s = s.packets_in_per_s,
          .packets_out_per_s = s.packets_out_per_s,
          .participants = static_cast<double>(s.participants),
          .audio_mixes = s.audio_mixes,
          .decoded_mpix_per_s = s.decoded_mpix_per_s,
          .composed_mpix_per_s = s.composed_mpix_per_s,
          .encoded_mpix_per_s = s.encoded_mpix_per_s,
          .constant = 1};
}

Memory memory_of(const Step& s) {
  return {.participants = static_cast<double>(s.participants),
          .tracks = static_cast<double>(s.tracks),
          .rooms = static_cast<double>(s.rooms),
          .constant = 1};
}

// Six digits are more than any of it is known to.
std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.6g", value);
  return text;
}

template <class T, size_t N>
std::string fields(const std::array<Term<T>, N>& terms, const T& values) {
  std::string out;
  for (const auto& term : terms) {
    out += std::string(out.empty() ? "" : ",") + "\n    \"" + term.name + "\": " + number(values.*term.member);
  }
  return "{" + out + "\n  }";
}

template <class T, size_t N>
bool read_fields(const json::object& file, const char* key, const std::array<Term<T>, N>& terms, T& out) {
  const json::value* found = file.if_contains(key);
  const json::object* object = found != nullptr ? found->if_object() : nullptr;
  if (object == nullptr) return false;
  for (const auto& term : terms) {
    const json::value* value = object->if_contains(term.name);
    boost::system::error_code error;
    const double number = value != nullptr ? value->to_number<double>(error) : -1;
    if (value == nullptr || error || number < 0) return false;
    out.*term.member = number;
  }
  return true;
}

std::string text_of(const json::object& file, const char* key) {
  const json::value* found = file.if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

}  // namespace

double CostModel::cores_of(const Work& work) const { return sum(kWork, cpu_cores, work); }
double CostModel::bytes_of(const Memory& amounts) const { return sum(kMemory, memory_bytes, amounts); }

Result<CostModel> fit_cost_model(const std::vector<Report>& reports) {
  CostModel model;
  std::vector<Work> work;
  std::vector<Memory> memory;
  std::vector<double> cores, bytes;
  for (const Report& report : reports) {
    for (const Step& step : report.steps) {
      if (!step.invalid.empty()) continue;
      work.push_back(work_of(step));
      cores.push_back(step.cpu_cores);
      memory.push_back(memory_of(step));
      bytes.push_back(step.rss_kib * 1024);
    }
    model.machine = report.facts.machine;
    model.commit = report.facts.commit;
    model.date = std::max(model.date, report.facts.date);
    if (model.suite.empty()) model.suite = report.suite;
  }
  if (work.empty()) return invalid("there is no valid step in these results to fit a model to");
  model.residual_cpu_cores = fit(kWork, work, cores, model.cpu_cores);
  fit(kMemory, memory, bytes, model.memory_bytes);
  return model;
}

std::string to_json(const CostModel& model) {
  const auto text = [](const std::string& value) { return json::serialize(json::string(value)); };
  return "{\n  \"schema\": " + std::to_string(CostModel::kSchema) + ",\n  \"machine\": " + text(model.machine) +
         ",\n  \"commit\": " + text(model.commit) + ",\n  \"date\": " + text(model.date) +
         ",\n  \"suite\": " + text(model.suite) + ",\n  \"cpu_cores\": " + fields(kWork, model.cpu_cores) +
         ",\n  \"memory_bytes\": " + fields(kMemory, model.memory_bytes) +
         ",\n  \"residual\": {\"cpu_cores\": " + number(model.residual_cpu_cores) + "}\n}\n";
}

Result<CostModel> cost_model_from_json(const std::string& text) {
  boost::system::error_code error;
  const json::value file = json::parse(text, error);
  if (error) return invalid("is no JSON: " + error.message());
  const json::object* object = file.if_object();
  const json::value* schema = object != nullptr ? object->if_contains("schema") : nullptr;
  if (schema == nullptr || *schema != CostModel::kSchema) {
    return invalid("is no cost model of schema " + std::to_string(CostModel::kSchema));
  }
  CostModel model;
  if (!read_fields(*object, "cpu_cores", kWork, model.cpu_cores) ||
      !read_fields(*object, "memory_bytes", kMemory, model.memory_bytes)) {
    return invalid("lacks a coefficient, or has a negative one");
  }
  model.machine = text_of(*object, "machine");
  model.commit = text_of(*object, "commit");
  model.date = text_of(*object, "date");
  model.suite = text_of(*object, "suite");
  const json::value* residual = object->if_contains("residual");
  const json::value* cores =
      residual != nullptr && residual->is_object() ? residual->get_object().if_contains("cpu_cores") : nullptr;
  if (cores != nullptr && cores->is_number()) model.residual_cpu_cores = cores->to_number<double>();
  return model;
}

}  // namespace tutti::bench
