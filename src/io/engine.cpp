#include "tutti/io/engine.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>

#include "tutti/base/log.hpp"
#include "tutti/io/local_interfaces.hpp"
#include "tutti/io/usable_cores.hpp"

namespace tutti::io {
namespace {

uint32_t codec_threads(const EngineConfig& config) {
  return config.codec_threads != 0 ? config.codec_threads : std::max(1u, std::thread::hardware_concurrency());
}

Capacity capacity_of(const EngineConfig& config) {
  const double cores = usable_cores();
  return {std::min(1.0, cores), std::min<double>(cores, config.workers + codec_threads(config)), std::min<double>(cores, codec_threads(config))};
}

}  // namespace

Engine::Engine(boost::asio::io_context& control, EngineConfig config, room::RouterTable routers, const dtls::Context& dtls,
               std::string fingerprint_sha256, EventSink events)
    : control_(control),
      config_(std::move(config)),
      routers_(routers),
      dtls_(dtls),
      fingerprint_sha256_(std::move(fingerprint_sha256)),
      events_(std::move(events)),
      admission_(config_.admission, config_.cost_model, capacity_of(config_), config_.workers),
      heart_(control) {}

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
  codecs_ = std::make_unique<CodecPool>(codec_threads(config_));
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
                                               std::make_unique<LoadProbe>(config_.cost_model, config_.rooms.mixing.audio_frame),
                                               [this](std::vector<room::Event> events) {
                                                 boost::asio::post(control_, [this, events = std::move(events)] { on_events(events); });
                                               }));
  }
  workers_ = std::move(workers);
  rooms_on_.assign(workers_.size(), 0);
  for (auto& worker : workers_) worker->start();
  beat();
  return {};
}

void Engine::beat() {
  const Timestamp now = Worker::now();
  process_.add(now, {process_cpu_time()});
  codec_threads_.add(now, {codecs_->cpu_time()});
  std::vector<WorkerLoad> loads;
  for (const auto& worker : workers_) loads.push_back(worker->load());
  admission_.update(now, loads, process_.cores(), codec_threads_.cores());
  heart_.expires_after(std::chrono::microseconds(LoadMeter::kBeat.us()));
  heart_.async_wait([this](const boost::system::error_code& error) {
    if (!error) beat();
  });
}

uint32_t Engine::place() { return admission_.place(Worker::now(), rooms_on_); }

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
  auto* const join = std::get_if<room::Join>(&command);
  const bool joins = join != nullptr;
  auto it = directory_.find(id);
  if (it == directory_.end()) {
    if (!creates) return refuse({ErrorKind::kNotFound, "room-not-found", "there is no room \"" + id.str() + "\"", {}});
    if (directory_.size() >= config_.rooms.max_rooms)
      return refuse({ErrorKind::kForbidden, "limit-rooms", "at most " + std::to_string(config_.rooms.max_rooms) + " rooms are allowed here", {}});
    it = directory_.emplace(id, Placed{place()}).first;
    it->second.composes = std::get<room::CreateRoom>(command).config.mode != room::RoomMode::kSfu;
    ++rooms_on_[it->second.worker];
  }
  const uint32_t worker = it->second.worker;
  if (joins) {
    Result<void> admitted = admission_.check(Worker::now(), worker, it->second.composes);
    if (config_.max_participants != 0 && participants_ >= config_.max_participants)
      admitted = Error{ErrorKind::kForbidden, "limit-participants-total", "at most " + std::to_string(config_.max_participants) + " participants are allowed on this server", {}};
    if (!admitted) {
      // Who is in already may take its place again; the room knows who is.
      if (!join->replace) {
        count_refusal(admitted.error());
        return refuse(admitted.error());
      }
      join->unless_replacing = admitted.error();
    }
    admission_.on_join_begun(worker);
    ++participants_;
  }
  if (creates) ++it->second.creating;
  // `done` holds what belongs to the control thread, a connection perhaps, so it goes back there whole: a copy left here could
  // be the last one, and end that on the worker's thread.
  workers_[worker]->post([this, id, creates, joins, worker, command = std::move(command), done = std::move(done)](Timestamp now, room::Rooms& rooms) mutable {
    auto reply = rooms.apply(now, command);
    boost::asio::post(control_, [this, id, creates, joins, worker, reply = std::move(reply), done = std::move(done)] {
      if (creates) on_create_reply(id, reply.has_value());
      if (joins) admission_.on_join_ended(Worker::now(), worker, reply.has_value());
      if (joins && !reply) {
        --participants_;
        count_refusal(reply.error());
      }
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

// What a client did wrong is no refusal.
void Engine::count_refusal(const Error& error) {
  if (error.kind == ErrorKind::kUnavailable || error.kind == ErrorKind::kForbidden) ++refused_[error.type];
}

NodeFigures Engine::node_figures() const {
  const Timestamp now = Worker::now();
  NodeFigures figures{admission_.node(now), {}, admission_.codecs(), admission_.capacity().node, admission_.limit(), refused_};
  for (uint32_t i = 0; i < workers_.size(); ++i) figures.workers.push_back(admission_.worker(now, i));
  return figures;
}

bool Engine::healthy() const {
  const Timestamp now = Worker::now();
  return std::all_of(workers_.begin(), workers_.end(), [&](const auto& w) { return now - w->last_alive() < TimeDelta::seconds(3); });
}

void Engine::begin_stop(std::function<void()> done) {
  heart_.cancel();
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
