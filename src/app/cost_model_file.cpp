#include "tutti/app/cost_model_file.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "app/built_in_cost_model.hpp"
#include "app/text_file.hpp"
#include "app/value_text.hpp"
#include "app/yaml_tree.hpp"

namespace tutti::app {
namespace {

using io::CostModel;
using Kind = YamlNode::Kind;

constexpr int64_t kSchema = 1;
constexpr size_t kMaxText = 1000;

struct Text {
  const char* name;
  std::string CostModel::*member;
};
constexpr Text kTexts[] = {{"machine", &CostModel::machine},
                           {"commit", &CostModel::commit},
                           {"date", &CostModel::date},
                           {"suite", &CostModel::suite}};

// A number of the model by name; the sections of the file are lists of these.
struct Number {
  std::string name;
  double* value;
};
struct Numbers {
  std::string name;
  std::vector<Number> numbers;
};

std::vector<Numbers> sections_of(CostModel& model) {
  std::vector<Numbers> sections = {{"cpu_cores", {}}, {"memory_bytes", {}}, {"residual", {}}};
  for (const io::CpuTerm& t : io::kCpuTerms) sections[0].numbers.push_back({std::string(t.name), &(model.cpu.*t.cost)});
  sections[0].numbers.push_back({"constant", &model.cpu.constant});
  for (const io::MemoryTerm& t : io::kMemoryTerms)
    sections[1].numbers.push_back({std::string(t.name), &(model.memory.*t.cost)});
  sections[1].numbers.push_back({"constant", &model.memory.constant});
  sections[2].numbers.push_back({"cpu_cores", &model.residual.cpu_cores});
  return sections;
}

template <class T>
std::vector<std::string> names_of(const T& all) {
  std::vector<std::string> names;
  for (const auto& one : all) names.emplace_back(one.name);
  return names;
}

class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  std::variant<CostModel, ConfigErrors> read(std::string_view json) {
    const auto parsed = parse_yaml(json);
    if (const auto* error = std::get_if<YamlError>(&parsed)) {
      complain(error->place, "", error->message);
    } else {
      read(std::get<YamlTree>(parsed));
    }
    if (!errors_.empty()) return std::move(errors_);
    return std::move(model_);
  }

 private:
  void read(const YamlTree& tree) {
    std::vector<Numbers> sections = sections_of(model_);
    std::vector<std::string> names = names_of(sections);
    for (const Text& text : kTexts) names.emplace_back(text.name);
    names.emplace_back("schema");
    bool has_schema = false;
    each(tree, tree.root(), "", names, [&](const std::string& key, const YamlNode& value) {
      if (key == "schema") {
        has_schema = true;
        if (value.kind != Kind::kScalar || value.quoted || parse_integer(value.text) != kSchema)
          complain(value.place, key, "another one than this version reads: expected " + std::to_string(kSchema));
        return;
      }
      const auto text =
          std::find_if(std::begin(kTexts), std::end(kTexts), [&](const Text& t) { return t.name == key; });
      if (text != std::end(kTexts)) {
        if (value.kind != Kind::kScalar || value.text.size() > kMaxText)
          return complain(value.place, key, "no text of up to 1000 bytes");
        model_.*text->member = value.text;
        return;
      }
      const auto section =
          std::find_if(sections.begin(), sections.end(), [&](const Numbers& s) { return s.name == key; });
      each(tree, value, key, names_of(section->numbers), [&](const std::string& name, const YamlNode& number) {
        const auto wanted = std::find_if(section->numbers.begin(), section->numbers.end(),
                                         [&](const Number& n) { return n.name == name; });
        const auto read = number.kind == Kind::kScalar && !number.quoted ? parse_decimal(number.text) : std::nullopt;
        if (!read || *read < 0) return complain(number.place, key + "." + name, "no number of 0 or more");
        *wanted->value = *read;
      });
    });
    if (!has_schema && errors_.empty()) complain(tree.root().place, "schema", "is missing: this is no cost model");
  }

  // Calls `take` with each entry of a map whose key is one of `names`, and complains of the others.
  void each(const YamlTree& tree, const YamlNode& map, const std::string& path, const std::vector<std::string>& names,
            const std::function<void(const std::string&, const YamlNode&)>& take) {
    if (map.kind != Kind::kMap) return complain(map.place, path, "expected an object in braces");
    std::map<std::string, size_t> seen;
    for (const auto& [key_index, value_index] : map.entries) {
      const YamlNode& key = tree[key_index];
      const std::string full = (path.empty() ? "" : path + ".") + key.text;
      if (key.kind != Kind::kScalar || std::find(names.begin(), names.end(), key.text) == names.end()) {
        complain(key.place, path, "unknown key " + quoted(key.text, 64) + did_you_mean(key.text, names));
      } else if (!seen.try_emplace(key.text, key.place.line).second) {
        complain(key.place, full, "the key is there twice");
      } else {
        take(key.text, tree[value_index]);
      }
    }
  }

  void complain(YamlPlace place, std::string path, std::string message) {
    errors_.push_back({file_, place.line, place.column, std::move(path), std::move(message)});
  }

  std::string file_;
  CostModel model_;
  ConfigErrors errors_;
};

}  // namespace

std::variant<CostModel, ConfigErrors> parse_cost_model(std::string_view json, const std::string& file) {
  if (json.size() > kMaxConfigBytes) return ConfigErrors{{file, 0, 0, "", "too large: no cost model"}};
  return Reader(file).read(json);
}

std::variant<CostModel, ConfigErrors> load_cost_model(const std::string& file) {
  if (file.empty()) return parse_cost_model(built_in_cost_model(), "the built-in cost model");
  auto text = read_text_file(file);
  if (auto* errors = std::get_if<ConfigErrors>(&text)) return std::move(*errors);
  return parse_cost_model(std::get<std::string>(text), file);
}

std::string print_cost_model(const CostModel& model) {
  CostModel copy = model;
  std::string out = "{\n  \"schema\": " + std::to_string(kSchema);
  for (const Text& text : kTexts) out += std::string(",\n  \"") + text.name + "\": " + quoted(model.*text.member);
  for (const Numbers& section : sections_of(copy)) {
    out += ",\n  \"" + section.name + "\": {";
    for (const Number& n : section.numbers)
      out += (&n == &section.numbers.front() ? "\n    \"" : ",\n    \"") + n.name + "\": " + format_decimal(*n.value);
    out += "\n  }";
  }
  return out + "\n}\n";
}

}  // namespace tutti::app
