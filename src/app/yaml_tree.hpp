// YamlTree: one YAML document as a flat vector of nodes that know their place and whether a scalar was quoted, which
// yaml-cpp's own Node does not. Nodes refer to others by index, so an alias costs nothing and may even form a cycle:
// whoever walks a tree goes no deeper than what it looks for. Depth and number of nodes are bounded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tutti::app {

struct YamlPlace {
  size_t line = 1;  // both from 1
  size_t column = 1;
};

struct YamlNode {
  enum class Kind : uint8_t { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  YamlPlace place;
  std::string text;                                // of a scalar
  bool quoted = false;                             // of a scalar
  std::vector<size_t> items;                       // of a list
  std::vector<std::pair<size_t, size_t>> entries;  // of a map, key and value in file order, duplicates included
};

struct YamlTree {
  std::vector<YamlNode> nodes;  // [0] is the root
  const YamlNode& root() const { return nodes[0]; }
  const YamlNode& operator[](size_t index) const { return nodes[index]; }
};

struct YamlError {
  YamlPlace place;
  std::string message;
};

// Never throws on any text. An empty document is a null root.
std::variant<YamlTree, YamlError> parse_yaml(std::string_view text);

}  // namespace tutti::app
