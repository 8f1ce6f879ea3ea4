#include "api/json_fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "tutti/base/ids.hpp"

namespace tutti::api {
namespace {

namespace json = boost::json;

json::string_view as_key(std::string_view text) { return {text.data(), text.size()}; }

bool is_token_char(char c) {
  if (c <= ' ' || c >= 0x7f) return false;
  return std::string_view("\"(),/:;<=>?@[\\]").find(c) == std::string_view::npos;
}

// JSON has one kind of number; 3.0 is an integer too.
std::optional<uint64_t> to_integer(const json::value& value) {
  if (const int64_t* i = value.if_int64()) return *i < 0 ? std::nullopt : std::optional(static_cast<uint64_t>(*i));
  if (const uint64_t* u = value.if_uint64()) return *u;
  if (const double* d = value.if_double()) {
    constexpr double kExact = 9007199254740992.0;  // 2^53
    if (*d >= 0 && *d <= kExact && std::floor(*d) == *d) return static_cast<uint64_t>(*d);
  }
  return std::nullopt;
}

std::optional<double> to_double(const json::value& value) {
  if (const int64_t* i = value.if_int64()) return static_cast<double>(*i);
  if (const uint64_t* u = value.if_uint64()) return static_cast<double>(*u);
  if (const double* d = value.if_double()) return *d;
  return std::nullopt;
}

// The shortest text that stands for the number.
std::string to_text(double number) {
  std::array<char, 32> buffer;
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return error == std::errc() ? std::string(buffer.data(), end) : std::string();
}

}  // namespace

std::optional<bool> Field::boolean() const {
  if (const bool* b = value_->if_bool()) return *b;
  fail("must be true or false");
  return std::nullopt;
}

std::optional<uint64_t> Field::integer(uint64_t min, uint64_t max) const {
  const auto number = to_integer(*value_);
  if (number && *number >= min && *number <= max) return number;
  fail("must be an integer from " + std::to_string(min) + " to " + std::to_string(max));
  return std::nullopt;
}

std::optional<double> Field::number(double min, double max) const {
  const auto number = to_double(*value_);
  if (number && *number >= min && *number <= max) return number;
  fail("must be a number from " + to_text(min) + " to " + to_text(max));
  return std::nullopt;
}

std::optional<std::string> Field::text(size_t max_bytes) const {
  const json::string* s = value_->if_string();
  if (s == nullptr) {
    fail("must be a string");
    return std::nullopt;
  }
  if (s->size() > max_bytes) {
    fail("must have at most " + std::to_string(max_bytes) + " bytes");
    return std::nullopt;
  }
  return std::string(s->data(), s->size());
}

std::optional<std::string> Field::id(bool refuse_reserved) const {
  const json::string* s = value_->if_string();
  const std::string_view chars = s != nullptr ? std::string_view(s->data(), s->size()) : std::string_view();
  if (!is_valid_id(chars)) {
    fail("must be 1 to 64 characters out of A-Z, a-z, 0-9, '_' and '-'");
    return std::nullopt;
  }
  if (refuse_reserved && is_reserved_id(chars)) {
    fail("\"" + std::string(chars) + "\" is reserved");
    return std::nullopt;
  }
  return std::string(chars);
}

std::optional<std::string> Field::token(size_t max) const {
  const json::string* s = value_->if_string();
  if (s == nullptr || s->empty() || s->size() > max || !std::all_of(s->begin(), s->end(), is_token_char)) {
    fail("must be an SDP token of 1 to " + std::to_string(max) + " characters");
    return std::nullopt;
  }
  return std::string(s->data(), s->size());
}

std::optional<std::string> Field::name() const {
  constexpr size_t kMaxCharacters = 128;
  auto chars = text(kMaxCharacters * 4);
  if (!chars) return std::nullopt;
  size_t characters = 0;
  for (char c : *chars) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      fail("must not contain control characters");
      return std::nullopt;
    }
    if ((byte & 0xc0) != 0x80) ++characters;  // not a continuation byte of UTF-8
  }
  if (characters > kMaxCharacters) {
    fail("must have at most 128 characters");
    return std::nullopt;
  }
  return chars;
}

std::vector<Field> Field::items(size_t max) const {
  const json::array* array = value_->if_array();
  if (array == nullptr) {
    fail("must be an array");
    return {};
  }
  if (array->size() > max) {
    fail("must have at most " + std::to_string(max) + " items");
    return {};
  }
  std::vector<Field> fields;
  fields.reserve(array->size());
  for (size_t i = 0; i < array->size(); ++i)
    fields.emplace_back((*array)[i], pointer_ + "/" + std::to_string(i), *errors_);
  return fields;
}

Object::Object(const Field& field)
    : object_(field.value().if_object()), pointer_(field.pointer()), errors_(&field.errors()) {
  if (object_ == nullptr) field.fail("must be an object");
}

std::optional<Field> Object::optional(std::string_view key) {
  known_.push_back(key);
  if (object_ == nullptr) return std::nullopt;
  const json::value* value = object_->if_contains(as_key(key));
  if (value == nullptr) return std::nullopt;
  return Field(*value, pointer_of(key), *errors_);
}

std::optional<Field> Object::required(std::string_view key) {
  auto field = optional(key);
  if (!field && object_ != nullptr) fail(key, "is required");
  return field;
}

bool Object::has(std::string_view key) const { return object_ != nullptr && object_->contains(as_key(key)); }

void Object::refuse_others() const {
  if (object_ == nullptr) return;
  for (const auto& member : *object_) {
    const std::string_view key(member.key().data(), member.key().size());
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) fail(key, "is not a field here");
  }
}

std::vector<std::pair<std::string, Field>> Object::members(size_t max) const {
  std::vector<std::pair<std::string, Field>> all;
  if (object_ == nullptr) return all;
  if (object_->size() > max) {
    errors_->add(pointer_, "must have at most " + std::to_string(max) + " members");
    return all;
  }
  for (const auto& member : *object_) {
    const std::string key(member.key().data(), member.key().size());
    all.emplace_back(key, Field(member.value(), pointer_of(key), *errors_));
  }
  return all;
}

void Object::fail(std::string_view key, std::string detail) const { errors_->add(pointer_of(key), std::move(detail)); }

std::string Object::pointer_of(std::string_view key) const {
  std::string out = pointer_ + "/";
  for (char c : key.substr(0, 128)) {  // an unknown key may be as long as the body
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace tutti::api
