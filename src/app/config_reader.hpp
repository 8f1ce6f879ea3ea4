// ConfigReader: fills a Config from a YAML tree and the environment by the schema table, and collects everything that
// is wrong. It remembers where each value came from, for the checks between values that follow.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "app/schema.hpp"
#include "app/yaml_tree.hpp"
#include "tutti/app/config_loader.hpp"

namespace tutti::app {

class ConfigReader {
 public:
  explicit ConfigReader(std::string file) : file_(std::move(file)), options_(schema()) {}

  // First the file, then the environment: what comes later wins.
  void read(const YamlTree& tree);
  void read(const EnvLookup& env);
  void add_error(YamlPlace place, std::string path, std::string message);
  // An error of a value that was read well, at the place where it was set; `message` as it stands if it is the default.
  void add_error(const std::string& path, std::string message);

  // True if none of these was refused, so that a check between them means something.
  bool sound(std::initializer_list<const char*> paths) const;
  const Config& config() const { return config_; }
  // In the order of the file, then of the table.
  ConfigErrors take_errors();

 private:
  struct Origin {
    std::string source;
    YamlPlace place{0, 0};
  };
  void read_section(const YamlTree& tree, const Section& section, const YamlNode& node);
  void read_option(const YamlTree& tree, const Option& option, const YamlNode& node);
  void read_list(const YamlTree& tree, const Option& option, const ListAccess& access, const YamlNode& node);
  std::optional<std::string> item_text(const YamlTree& tree, const Option& option, const ListAccess& access,
                                       const YamlNode& node);
  std::string hint(const std::string& key, const std::vector<std::string>& names) const;
  void refuse(const Origin& origin, const std::string& path, std::string message);
  Origin origin(const YamlNode& node) const { return {file_, node.place}; }

  std::string file_;
  std::vector<Option> options_;
  Config config_;
  std::map<std::string, Origin> origins_;  // by path; a missing one is the default
  std::set<std::string> refused_;
  ConfigErrors errors_;
};

}  // namespace tutti::app
