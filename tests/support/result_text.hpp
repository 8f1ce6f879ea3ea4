// Lets Catch print a Result in a failed REQUIRE: the error's type and detail.
#pragma once

#include <catch2/catch.hpp>

#include "tutti/base/result.hpp"

template <class T>
struct Catch::StringMaker<boost::system::result<T, tutti::Error>> {
  static std::string convert(const boost::system::result<T, tutti::Error>& r) {
    return r ? "a value" : r.error().type + ": " + r.error().detail;
  }
};
