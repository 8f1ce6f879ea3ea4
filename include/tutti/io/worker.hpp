// Worker: one thread, one io_context, one UDP port, and the rooms that it owns for life. It waits for sockets and deadlines
// and feeds `room::Rooms`; other threads reach it by posting values. Created, and destroyed after `join`, by the Engine.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "tutti/base/random.hpp"
#include "tutti/io/codec_pool.hpp"
#include "tutti/io/load_probe.hpp"
#include "tutti/io/udp_socket.hpp"
#include "tutti/room/rooms.hpp"

namespace tutti::io {

class Worker final : room::JobExecutor {
 public:
  using EventSink = std::function<void(std::vector<room::Event>)>;

  // `sockets` are this worker's, in the order of `config.addresses`. `events` is called on the worker's thread.
  Worker(uint32_t index, std::vector<std::unique_ptr<UdpSocket>> sockets, room::RoomsConfig config, room::RouterTable routers,
         const dtls::Context& dtls, std::string fingerprint_sha256, std::unique_ptr<srtp::Backend> srtp, CodecPool& codecs,
         std::unique_ptr<LoadProbe> load, EventSink events);
  ~Worker() override;

  void start();
  // Runs `task` on the worker's thread with its rooms and the time. From any thread, until stop().
  void post(std::function<void(Timestamp, room::Rooms&)> task);
  // Everybody out, then the thread ends; `done`, if given, is the last that it does. From any thread.
  void stop(std::function<void()> done);
  void join();

  uint32_t index() const { return index_; }
  // When the loop last ran, by the monotonic clock; for the health check.
  Timestamp last_alive() const { return Timestamp::from_us(alive_us_.load(std::memory_order_relaxed)); }
  // As of the last beat. From any thread.
  WorkerLoad load() const { return load_->read(); }
  static Timestamp now();

 private:
  void run(std::unique_ptr<room::Job> job) override;
  void wait_readable(size_t socket);
  // True if something was there.
  bool on_readable(size_t socket);
  void rest(size_t socket);
  size_t receive(size_t socket, Timestamp now);
  // Reads on for a moment while frames are open.
  void gather(size_t socket);
  // After every input: what is to be sent is sent, events go out, the timer is set.
  void drain(Timestamp now);
  void arm_timer();
  void on_timer();
  void beat();

  uint32_t index_;
  EventSink events_;
  CodecPool& codecs_;
  std::unique_ptr<LoadProbe> load_;
  CodecPool::Sink on_job_done_;
  SecureRandom random_;
  std::vector<std::unique_ptr<UdpSocket>> sockets_;
  room::Rooms rooms_;
  peer::SealBatch batch_;
  boost::asio::io_context context_{1};
  std::vector<boost::asio::posix::stream_descriptor> readable_;
  std::vector<boost::asio::steady_timer> resting_;  // by socket
  std::vector<bool> is_resting_;
  std::vector<int> taken_out_;  // the descriptors of those that rest
  boost::asio::steady_timer timer_{context_}, heart_{context_};
  Timestamp armed_for_ = Timestamp::never();
  std::atomic<int64_t> alive_us_{0};
  std::thread thread_;
};

}  // namespace tutti::io
