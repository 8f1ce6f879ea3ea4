// ServerProcess: a server under test as a child that ends with the harness, pinned to its processors, and what it has
// cost since it began. Owned by its target; the thread that starts it must live as long as it does, because the kernel
// ends the child with that thread.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/target.hpp"

namespace tutti::bench {

struct ServerCommand {
  std::vector<std::string> arguments;                            // the program first: a path, or a name to be found
  std::vector<std::pair<std::string, std::string>> environment;  // beside our own
  std::string log;                                               // file that takes its output
};

class ServerProcess {
 public:
  // Of the options: cpu, workers and real_time.
  static Result<std::unique_ptr<ServerProcess>> start(const ServerCommand& command, const TargetOptions& options);
  // SIGTERM, and SIGKILL to one that has not ended two seconds later.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  // `codec_thread`: how the names of threads begin that only encode and decode; empty: there are none.
  ProcessFigures figures(const std::string& codec_thread = {}) const;

 private:
  explicit ServerProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_ = -1;
};

// A new directory for a server's files, removed with all that is in it.
class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(const std::string& name);
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace tutti::bench
