#include "harness/crowd.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>

namespace tutti::bench {
namespace {

// Packets that are opened and checked in a second, at least, if so many come.
constexpr double kSampledPerSecond = 10'000;
// Sockets that are read before deadlines are looked at again, and how often before anything else is.
constexpr size_t kEvents = 32, kRounds = 64;
constexpr TimeDelta kGather = TimeDelta::millis(1);
// Everybody's socket is looked into so often, for each of the people, and so seldom at most.
constexpr TimeDelta kScanEach = TimeDelta::micros(10), kScanAtMost = TimeDelta::millis(20);
constexpr TimeDelta kFrame = TimeDelta::millis(20);

Timestamp to_timestamp(std::chrono::steady_clock::time_point at) {
  return Timestamp::from_us(std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count());
}

// What is to come in all slots, by what is sent on average.
double packets_per_second(const std::vector<PersonPlan>& people) {
  double sent = 0, tracks = 0, slots = 0;
  for (const PersonPlan& person : people) {
    for (const PlannedTrack& track : person.tracks) {
      sent += track.layers.back().program->packets_per_s();
      ++tracks;
    }
    slots += static_cast<double>(person.slots.size());
  }
  return tracks > 0 ? sent / tracks * slots : 0;
}

void sleep_until(Timestamp at) {
  const timespec until{at.us() / 1'000'000, at.us() % 1'000'000 * 1'000};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

uint32_t sample_every(const std::vector<PersonPlan>& people, uint32_t of_100) {
  const double packets = packets_per_second(people);
  const double share = std::max(of_100 / 100.0, packets > 0 ? kSampledPerSecond / packets : 1);
  return static_cast<uint32_t>(std::lround(1 / std::clamp(share, 1e-4, 1.0)));
}

}  // namespace

Timestamp steady_now() { return to_timestamp(std::chrono::steady_clock::now()); }

Crowd::Crowd(const Scenario& scenario, Target& target, const GeneratorOptions& options)
    : options_(options),
      pattern_(options.seed),
      programs_(pattern_),
      plans_(plan_people(scenario, programs_)),
      random_(options.seed),
      backend_(srtp::make_best_backend()),
      certificate_(dtls::Certificate::self_signed(secure_random_, std::time(nullptr))),
      dtls_(certificate_),
      fingerprint_(certificate_.fingerprint_sha256()),
      sample_every_(sample_every(plans_, options.decrypt_of_100)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      pool_(target, options.join_threads) {
  for (size_t i = 0; i < plans_.size(); ++i) members_.push_back(std::make_unique<Member>(i, plans_[i]));
  counts_[static_cast<size_t>(State::kOut)] = members_.size();
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, pool_.event_fd(), &event);
}

Crowd::~Crowd() { close(epoll_); }

void Crowd::ask_all_in() {
  for (auto& member : members_) {
    if (member->state == State::kOut) ask_in(*member);
  }
}

void Crowd::ask_all_out() {
  for (auto& member : members_) {
    member->comes_back = false;
    if (member->state == State::kIn || member->state == State::kConnecting) ask_out(*member);
  }
}

void Crowd::ask_in(Member& member) {
  member.asked = steady_now();
  first_asked_ = std::min(first_asked_, member.asked);
  if (auto opened = member.socket.open(); !opened) return fail(member, opened.error().detail);
  const Shared shared{*backend_, dtls_, fingerprint_, programs_, tally_, random_};
  member.person = std::make_unique<Person>(*member.plan, shared, options_.seed + member.index, sample_every_);
  set_state(member, State::kAsking);
  if (member.plan->role->transport == TransportKind::kWebrtc) {
    pool_.submit(member.index, member.person->webrtc_join());
  } else {
    pool_.submit(member.index, member.person->keyed_join(member.socket.local()));
  }
}

void Crowd::ask_out(Member& member) {
  set_state(member, State::kLeaving);
  member.person->stop();
  pool_.submit(member.index, LeaveRequest{member.plan->room, member.plan->id});
}

void Crowd::take_replies() {
  for (JoinPool::Done& done : pool_.take()) take_reply(*members_[done.member], done);
}

void Crowd::take_reply(Member& member, JoinPool::Done& done) {
  const Timestamp now = steady_now();
  if (const auto* left = std::get_if<Result<void>>(&done.reply)) {
    if (!*left) {
      ++failed_;
      ++tally_.failed;
      failure_ = left->error().detail;
    }
    forget(member);
    set_state(member, State::kOut);
    if (member.comes_back) ask_in(member);
    return;
  }
  const int64_t rest_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(done.end - done.begin).count();
  member.asked = to_timestamp(done.begin);
  Result<void> good;
  if (const auto* keyed = std::get_if<Result<KeyedJoined>>(&done.reply)) {
    good = *keyed ? member.person->joined(now, **keyed) : Result<void>(keyed->error());
  } else {
    const auto& answer = std::get<Result<std::string>>(done.reply);
    good = answer ? member.person->answered(now, *answer) : Result<void>(answer.error());
  }
  if (!good) return fail(member, good.error().detail);
  tally_.rest.add(rest_ns);
  member.socket.connect(member.person->server(), member.person->other_source());
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &member;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, member.socket.fd(), &event);
  set_state(member, State::kConnecting);
  follow(member, now);
}

// After anything that may have changed what it waits for.
void Crowd::follow(Member& member, Timestamp now) {
  if (member.state == State::kConnecting) {
    if (member.person->connected()) {
      enter(member, now);
    } else if (member.person->failed()) {
      return fail(member, member.plan->room + "/" + member.plan->id + " cannot connect: ICE or DTLS failed");
    }
  }
  deadlines_.set(member.timer, member.person->next_deadline());
}

void Crowd::enter(Member& member, Timestamp now) {
  epoll_ctl(epoll_, EPOLL_CTL_DEL, member.socket.fd(), nullptr);
  set_state(member, State::kIn);
  ++tally_.joined;
  tally_.all.add((now - member.asked).us() * 1'000);
  last_in_ = now;
  if (media_) member.person->start(now);
}

void Crowd::fail(Member& member, const std::string& why) {
  ++failed_;
  ++tally_.failed;
  failure_ = why;
  forget(member);
  set_state(member, State::kOut);
}

// What it saw counts on, but it is gone.
void Crowd::forget(Member& member) {
  if (member.person) {
    for (ReceiveStream& stream : member.person->receives()) {
      const ReceiveCount seen = stream.ledger.count() - stream.at_start;
      tally_.count += seen;
      if (member.plan->role->down.any() || member.plan->role->up.any()) tally_.mended += seen.mended;
    }
  }
  deadlines_.set(member.timer, Timestamp::never());
  member.person.reset();
  member.socket.close();
}

void Crowd::set_state(Member& member, State state) {
  --counts_[static_cast<size_t>(member.state)];
  member.state = state;
  ++counts_[static_cast<size_t>(state)];
}

// Spread over a frame, so that they do not all send at once: by the golden ratio, which keeps any number of them apart.
void Crowd::start_media() {
  if (std::exchange(media_, true)) return;
  media_began_ = steady_now();
  for (auto& member : members_) {
    if (member->state != State::kIn) continue;
    const double phase = static_cast<double>(member->index) * 0.6180339887;
    const double offset_us = (phase - std::floor(phase)) * static_cast<double>(kFrame.us());
    member->person->start(media_began_ + TimeDelta::millis(5) + TimeDelta::micros(static_cast<int64_t>(offset_us)));
    deadlines_.set(member->timer, member->person->next_deadline());
  }
}

void Crowd::set_churn(double share_of_second) {
  const double leaves = share_of_second * static_cast<double>(members_.size());
  churn_interval_ = leaves > 0 ? TimeDelta::seconds_f(1 / leaves) : TimeDelta::infinite();
  next_churn_ = steady_now() + churn_interval_;
}

// A large step that shares no factor with most sizes goes through all of them in no order.
void Crowd::churn(Timestamp now) {
  while (next_churn_ <= now) {
    next_churn_ = next_churn_ + churn_interval_;
    for (size_t tries = 0; tries < 16; ++tries) {
      next_to_leave_ = (next_to_leave_ + 7'919) % members_.size();
      Member& member = *members_[next_to_leave_];
      if (member.state != State::kIn) continue;
      member.comes_back = true;
      ask_out(member);
      break;
    }
  }
}

void Crowd::handle_deadlines() {
  Timestamp now = steady_now();
  while (Member* member = deadlines_.pop_due(now)) {
    now = steady_now();
    member->person->handle_deadline(now, member->socket);
    follow(*member, now);
  }
}

void Crowd::receive(Member& member) {
  Person& person = *member.person;
  const bool sampled = person.sampled();
  const auto arrivals = batch_.receive(member.socket.fd(), person.wants_whole(), person.wants_times());
  if (arrivals.empty()) return;
  const Timestamp now = steady_now();
  for (Arrival& arrival : arrivals) {
    arrival.sampled = sampled;
    person.handle_datagram(now, arrival, member.socket);
  }
  person.end_batch();
  follow(member, now);
}

void Crowd::run_until(Timestamp end, const std::function<bool()>& stop) {
  for (Timestamp now = steady_now(); now < end && !(stop && stop()); now = steady_now()) {
    handle_deadlines();
    if (next_churn_ <= now) churn(now);
    if (next_scan_ <= now) scan();
    const Timestamp next = std::min({end, deadlines_.next(), next_churn_, next_scan_});
    // Who is on the way in is answered at once. Else what comes is left to gather for a moment: the kernel has noted
    // when it came, and nobody is woken for each packet, which on loopback would be the server's time.
    const bool gathers = count(State::kAsking) + count(State::kConnecting) + count(State::kLeaving) == 0;
    if (gathers) sleep_until(std::min(next, now + kGather));
    wait(gathers ? TimeDelta::zero() : next - steady_now());
  }
}

// Who is in is not in the epoll: on loopback the server would pay for each packet that it is told of. The kernel has noted
// when they came.
void Crowd::scan() {
  for (size_t i = 0; i < members_.size(); ++i) {
    if (members_[i]->state == State::kIn) receive(*members_[i]);
    if (i % kEvents == 0) handle_deadlines();
  }
  const TimeDelta interval = std::clamp(kScanEach * static_cast<int64_t>(members_.size()), kGather, kScanAtMost);
  next_scan_ = steady_now() + interval;
}

void Crowd::wait(TimeDelta time) {
  const int64_t wait_us = std::max<int64_t>(0, time.us());
  const timespec timeout{wait_us / 1'000'000, wait_us % 1'000'000 * 1'000};
  for (size_t rounds = 0; rounds < kRounds; ++rounds) {
    std::array<epoll_event, kEvents> events;
    const timespec none{};
    const int count = epoll_pwait2(epoll_, events.data(), kEvents, rounds == 0 ? &timeout : &none, nullptr);
    for (int i = 0; i < count; ++i) {
      auto* member = static_cast<Member*>(events[static_cast<size_t>(i)].data.ptr);
      if (member == nullptr) {
        take_replies();
      } else if (member->person) {
        receive(*member);
      }
    }
    if (count < static_cast<int>(kEvents)) return;
    handle_deadlines();
  }
}

uint64_t Crowd::socket_drops() const {
  uint64_t drops = 0;
  for (const auto& member : members_) drops += member->socket.drops();
  return drops;
}

uint64_t Crowd::refused_sends() const {
  uint64_t refused = 0;
  for (const auto& member : members_) refused += member->socket.refused();
  return refused;
}

void Crowd::for_each_stream(const std::function<void(const Person&, size_t, ReceiveStream&)>& visit) {
  for (auto& member : members_) {
    if (!member->person || !member->person->connected()) continue;
    auto& streams = member->person->receives();
    for (size_t i = 0; i < streams.size(); ++i) visit(*member->person, i, streams[i]);
  }
}

}  // namespace tutti::bench
