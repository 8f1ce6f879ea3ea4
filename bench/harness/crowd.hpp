// Crowd: all people of a scenario with their sockets, and the event loop in which they live: one thread, one epoll, one
// heap of deadlines. Lets them join and leave, while everything else goes on. Owned by the generator.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/generator.hpp"
#include "harness/join_pool.hpp"
#include "harness/people.hpp"
#include "harness/person.hpp"
#include "harness/person_socket.hpp"
#include "harness/tally.hpp"
#include "tutti/base/deadline_queue.hpp"

namespace tutti::bench {

class Crowd {
 public:
  enum class State : uint8_t { kOut, kAsking, kConnecting, kIn, kLeaving };

  // Borrows `scenario` and `target`.
  Crowd(const Scenario& scenario, Target& target, const GeneratorOptions& options);
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  size_t size() const { return members_.size(); }
  const std::vector<PersonPlan>& people() const { return plans_; }
  Tally& tally() { return tally_; }

  // Everybody who is out asks to come in, or who is in to leave. What comes of it shows while it runs.
  void ask_all_in();
  void ask_all_out();
  // From now on who is in sends.
  void start_media();
  // This share of all people leaves each second, one after the other, and joins again.
  void set_churn(double share_of_second);

  // Until `end`, or until `stop` says so.
  void run_until(Timestamp end, const std::function<bool()>& stop = {});

  size_t count(State state) const { return counts_[static_cast<size_t>(state)]; }
  uint64_t failed() const { return failed_; }
  // What the last failure was.
  const std::string& failure() const { return failure_; }
  // The first request of all, and when the last one so far was in.
  Timestamp first_asked() const { return first_asked_; }
  Timestamp last_in() const { return last_in_; }

  uint64_t socket_drops() const;
  uint64_t refused_sends() const;
  // Of everybody's slots, with the slot's index.
  void for_each_stream(const std::function<void(const Person&, size_t, ReceiveStream&)>& visit);

 private:
  struct Member {
    Member(size_t i, const PersonPlan& p) : index(i), plan(&p), timer(*this) {}
    size_t index;
    const PersonPlan* plan;
    State state = State::kOut;
    bool comes_back = false;  // once it has left
    std::unique_ptr<Person> person;
    PersonSocket socket;
    Timestamp asked;
    DeadlineQueue<Member>::Handle timer;
  };

  void ask_in(Member& member);
  void ask_out(Member& member);
  void take_replies();
  void take_reply(Member& member, JoinPool::Done& done);
  void enter(Member& member, Timestamp now);
  void fail(Member& member, const std::string& why);
  void forget(Member& member);
  void set_state(Member& member, State state);
  // Reads the sockets of all who are in.
  void scan();
  // Reads what is there, or comes within `time`.
  void wait(TimeDelta time);
  void receive(Member& member);
  void handle_deadlines();
  void follow(Member& member, Timestamp now);
  void churn(Timestamp now);

  GeneratorOptions options_;
  Pattern pattern_;
  ProgramLibrary programs_;
  std::vector<PersonPlan> plans_;
  SecureRandom secure_random_;
  SeededRandom random_;
  std::unique_ptr<srtp::Backend> backend_;
  dtls::Certificate certificate_;
  dtls::Context dtls_;
  std::string fingerprint_;
  uint32_t sample_every_ = 1;
  Tally tally_;

  int epoll_;
  ReceiveBatch batch_;
  DeadlineQueue<Member> deadlines_;
  std::vector<std::unique_ptr<Member>> members_;
  std::array<size_t, 5> counts_{};
  bool media_ = false;
  Timestamp media_began_;
  TimeDelta churn_interval_ = TimeDelta::infinite();
  Timestamp next_churn_ = Timestamp::never();
  Timestamp next_scan_;
  size_t next_to_leave_ = 0;
  uint64_t failed_ = 0;
  std::string failure_;
  Timestamp first_asked_ = Timestamp::never(), last_in_;
  JoinPool pool_;  // the last one, so that its threads end first
};

// Of the steady clock.
Timestamp steady_now();

}  // namespace tutti::bench
