#include "app/yaml_tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>

namespace tutti::app {
namespace {

constexpr size_t kMaxDepth = 32;
constexpr size_t kMaxNodes = 50'000;

YamlPlace place_of(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {static_cast<size_t>(std::max(mark.line, 0)) + 1, static_cast<size_t>(std::max(mark.column, 0)) + 1};
}

// Leaves yaml-cpp's parser from within a callback.
struct Refused {
  YamlError error;
};

class TreeBuilder final : public YAML::EventHandler {
 public:
  YamlTree take() {
    if (tree_.nodes.empty()) tree_.nodes.emplace_back();
    return std::move(tree_);
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) throw Refused{{place_of(mark), "a second document: a configuration is one"}};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(YamlNode::Kind::kNull, mark, "", anchor); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto it = anchors_.find(anchor);
    if (it == anchors_.end()) throw Refused{{place_of(mark), "an alias of nothing"}};
    attach(it->second);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode& node = tree_.nodes[add(YamlNode::Kind::kScalar, mark, tag, anchor)];
    node.text = value;
    node.quoted = tag == "!";
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(add(YamlNode::Kind::kList, mark, tag, anchor), mark);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(add(YamlNode::Kind::kMap, mark, tag, anchor), mark);
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  struct Open {
    size_t node;
    std::optional<size_t> key;  // of a map whose value comes next
  };

  // "?" is yaml-cpp's tag of what has none, "!" that of a quoted scalar.
  size_t add(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (!tag.empty() && tag != "?" && tag != "!") throw Refused{{place_of(mark), "tags are not used here: remove it"}};
    if (tree_.nodes.size() >= kMaxNodes) throw Refused{{place_of(mark), "too many values for a configuration"}};
    const size_t index = tree_.nodes.size();
    tree_.nodes.push_back({});
    tree_.nodes.back().kind = kind;
    tree_.nodes.back().place = place_of(mark);
    if (anchor != YAML::NullAnchor) anchors_[anchor] = index;
    attach(index);
    return index;
  }

  void attach(size_t index) {
    if (open_.empty()) return;
    Open& parent = open_.back();
    YamlNode& node = tree_.nodes[parent.node];
    if (node.kind == YamlNode::Kind::kList) {
      node.items.push_back(index);
    } else if (parent.key) {
      node.entries.emplace_back(*parent.key, index);
      parent.key.reset();
    } else {
      parent.key = index;
    }
  }

  void open(size_t index, const YAML::Mark& mark) {
    if (open_.size() >= kMaxDepth) throw Refused{{place_of(mark), "nested too deeply for a configuration"}};
    open_.push_back({index, std::nullopt});
  }

  YamlTree tree_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, size_t> anchors_;
  int documents_ = 0;
};

// yaml-cpp takes some control characters for the end of the text, and drops the rest of the file without a word.
std::optional<YamlError> find_control_character(std::string_view text) {
  YamlPlace place;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if ((u < 0x20 && c != '\n' && c != '\r' && c != '\t') || u == 0x7F) {
      return YamlError{place, "a control character: the file is no UTF-8 text"};
    }
    if (c == '\n') {
      ++place.line;
      place.column = 1;
    } else {
      ++place.column;
    }
  }
  return std::nullopt;
}

}  // namespace

std::variant<YamlTree, YamlError> parse_yaml(std::string_view text) {
  if (auto error = find_control_character(text)) return *error;
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    TreeBuilder builder;
    if (parser.HandleNextDocument(builder)) parser.HandleNextDocument(builder);
    return builder.take();
  } catch (const Refused& refused) {
    return refused.error;
  } catch (const YAML::Exception& e) {
    return YamlError{place_of(e.mark), "no valid YAML: " + e.msg};
  } catch (const std::exception& e) {
    return YamlError{{}, std::string("no valid YAML: ") + e.what()};
  }
}

}  // namespace tutti::app
