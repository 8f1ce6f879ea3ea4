#include "tutti/io/usable_cores.hpp"

#include <catch2/catch.hpp>
#include <thread>

namespace tutti::io {

TEST_CASE("a quota of a cgroup is so many cores", "[io][load]") {
  CHECK(parse_cpu_max("200000 100000\n") == 2.0);
  CHECK(parse_cpu_max("50000 100000\n") == 0.5);
  for (const char* none : {"max 100000\n", "", "0 100000", "100000", "100000 0", "-1 100000", "abc def"}) {
    INFO(none);
    CHECK_FALSE(parse_cpu_max(none));
  }
}

TEST_CASE("the own cgroup is that of version 2", "[io][load]") {
  CHECK(own_cgroup("0::/\n") == "/");
  CHECK(own_cgroup("12:cpu,cpuacct:/docker/abc\n0::/system.slice/tuttid.service\n") == "/system.slice/tuttid.service");
  CHECK(own_cgroup("12:cpu,cpuacct:/docker/abc\n").empty());
  CHECK(own_cgroup("").empty());
}

TEST_CASE("there are cores to use, and no more than the machine has", "[io][load]") {
  CHECK(usable_cores() > 0);
  CHECK(usable_cores() <= std::thread::hardware_concurrency());
}

}  // namespace tutti::io
