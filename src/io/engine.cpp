#include "tutti/io/engine.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "tutti/base/log.hpp"
#include "tutti/io/local_interfaces.hpp"

namespace tutti::io {

Engine::Engine(boost::asio::io_context& control, EngineConfig config, room::RouterTable routers, const dtls::Context& dtls,
               std::string fingerprint_sha256, EventSink events)
    : control_(control),
      config_(std::move(config)),
      routers_(routers),
      dtls_(dtls),
      fingerprint_sha256_(std::move(fingerprint_sha256)),
      events_(std::move(events)) {}

Engine::~Engine() {
  if (codecs_) codecs_->stop();
  for (auto& worker : workers_) worker->stop({});
  for (auto& worker : workers_) worker->join();
}

Result<std::vector<room::LocalAddress>> Engine::open_sockets(uint32_t worker, std::vector<std::unique_ptr<UdpSocket>>& sockets) const {
  const auto port = static_cast<uint16_t>(config_.port_base == 0 ? 0 : config_.port_base + worker);
  struct Wanted {
    IpAddress ip;
    bool named;
  };
  std::vector<Wanted> wanted;
  for (const IpAddress& listen : config_.listen) {
    if (!listen.is_unspecified()) {
      wanted.push_back({listen, true});
      continue;
    }
    for (const IpAddress& ip : local_interfaces()) {
      const bool known = std::any_of(wanted.begin(), wanted.end(), [&](const Wanted& w) { return w.ip == ip; });
      if (ip.is_v4() == listen.is_v4() && !known) wanted.push_back({ip, false});
    }
  }
  std::vector<room::LocalAddress> addresses;
  for (const Wanted& w : wanted) {
    auto socket = UdpSocket::open({w.ip, port}, static_cast<uint16_t>(sockets.size()), config_.buffers);
    if (!socket) {
      if (w.named) return socket.error();
      log(LogLevel::kWarn, "address left out", {{"address", w.ip.str()}, {"reason", socket.error().detail}});
      continue;
    }
    const Endpoint endpoint = (*socket)->local();
    sockets.push_back(std::move(*socket));
    room::LocalAddress address{endpoint, endpoint, w.named || !w.ip.is_loopback()};
    for (const Advertised& a : config_.advertise) {
      if (a.local == w.ip) address.advertised.ip = a.offered;
      if (!a.local && !w.ip.is_loopback() && a.offered.is_v4() == w.ip.is_v4()) address.also_offered.push_back({a.offered, endpoint.port});
    }
    addresses.push_back(address);
  }
  if (addresses.empty())
    return Error{ErrorKind::kUnavailable, "no-address", "media.listen leaves no address to receive on, port " + std::to_string(port), {}};
  return addresses;
}

Result<void> Engine::start() {
  codecs_ = std::make_unique<CodecPool>(config_.codec_threads != 0 ? config_.codec_threads : std::max(1u, std::thread::hardware_concurrency()));
  std::vector<std::unique_ptr<Worker>> workers;
  for (uint32_t i = 0; i < config_.workers; ++i) {
    std::vector<std::unique_ptr<UdpSocket>> sockets;
    auto addresses = open_sockets(i, sockets);
    if (!addresses) return addresses.error();
    for (const auto& a : i == 0 ? *addresses : std::vector<room::LocalAddress>()) {
      std::string offered = a.advertised.str();
      for (const Endpoint& also : a.also_offered) offered += " " + also.str();
      log(LogLevel::kInfo, "media address", {{"bound", a.bound.str()}, {"offered", offered}, {"always", a.always_offered ? "yes" : "to local clients"}});
    }
    auto srtp = srtp::make_backend(config_.srtp);
    if (!srtp)
      return Error{ErrorKind::kUnavailable, "srtp-backend", "media.srtp: ipsec-mb needs a processor with AES instructions, and a build with it; \"auto\" takes what there is", {}};
    if (i == 0) log(LogLevel::kInfo, "srtp", {{"backend", std::string(srtp->name())}});
    room::RoomsConfig rooms = config_.rooms;
    rooms.addresses = room::LocalAddresses(std::move(*addresses));
    workers.push_back(std::make_unique<Worker>(i, std::move(sockets), std::move(rooms), routers_, dtls_, fingerprint_sha256_, std::move(srtp), *codecs_,
                                               [this](std::vector<room::Event> events) {
                                                 boost::asio::post(control_, [this, events = std::move(events)] { on_events(events); });
                                               }));
  }
  workers_ = std::move(workers);
  rooms_on_.assign(workers_.size(), 0);
  for (auto& worker : workers_) worker->start();
  return {};
}

uint32_t Engine::place() const {
  return static_cast<uint32_t>(std::min_element(rooms_on_.begin(), rooms_on_.end()) - rooms_on_.begin());
}

void Engine::execute(room::Command command, std::function<void(Result<room::Reply>)> done) {
  if (std::holds_alternative<room::DescribeRooms>(command)) return describe_all(std::move(done));
  auto refuse = [&](Error error) { boost::asio::post(control_, [done = std::move(done), error = std::move(error)] { done(error); }); };
  const RoomId id = std::visit(
      [](const auto& c) {
        if constexpr (requires { c.room; }) return c.room;
        return RoomId();
      },
      command);
  const bool creates = std::holds_alternative<room::CreateRoom>(command);
  const bool joins = std::holds_alternative<room::Join>(command);
  auto it = directory_.find(id);
  if (it == directory_.end()) {
    if (!creates) return refuse({ErrorKind::kNotFound, "room-not-found", "there is no room \"" + id.str() + "\"", {}});
    if (directory_.size() >= config_.rooms.max_rooms)
      return refuse({ErrorKind::kForbidden, "limit-rooms", "at most " + std::to_string(config_.rooms.max_rooms) + " rooms are allowed here", {}});
    it = directory_.emplace(id, Placed{place()}).first;
    ++rooms_on_[it->second.worker];
  }
  if (joins && config_.max_participants != 0 && participants_ >= config_.max_participants)
    return refuse({ErrorKind::kForbidden, "limit-participants-total", "at most " + std::to_string(config_.max_participants) + " participants are allowed on this server", {}});
  if (creates) ++it->second.creating;
  if (joins) ++participants_;
  // `done` holds what belongs to the control thread, a connection perhaps, so it goes back there whole: a copy left here could
  // be the last one, and end that on the worker's thread.
  workers_[it->second.worker]->post([this, id, creates, joins, command = std::move(command), done = std::move(done)](Timestamp now, room::Rooms& rooms) mutable {
    auto reply = rooms.apply(now, command);
    boost::asio::post(control_, [this, id, creates, joins, reply = std::move(reply), done = std::move(done)] {
      if (creates) on_create_reply(id, reply.has_value());
      if (joins && !reply) --participants_;
      done(reply);
    });
  });
}

// Replies and events come in the worker's order, so a room that was made on the heels of one that closed is told of after that
// end. Until then its name keeps its worker: placed anew, it could be made on two.
void Engine::on_create_reply(const RoomId& id, bool ok) {
  auto it = directory_.find(id);
  --it->second.creating;
  if (ok) it->second.exists = true;
  forget_if_gone(it);
}

void Engine::forget_if_gone(Directory::iterator it) {
  if (it->second.exists || it->second.creating > 0) return;
  --rooms_on_[it->second.worker];
  directory_.erase(it);
}

void Engine::describe_all(std::function<void(Result<room::Reply>)> done) {
  struct Gathering {
    std::vector<room::RoomInfo> rooms;
    size_t missing;
    std::function<void(Result<room::Reply>)> done;
  };
  auto gathering = std::make_shared<Gathering>(Gathering{{}, workers_.size(), std::move(done)});
  for (auto& worker : workers_) {
    worker->post([this, gathering](Timestamp now, room::Rooms& rooms) mutable {
      auto reply = rooms.apply(now, room::DescribeRooms{});
      boost::asio::post(control_, [gathering = std::move(gathering), reply = std::move(reply)] {
        const auto& some = std::get<std::vector<room::RoomInfo>>(*reply);
        gathering->rooms.insert(gathering->rooms.end(), some.begin(), some.end());
        if (--gathering->missing > 0) return;
        std::sort(gathering->rooms.begin(), gathering->rooms.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
        gathering->done(room::Reply(std::move(gathering->rooms)));
      });
    });
  }
}

void Engine::read_figures(std::function<void(std::vector<WorkerFigures>)> done) {
  struct Gathering {
    std::vector<WorkerFigures> figures;
    size_t missing;
    std::function<void(std::vector<WorkerFigures>)> done;
  };
  auto gathering = std::make_shared<Gathering>(Gathering{std::vector<WorkerFigures>(workers_.size()), workers_.size(), std::move(done)});
  for (auto& worker : workers_) {
    worker->post([this, gathering, index = worker->index()](Timestamp, room::Rooms& rooms) mutable {
      WorkerFigures f{index, rooms.counters(), rooms.room_count(), rooms.participant_count(), rooms.track_count(), rooms.slot_count(),
                      rooms.packets().in_use(), rooms.packets().capacity(), rooms.mixing_load()};
      boost::asio::post(control_, [gathering = std::move(gathering), f] {
        gathering->figures[f.index] = f;
        if (--gathering->missing == 0) gathering->done(std::move(gathering->figures));
      });
    });
  }
}

void Engine::on_events(const std::vector<room::Event>& events) {
  for (const room::Event& event : events) {
    if (std::holds_alternative<room::ParticipantLeft>(event.what)) --participants_;
    if (std::holds_alternative<room::RoomClosed>(event.what)) {
      if (auto it = directory_.find(event.room); it != directory_.end()) {
        it->second.exists = false;
        forget_if_gone(it);
      }
    }
    events_(event);
  }
}

bool Engine::healthy() const {
  const Timestamp now = Worker::now();
  return std::all_of(workers_.begin(), workers_.end(), [&](const auto& w) { return now - w->last_alive() < TimeDelta::seconds(3); });
}

void Engine::begin_stop(std::function<void()> done) {
  auto missing = std::make_shared<size_t>(workers_.size());
  for (auto& worker : workers_) {
    worker->stop([this, missing, done] {
      boost::asio::post(control_, [missing, done] {
        if (--*missing == 0) done();
      });
    });
  }
}

}  // namespace tutti::io
