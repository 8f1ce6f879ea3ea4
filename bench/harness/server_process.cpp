#include "harness/server_process.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace tutti::bench {
namespace {

namespace fs = std::filesystem;

// In the child, between fork and exec: nothing that takes a lock.
[[noreturn]] void become(char* const* arguments, const TargetOptions& options, int log) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  if (options.cpu >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    const auto cpus = static_cast<uint32_t>(sysconf(_SC_NPROCESSORS_ONLN));
    for (uint32_t i = 0; i < options.workers; ++i) CPU_SET((static_cast<uint32_t>(options.cpu) + i) % cpus, &set);
    sched_setaffinity(0, sizeof(set), &set);
  } else {
    // The harness may be pinned itself, and that is inherited.
    cpu_set_t set;
    memset(&set, 0xFF, sizeof(set));
    sched_setaffinity(0, sizeof(set), &set);
  }
  if (options.real_time > 0) {
    sched_param param{};
    param.sched_priority = options.real_time;
    sched_setscheduler(0, SCHED_RR, &param);
  }
  // A socket or more for each participant.
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  execvp(arguments[0], arguments);
  _exit(127);
}

// Of /proc/PID/schedstat or a task's: nanoseconds on a processor.
int64_t schedstat_ns(const fs::path& directory) {
  std::ifstream in(directory / "schedstat");
  int64_t ns = 0;
  in >> ns;
  return ns;
}

}  // namespace

Result<std::unique_ptr<ServerProcess>> ServerProcess::start(const ServerCommand& command,
                                                            const TargetOptions& options) {
  const int log = open(command.log.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
  if (log < 0) return Error{ErrorKind::kUnavailable, "no-log", command.log + ": " + std::strerror(errno), {}};
  std::vector<char*> arguments;
  for (const std::string& argument : command.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  for (const auto& [name, value] : command.environment) setenv(name.c_str(), value.c_str(), 1);
  const pid_t pid = fork();
  if (pid == 0) become(arguments.data(), options, log);
  const int failure = errno;
  for (const auto& [name, value] : command.environment) unsetenv(name.c_str());
  close(log);
  if (pid < 0) return Error{ErrorKind::kUnavailable, "no-process", std::strerror(failure), {}};
  return std::unique_ptr<ServerProcess>(new ServerProcess(pid));
}

ServerProcess::~ServerProcess() {
  if (!running()) return;
  kill(pid_, SIGTERM);
  for (int i = 0; i < 200 && running(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  if (!running()) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

bool ServerProcess::running() {
  if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) != 0) pid_ = -1;
  return pid_ > 0;
}

ProcessFigures ServerProcess::figures(const std::string& codec_thread) const {
  ProcessFigures figures;
  if (pid_ <= 0) return figures;
  // The process's own clock counts threads that have ended, too.
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(pid_, &clock) == 0 && clock_gettime(clock, &time) == 0) {
    figures.cpu_ns = int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  }
  const fs::path proc = "/proc/" + std::to_string(pid_);
  {
    // proc(5): utime and stime are the fields 14 and 15; the name, which may hold anything, is the second.
    std::ifstream in(proc / "stat");
    std::string line;
    std::getline(in, line);
    const size_t name_end = line.rfind(')');
    if (name_end != std::string::npos) {
      std::istringstream fields(line.substr(name_end + 1));
      std::string skipped;
      for (int i = 3; i < 14; ++i) fields >> skipped;
      double user = 0, system = 0;
      fields >> user >> system;
      const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
      figures.user_s = user / ticks;
      figures.system_s = system / ticks;
    }
  }
  {
    std::ifstream in(proc / "statm");
    uint64_t size = 0, resident = 0;
    in >> size >> resident;
    figures.rss_bytes = resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  }
  if (!codec_thread.empty()) {
    std::error_code ended;
    for (const auto& task : fs::directory_iterator(proc / "task", ended)) {
      std::ifstream in(task.path() / "comm");
      std::string name;
      std::getline(in, name);
      if (name.starts_with(codec_thread)) figures.codec_ns += schedstat_ns(task.path());
    }
  }
  return figures;
}

TemporaryDirectory::TemporaryDirectory(const std::string& name)
    : path_((fs::temp_directory_path() / (name + "-XXXXXX")).string()) {
  if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error(path_ + ": " + std::strerror(errno));
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace tutti::bench
