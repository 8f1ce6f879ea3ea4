// YamlMap and YamlValue: a YAML tree read field by field into plain values. What is wrong is collected, each mistake
// with its line and column and what would be right, so that a file is corrected in one go. A map refuses the keys that
// nobody asked for when `finish` is called.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/yaml_tree.hpp"
#include "tutti/base/units.hpp"

namespace tutti::bench {

// What was read well; a mistake leaves the value as it is.
template <class T, class V>
void assign(T& to, const std::optional<V>& from) {
  if (from) to = static_cast<T>(*from);
}

// "file:line:column: what is wrong", in the order of the file.
class YamlErrors {
 public:
  explicit YamlErrors(std::string file) : file_(std::move(file)) {}
  void add(app::YamlPlace place, const std::string& message);
  bool none() const { return errors_.empty(); }
  std::string str() const;

 private:
  struct Entry {
    app::YamlPlace place;
    std::string message;
  };
  std::string file_;
  std::vector<Entry> errors_;
};

class YamlMap;

class YamlValue {
 public:
  YamlValue(const app::YamlTree& tree, const app::YamlNode& node, std::string name, YamlErrors& errors)
      : YamlValue(tree, node, node.place, std::move(name), errors) {}
  // `place` is where an error is said to be.
  YamlValue(const app::YamlTree& tree, const app::YamlNode& node, app::YamlPlace place, std::string name,
            YamlErrors& errors)
      : tree_(&tree), node_(&node), place_(place), name_(std::move(name)), errors_(&errors) {}

  void fail(const std::string& message) const { errors_->add(place_, name_ + ": " + message); }
  std::optional<std::string> text() const;
  std::optional<bool> boolean() const;
  std::optional<uint64_t> integer(uint64_t least, uint64_t most) const;
  std::optional<double> number(double least, double most) const;
  std::optional<TimeDelta> duration(TimeDelta least, TimeDelta most) const;
  std::optional<DataRate> rate() const;
  std::vector<YamlValue> items() const;
  std::optional<YamlMap> map() const;

 private:
  const app::YamlTree* tree_;
  const app::YamlNode* node_;
  app::YamlPlace place_;
  std::string name_;  // as a path: "roles.viewer.people"
  YamlErrors* errors_;
};

class YamlMap {
 public:
  YamlMap(const app::YamlTree& tree, const app::YamlNode& node, std::string name, YamlErrors& errors);

  std::optional<YamlValue> optional(const std::string& key);
  // All entries, in the order of the file: for maps whose keys are names.
  std::vector<std::pair<std::string, YamlValue>> entries();
  // Every other key is an error.
  void finish() const;

 private:
  struct Entry {
    std::string key;
    app::YamlPlace place;
    YamlValue value;
    bool taken = false;
  };
  std::string name_;
  YamlErrors* errors_;
  std::vector<Entry> entries_;
  std::vector<std::string> known_;
};

}  // namespace tutti::bench
