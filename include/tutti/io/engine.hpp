// Engine: the workers, and the directory that says which of them owns which room. Lives on the control thread: commands go
// out to the owner, replies and events come back to the control io_context, in order.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "tutti/io/admission.hpp"
#include "tutti/io/load_meter.hpp"
#include "tutti/io/worker.hpp"
#include "tutti/room/command.hpp"
#include "tutti/room/event.hpp"

namespace tutti::io {

// An address that is offered as a candidate: in place of `local`, or if that is not set beside the local ones.
struct Advertised {
  std::optional<IpAddress> local;
  IpAddress offered;
};

struct EngineConfig {
  std::vector<IpAddress> listen = {IpAddress::v4({0, 0, 0, 0}), IpAddress::v6({})};  // unspecified: all of the machine's
  uint16_t port_base = 40'000;  // of worker 0, the others follow; 0: the kernel chooses for each socket
  uint32_t workers = 1;
  uint32_t codec_threads = 0;     // that decode, compose and encode pictures, for all workers; 0: one for each core
  std::vector<Advertised> advertise;
  SocketBuffers buffers;
  srtp::BackendChoice srtp = srtp::BackendChoice::kAuto;
  room::RoomsConfig rooms;  // `addresses` are filled in; limits are those of the whole
  uint32_t max_participants = 0;  // in all rooms; 0: no limit
  AdmissionConfig admission;
  CostModel cost_model;
};

// What a worker tells when asked.
struct WorkerFigures {
  uint32_t index = 0;
  Counters counters;
  size_t rooms = 0, participants = 0, tracks = 0, slots = 0;
  size_t packets_in_use = 0, packets_capacity = 0;
  room::MixingLoad mixing;
};

// What the node has to do, against what it can.
struct NodeFigures {
  LoadFigures load;
  std::vector<LoadFigures> workers;
  double codecs = 0;          // share of the codec threads that is used
  double capacity_cores = 0;
  double limit = 0;           // of load; 0: none
  std::map<std::string, uint64_t> refused;  // joins, by the type of the error: for want of capacity or by a limit
};

class Engine {
 public:
  using EventSink = std::function<void(const room::Event&)>;

  Engine(boost::asio::io_context& control, EngineConfig config, room::RouterTable routers, const dtls::Context& dtls,
         std::string fingerprint_sha256, EventSink events);
  // Everybody out, and every thread ended.
  ~Engine();

  // Binds every socket, then starts every worker. An error names the address.
  [[nodiscard]] Result<void> start();
  // On the control thread; `done` is called there, later.
  void execute(room::Command command, std::function<void(Result<room::Reply>)> done);
  void read_figures(std::function<void(std::vector<WorkerFigures>)> done);
  NodeFigures node_figures() const;
  bool healthy() const;
  size_t codec_jobs_waiting() const { return codecs_ ? codecs_->waiting() : 0; }
  // Everybody out of every room. `done` is called on the control thread once the last worker has said goodbye. Once.
  void begin_stop(std::function<void()> done);

 private:
  // Where a room is, or is about to be.
  struct Placed {
    uint32_t worker = 0;
    uint32_t creating = 0;  // commands under way that may make it
    bool exists = false;
    bool composes = false;  // its pictures may be mixed
  };
  using Directory = std::unordered_map<RoomId, Placed>;

  Result<std::vector<room::LocalAddress>> open_sockets(uint32_t worker, std::vector<std::unique_ptr<UdpSocket>>& sockets) const;
  void on_events(const std::vector<room::Event>& events);
  void describe_all(std::function<void(Result<room::Reply>)> done);
  uint32_t place();
  // Asks all workers and the system how loaded they are, again and again.
  void beat();
  void count_refusal(const Error& error);
  void on_create_reply(const RoomId& id, bool ok);
  void forget_if_gone(Directory::iterator it);

  boost::asio::io_context& control_;
  EngineConfig config_;
  room::RouterTable routers_;
  const dtls::Context& dtls_;
  std::string fingerprint_sha256_;
  EventSink events_;
  // Destroyed after the workers, which give it jobs; stopped before them, since its threads post to them.
  std::unique_ptr<CodecPool> codecs_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Directory directory_;
  std::vector<size_t> rooms_on_;  // by worker
  size_t participants_ = 0;       // those under way included
  Admission admission_;
  LoadMeter process_, codec_threads_;
  boost::asio::steady_timer heart_;
  std::map<std::string, uint64_t> refused_{{"overloaded", 0}};
};

}  // namespace tutti::io
