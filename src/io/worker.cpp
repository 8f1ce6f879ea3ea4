#include "tutti/io/worker.hpp"

#include <pthread.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <ctime>

#include "tutti/base/log.hpp"

namespace tutti::io {
namespace {

// Rounds of one wake-up before other sockets, timers and posted commands get their turn.
constexpr int kRoundsPerWakeup = 16;
// Between two looks for the rest of a frame.
constexpr TimeDelta kGatherStep = TimeDelta::micros(20);

// The wall clock is read once; from then on NTP time is the monotonic clock plus this.
NtpClock make_ntp_clock() {
  const auto wall = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  constexpr int64_t kFrom1900To1970 = 2'208'988'800;
  return NtpClock(TimeDelta::micros(wall + kFrom1900To1970 * 1'000'000 - Worker::now().us()));
}

}  // namespace

Timestamp Worker::now() {
  return Timestamp::from_us(std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

Worker::Worker(uint32_t index, std::vector<std::unique_ptr<UdpSocket>> sockets, room::RoomsConfig config, room::RouterTable routers,
               const dtls::Context& dtls, std::string fingerprint_sha256, std::unique_ptr<srtp::Backend> srtp, CodecPool& codecs,
               std::unique_ptr<LoadProbe> load, EventSink events)
    : index_(index),
      events_(std::move(events)),
      codecs_(codecs),
      load_(std::move(load)),
      on_job_done_([this](std::unique_ptr<room::Job> job) {
        boost::asio::post(context_, [this, job = std::move(job)]() mutable {
          const Timestamp t = now();
          rooms_.handle_completion(t, std::move(job));
          drain(t);
        });
      }),
      sockets_(std::move(sockets)),
      rooms_(std::move(config), routers, dtls, std::move(fingerprint_sha256), std::move(srtp), *this, random_, make_ntp_clock()) {
  alive_us_ = now().us();
  for (auto& socket : sockets_) {
    readable_.emplace_back(context_, dup(socket->fd()));
    resting_.emplace_back(context_);
  }
  is_resting_.resize(sockets_.size());
  taken_out_.resize(sockets_.size(), -1);
}

Worker::~Worker() {
  join();
  for (size_t i = 0; i < sockets_.size(); ++i) {
    if (!readable_[i].is_open()) close(taken_out_[i]);
  }
}

void Worker::start() {
  for (size_t i = 0; i < sockets_.size(); ++i) wait_readable(i);
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), ("tutti-w" + std::to_string(index_)).c_str());
    // For sleeps of microseconds: the kernel may otherwise add 50 to each.
    prctl(PR_SET_TIMERSLACK, 1'000UL);
    beat();
    context_.run();
  });
}

void Worker::post(std::function<void(Timestamp, room::Rooms&)> task) {
  boost::asio::post(context_, [this, task = std::move(task)] {
    const Timestamp t = now();
    task(t, rooms_);
    drain(t);
  });
}

void Worker::run(std::unique_ptr<room::Job> job) { codecs_.run(std::move(job), on_job_done_); }

void Worker::stop(std::function<void()> done) {
  boost::asio::post(context_, [this, done = std::move(done)] {
    const Timestamp t = now();
    rooms_.close_all(t);
    drain(t);
    context_.stop();
    if (done) done();
  });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::wait_readable(size_t socket) {
  if (!readable_[socket].is_open()) readable_[socket].assign(taken_out_[socket]);
  readable_[socket].async_wait(boost::asio::posix::stream_descriptor::wait_read, [this, socket](const boost::system::error_code& error) {
    if (error) return;
    on_readable(socket);
    rest(socket);
  });
}

// While packets keep coming to rooms that do not mind, the socket is looked at once in a while instead of at each packet.
void Worker::rest(size_t socket) {
  const TimeDelta time = rooms_.may_rest();
  if (time == TimeDelta::zero()) return wait_readable(socket);
  // Out of Asio's epoll, which is edge-triggered and would wake for each packet though nobody waits for it.
  if (readable_[socket].is_open()) taken_out_[socket] = readable_[socket].release();
  resting_[socket].expires_after(std::chrono::microseconds(time.us()));
  is_resting_[socket] = true;
  resting_[socket].async_wait([this, socket](const boost::system::error_code& error) {
    if (error) return;
    is_resting_[socket] = false;
    if (on_readable(socket)) return rest(socket);
    wait_readable(socket);
  });
}

bool Worker::on_readable(size_t socket) {
  bool any = false;
  for (int round = 0; round < kRoundsPerWakeup; ++round) {
    const Timestamp t = now();
    const size_t n = receive(socket, t);
    if (n == 0) break;
    any = true;
    if (n == UdpSocket::kBatch) {
      drain(t);
      continue;
    }
    gather(socket);
    drain(now());
    break;
  }
  return any;
}

size_t Worker::receive(size_t socket, Timestamp t) {
  return sockets_[socket]->receive(rooms_.counters(), [&](const Datagram& datagram) { rooms_.handle_datagram(t, datagram); });
}

void Worker::gather(size_t socket) {
  const TimeDelta time = rooms_.gather_time();
  if (time == TimeDelta::zero()) return;
  const Timestamp until = now() + time;
  do {
    const timespec step{0, kGatherStep.us() * 1000};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &step, nullptr);
    const Timestamp t = now();
    if (receive(socket, t) == UdpSocket::kBatch || t >= until) return;
  } while (rooms_.gather_time() != TimeDelta::zero());
}

void Worker::drain(Timestamp t) {
  if (rooms_.next_deadline() <= t) rooms_.handle_deadline(t);
  for (bool more = true; more;) {
    more = rooms_.poll_transmit(t, batch_);
    // What leaves by one socket leaves together.
    auto slots = batch_.datagrams().slots();
    for (size_t begin = 0; begin < slots.size();) {
      size_t end = begin + 1;
      while (end < slots.size() && slots[end].path.local == slots[begin].path.local) ++end;
      sockets_[slots[begin].path.local]->send(slots.subspan(begin, end - begin), rooms_.counters());
      begin = end;
    }
    batch_.clear();
  }
  if (auto happened = rooms_.take_events(); !happened.empty()) events_(std::move(happened));
  arm_timer();
}

void Worker::arm_timer() {
  const Timestamp next = rooms_.next_deadline();
  if (next == armed_for_) return;
  armed_for_ = next;
  if (next == Timestamp::never()) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(std::chrono::steady_clock::time_point(std::chrono::microseconds(next.us())));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) on_timer();
  });
}

void Worker::on_timer() {
  armed_for_ = Timestamp::never();
  // A frame is mixed of everything that has come before it.
  for (size_t i = 0; i < sockets_.size(); ++i) {
    if (is_resting_[i]) on_readable(i);
  }
  const Timestamp t = now();
  rooms_.handle_deadline(t);
  drain(t);
}

void Worker::beat() {
  const Timestamp t = now();
  alive_us_.store(t.us(), std::memory_order_relaxed);
  load_->sample(t, rooms_);
  heart_.expires_after(std::chrono::microseconds(LoadMeter::kBeat.us()));
  heart_.async_wait([this](const boost::system::error_code& error) {
    if (!error) beat();
  });
}

}  // namespace tutti::io
