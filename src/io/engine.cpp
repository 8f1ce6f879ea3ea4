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

Engine::~Engine() { stop(); }

Result<std::vector<room::LocalAddress>> Engine::open_sockets(uint32_t worker, std::vector<std::unique_ptr<UdpSocket>>& sockets) const {
  const auto port = static_cast<uint16_t>(config_.port_base + worker);
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
    const Endpoint endpoint{w.ip, port};
    auto socket = UdpSocket::open(endpoint, static_cast<uint16_t>(sockets.size()), config_.buffers);
    if (!socket) {
      if (w.named) return socket.error();
      log(LogLevel::kWarn, "address left out", {{"address", endpoint.str()}, {"reason", socket.error().detail}});
      continue;
    }
    sockets.push_back(std::move(*socket));
    room::LocalAddress address{endpoint, endpoint, w.named || !w.ip.is_loopback()};
    for (const Advertised& a : config_.advertise) {
      if (a.local == w.ip) address.advertised.ip = a.offered;
      if (!a.local && !w.ip.is_loopback() && a.offered.is_v4() == w.ip.is_v4()) address.also_offered.push_back({a.offered, port});
    }
    addresses.push_back(address);
  }
  if (addresses.empty())
    return Error{ErrorKind::kUnavailable, "no-address", "media.listen leaves no address to receive on, port " + std::to_string(port), {}};
  return addresses;
}

Result<void> Engine::start() {
  std::vector<std::unique_ptr<Worker>> workers;
  for (uint32_t i = 0; i < config_.workers; ++i) {
    std::vector<std::unique_ptr<UdpSocket>> sockets;
    auto addresses = open_sockets(i, sockets);
    if (!addresses) return addresses.error();
    for (const auto& a : *addresses) {
      if (i != 0) continue;
      std::string offered = a.advertised.str();
      for (const Endpoint& also : a.also_offered) offered += " " + also.str();
      log(LogLevel::kInfo, "media address", {{"bound", a.bound.str()}, {"offered", offered}, {"always", a.always_offered ? "yes" : "to local clients"}});
    }
    room::RoomsConfig rooms = config_.rooms;
    rooms.addresses = room::LocalAddresses(std::move(*addresses));
    workers.push_back(std::make_unique<Worker>(i, std::move(sockets), std::move(rooms), routers_, dtls_, fingerprint_sha256_,
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
  const RoomId* id = std::visit(
      [](const auto& c) -> const RoomId* {
        if constexpr (requires { c.room; }) return &c.room;
        return nullptr;
      },
      command);
  const bool creates = std::holds_alternative<room::CreateRoom>(command);
  auto it = directory_.find(*id);
  if (it == directory_.end()) {
    Error refused{ErrorKind::kNotFound, "room-not-found", "there is no room \"" + id->str() + "\"", {}};
    if (creates && directory_.size() >= config_.rooms.max_rooms)
      refused = {ErrorKind::kForbidden, "limit-rooms", "at most " + std::to_string(config_.rooms.max_rooms) + " rooms are allowed here", {}};
    if (!creates || directory_.size() >= config_.rooms.max_rooms)
      return boost::asio::post(control_, [done = std::move(done), refused] { done(refused); });
    const uint32_t worker = place();
    it = directory_.emplace(*id, Placed{worker}).first;
    ++rooms_on_[worker];
  }
  if (std::holds_alternative<room::Join>(command) && config_.max_participants != 0 && participants_ >= config_.max_participants) {
    Error full{ErrorKind::kForbidden, "limit-participants-total", "at most " + std::to_string(config_.max_participants) + " participants are allowed on this server", {}};
    return boost::asio::post(control_, [done = std::move(done), full] { done(full); });
  }
  const uint32_t owner = it->second.worker;
  const RoomId room_id = *id;
  // `done` holds what belongs to the control thread, a connection perhaps, so it goes back there whole: a copy left here could
  // be the last one, and end that on the worker's thread.
  workers_[owner]->post([this, room = room_id, owner, creates, command = std::move(command), done = std::move(done)](Timestamp now, room::Rooms& rooms) mutable {
    auto reply = rooms.apply(now, command);
    boost::asio::post(control_, [this, room, owner, creates, reply = std::move(reply), done = std::move(done)] {
      // It was made on the heels of one that closed, whose end has just taken the name out of the directory.
      if (creates && reply && directory_.emplace(room, Placed{owner}).second) ++rooms_on_[owner];
      // The directory had made room for a room that was refused.
      if (creates && !reply && reply.error().kind != ErrorKind::kConflict) {
        if (auto placed = directory_.find(room); placed != directory_.end()) {
          --rooms_on_[placed->second.worker];
          directory_.erase(placed);
        }
      }
      done(reply);
    });
  });
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
                      rooms.packets().in_use(), rooms.packets().capacity()};
      boost::asio::post(control_, [gathering = std::move(gathering), f] {
        gathering->figures[f.index] = f;
        if (--gathering->missing == 0) gathering->done(std::move(gathering->figures));
      });
    });
  }
}

void Engine::on_events(const std::vector<room::Event>& events) {
  for (const room::Event& event : events) {
    if (std::holds_alternative<room::ParticipantJoined>(event.what)) ++participants_;
    if (std::holds_alternative<room::ParticipantLeft>(event.what)) --participants_;
    if (std::holds_alternative<room::RoomClosed>(event.what)) {
      if (auto it = directory_.find(event.room); it != directory_.end()) {
        --rooms_on_[it->second.worker];
        directory_.erase(it);
      }
    }
    events_(event);
  }
}

bool Engine::healthy() const {
  const Timestamp now = Worker::now();
  return std::all_of(workers_.begin(), workers_.end(), [&](const auto& w) { return now - w->last_alive() < TimeDelta::seconds(3); });
}

void Engine::stop() {
  for (auto& worker : workers_) worker->stop();
  for (auto& worker : workers_) worker->join();
}

}  // namespace tutti::io
