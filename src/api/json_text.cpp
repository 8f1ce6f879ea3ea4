#include "api/json_text.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tutti::api {
namespace {

namespace json = boost::json;
using boost::system::error_code;

// Receives the parser's events and stops at the first key that its object already has.
struct DuplicateKeyFinder {
  constexpr static std::size_t max_object_size = std::size_t(-1);
  constexpr static std::size_t max_array_size = std::size_t(-1);
  constexpr static std::size_t max_key_size = std::size_t(-1);
  constexpr static std::size_t max_string_size = std::size_t(-1);

  std::vector<std::set<std::string>> open_objects;
  std::string key;
  std::optional<std::string> duplicate;

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) {
    open_objects.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, error_code&) {
    open_objects.pop_back();
    return true;
  }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t, error_code&) { return true; }
  bool on_key_part(json::string_view part, std::size_t, error_code&) {
    key.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, error_code& ec) {
    key.append(part.data(), part.size());
    if (!open_objects.back().insert(key).second) {
      duplicate = key;
      ec = json::error::syntax;
      return false;
    }
    key.clear();
    return true;
  }
  bool on_string_part(json::string_view, std::size_t, error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, error_code&) { return true; }
  bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, error_code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, error_code&) { return true; }
  bool on_double(double, json::string_view, error_code&) { return true; }
  bool on_bool(bool, error_code&) { return true; }
  bool on_null(error_code&) { return true; }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }
};

json::parse_options options() {
  json::parse_options o;
  o.max_depth = kMaxJsonDepth;
  return o;
}

Problem invalid_json(std::string detail) { return {400, "invalid-json", std::move(detail), {}, {}}; }

}  // namespace

Read<json::value> parse_json(std::string_view text) {
  error_code ec;
  json::basic_parser<DuplicateKeyFinder> finder(options());
  const size_t consumed = finder.write_some(false, text.data(), text.size(), ec);
  if (finder.handler().duplicate) {
    return invalid_json("The key \"" + *finder.handler().duplicate + "\" stands twice in one object.");
  }
  if (ec) return invalid_json("Not JSON: " + ec.message() + " at byte " + std::to_string(consumed) + ".");
  json::value value = json::parse(json::string_view(text.data(), text.size()), ec, {}, options());
  if (ec) return invalid_json("Not JSON: " + ec.message() + ".");
  return value;
}

}  // namespace tutti::api
