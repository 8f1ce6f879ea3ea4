#include "micro/steps/steps.hpp"

#include <cstdio>
#include <memory>

namespace tutti::bench {

Steps::Steps() { std::printf("%-8s %-52s %12s %12s\n", "area", "step", "min ns", "median ns"); }

void Steps::add(Line line) {
  std::printf("%-8s %-52s %12.1f %12.1f\n", line.area.c_str(), line.step.c_str(), line.min_ns, line.median_ns);
  std::fflush(stdout);
  lines_.push_back(std::move(line));
}

bool Steps::write_json(const char* path) const {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path, "w"), &std::fclose);
  if (!file) return false;
  std::fprintf(file.get(), "{\"steps\": [");
  const char* separator = "\n";
  // Names are ours: nothing in them needs escaping.
  for (const Line& line : lines_) {
    std::fprintf(file.get(), "%s  {\"area\": \"%s\", \"step\": \"%s\", \"min_ns\": %.2f, \"median_ns\": %.2f}",
                 separator, line.area.c_str(), line.step.c_str(), line.min_ns, line.median_ns);
    separator = ",\n";
  }
  return std::fprintf(file.get(), "\n]}\n") > 0;
}

}  // namespace tutti::bench
