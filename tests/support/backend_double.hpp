// Rooms that a test plays: keeps every command, and answers with what the test has put in, at once or when told.
#pragma once

#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "tutti/api/backend.hpp"

namespace tutti::test {

class BackendDouble final : public api::Backend {
 public:
  using Done = std::function<void(Result<room::Reply>)>;

  void execute(room::Command command, Done done) override {
    commands.push_back(std::move(command));
    if (replies.empty()) {
      waiting.push_back(std::move(done));
      return;
    }
    Result<room::Reply> reply = std::move(replies.front());
    replies.pop_front();
    done(std::move(reply));
  }
  void read_metrics(std::function<void(api::MetricsReport)> done) override { done(report); }
  bool ready() const override { return is_ready; }
  bool healthy() const override { return is_healthy; }

  template <class T>
  const T& last() const {
    return std::get<T>(commands.back());
  }

  std::vector<room::Command> commands;
  std::deque<Result<room::Reply>> replies;  // one for each command; without one the command waits
  std::vector<Done> waiting;
  api::MetricsReport report;
  bool is_ready = true;
  bool is_healthy = true;
};

inline room::RoomInfo room_info(const std::string& id) {
  room::RoomInfo info;
  info.id = RoomId(id);
  return info;
}

}  // namespace tutti::test
