// The declarative reader of request bodies: a Field is a JSON value that knows where it stands, an Object a field of
// that type that is asked for its members by name. What is missing, mistyped, out of range or unknown is noted with its
// JSON pointer (RFC 6901), and reading goes on, so that one answer names every mistake. Values borrow from the parsed
// document.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/problem.hpp"

namespace tutti::api {

// The mistakes of one body; those after the sixteenth are not kept.
class FieldErrors {
 public:
  void add(std::string pointer, std::string detail) {
    if (errors_.size() < kMax) errors_.push_back({std::move(pointer), std::move(detail)});
  }
  bool empty() const { return errors_.empty(); }
  std::vector<FieldError> take() { return std::move(errors_); }

 private:
  static constexpr size_t kMax = 16;
  std::vector<FieldError> errors_;
};

class Field {
 public:
  Field(const boost::json::value& value, std::string pointer, FieldErrors& errors)
      : value_(&value), pointer_(std::move(pointer)), errors_(&errors) {}

  // Each of these notes a mistake and gives nothing if the value is not such a one.
  std::optional<bool> boolean() const;
  std::optional<uint64_t> integer(uint64_t min, uint64_t max) const;
  // Any number, with a fraction or without; what comes back is finite if `min` and `max` are.
  std::optional<double> number(double min, double max) const;
  std::optional<std::string> text(size_t max_bytes) const;
  // [A-Za-z0-9_-]{1,64}; with `refuse_reserved` neither `mix` nor `auto`.
  std::optional<std::string> id(bool refuse_reserved = true) const;
  // 1 to `max` characters of an SDP token (RFC 8866 §9), which a mid or a slot of a browser is.
  std::optional<std::string> token(size_t max) const;
  // Text for people: at most 128 characters, no control characters.
  std::optional<std::string> name() const;
  std::vector<Field> items(size_t max) const;

  bool is_null() const { return value_->is_null(); }
  const boost::json::value& value() const { return *value_; }
  const std::string& pointer() const { return pointer_; }
  FieldErrors& errors() const { return *errors_; }
  void fail(std::string detail) const { errors_->add(pointer_, std::move(detail)); }

 private:
  const boost::json::value* value_;
  std::string pointer_;
  FieldErrors* errors_;
};

class Object {
 public:
  // Notes a mistake if `field` is no object; then it has no members.
  explicit Object(const Field& field);

  std::optional<Field> optional(std::string_view key);
  // As optional, but notes a mistake if it is absent.
  std::optional<Field> required(std::string_view key);
  bool has(std::string_view key) const;
  // Notes every member that nobody asked for. To be called last.
  void refuse_others() const;
  // Every member with its name, for an object that is a map; then refuse_others is not called.
  std::vector<std::pair<std::string, Field>> members(size_t max) const;

  const std::string& pointer() const { return pointer_; }
  void fail(std::string_view key, std::string detail) const;

 private:
  std::string pointer_of(std::string_view key) const;

  const boost::json::object* object_ = nullptr;
  std::string pointer_;
  FieldErrors* errors_;
  std::vector<std::string_view> known_;
};

}  // namespace tutti::api
