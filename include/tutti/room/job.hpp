// Job: work for a codec thread, and JobExecutor, which runs it. A job owns all that it touches, the codec included: whoever has the job
// has the codec, so order needs no lock and no strand. It comes back, with its results in it, through Rooms::handle_completion.
// `io::CodecPool` runs jobs on threads; in tests a queue completes them in virtual time.
#pragma once

#include <cstdint>
#include <memory>

namespace tutti::room {

class Job {
 public:
  virtual ~Job() = default;
  // On a codec thread. Must not throw, and knows no time but what it was given.
  virtual void run() = 0;
  // Of the room that it goes back to (Room::number); set by the room.
  uint64_t room_number = 0;
};

class JobExecutor {
 public:
  virtual ~JobExecutor() = default;
  // From the rooms' thread. Jobs of one room may end in any order.
  virtual void run(std::unique_ptr<Job> job) = 0;
};

}  // namespace tutti::room
