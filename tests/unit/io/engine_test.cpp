#include "tutti/io/engine.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <catch2/catch.hpp>

#include "support/result_text.hpp"
#include "tutti/proto/dtls/certificate.hpp"
#include "tutti/proto/srtp/session.hpp"

namespace tutti::io {
namespace {

// A router that shows nothing to nobody.
class Idle final : public room::Router {
 public:
  void on_track_added(Timestamp, room::Track&) override {}
  void on_track_removed(Timestamp, room::Track&) override {}
  void on_subscriber_changed(Timestamp, room::Participant&) override {}
  void on_speakers_changed(Timestamp) override {}
  void on_rtp(Timestamp, room::Track&, const peer::PacketRef&) override {}
  void on_keyframe_needed(Timestamp, room::Subscription&) override {}
  void on_target_bitrate(Timestamp, room::Participant&, DataRate) override {}
  Timestamp next_deadline() const override { return Timestamp::never(); }
  void handle_deadline(Timestamp) override {}
  bool serves(const room::TrackChoice&) const override { return true; }
};

std::unique_ptr<room::Router> make_idle(room::RouterHost&) { return std::make_unique<Idle>(); }

using Reply = std::optional<Result<room::Reply>>;

struct Scene {
  explicit Scene(uint32_t workers, uint32_t max_participants = 0, AdmissionConfig admission = {}, CostModel cost_model = {}) {
    EngineConfig config;
    config.listen = {IpAddress::v4({127, 0, 0, 1})};
    config.port_base = 0;
    config.workers = workers;
    config.max_participants = max_participants;
    config.admission = admission;
    config.cost_model = cost_model;
    room::RouterTable routers;
    routers.sfu = &make_idle;
    engine.emplace(control, config, routers, dtls, "", [this](const room::Event& event) {
      closed += std::holds_alternative<room::RoomClosed>(event.what);
      left += std::holds_alternative<room::ParticipantLeft>(event.what);
    });
    REQUIRE(engine->start());
  }
  // The reply stands there once control has run far enough.
  std::shared_ptr<Reply> ask(room::Command command) {
    auto reply = std::make_shared<Reply>();
    engine->execute(std::move(command), [reply](const Result<room::Reply>& r) { *reply = r; });
    return reply;
  }
  Result<room::Reply> wait(const std::shared_ptr<Reply>& reply) {
    while (!*reply) control.run_one();
    return **reply;
  }
  bool ok(room::Command command) { return wait(ask(std::move(command))).has_value(); }
  std::vector<size_t> rooms_on_workers() {
    std::optional<std::vector<WorkerFigures>> figures;
    engine->read_figures([&](std::vector<WorkerFigures> f) { figures = std::move(f); });
    while (!figures) control.run_one();
    std::vector<size_t> rooms;
    for (const WorkerFigures& f : *figures) rooms.push_back(f.rooms);
    return rooms;
  }

  SeededRandom random{5};
  srtp::Library library;
  dtls::Certificate certificate = dtls::Certificate::self_signed(random, 1'700'000'000);
  dtls::Context dtls{certificate};
  boost::asio::io_context control{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{control.get_executor()};
  int closed = 0, left = 0;
  std::optional<Engine> engine;
};

room::Command create(const char* id) { return room::CreateRoom{RoomId(id), {}, false}; }
room::Command remove(const char* id) { return room::DeleteRoom{RoomId(id)}; }

room::Command join(const char* id, uint16_t port, bool replace = false) {
  room::KeyedJoin keyed;
  keyed.remote = Endpoint{IpAddress::v4({127, 0, 0, 1}), port};
  const std::array<uint8_t, 28> key{};
  keyed.receive_key = keyed.send_key = SrtpMasterKey(key);
  return room::Join{RoomId("r"), ParticipantId(id), "", replace, keyed, {}};
}

}  // namespace

TEST_CASE("rooms are spread over the workers and listed together", "[io][engine]") {
  Scene scene(2);
  for (const char* id : {"c", "a", "d", "b"}) REQUIRE(scene.ok(create(id)));
  CHECK(scene.rooms_on_workers() == std::vector<size_t>{2, 2});
  const auto reply = scene.wait(scene.ask(room::DescribeRooms{}));
  std::string ids;
  for (const auto& room : std::get<std::vector<room::RoomInfo>>(*reply)) ids += room.id.str();
  CHECK(ids == "abcd");
}

TEST_CASE("a room that is not there is not found on any worker", "[io][engine]") {
  Scene scene(2);
  const auto reply = scene.wait(scene.ask(room::DescribeRoom{RoomId("nowhere")}));
  REQUIRE_FALSE(reply);
  CHECK(reply.error().kind == ErrorKind::kNotFound);
}

TEST_CASE("a room that is made on the heels of one that closes stays on its worker until both are told", "[io][engine]") {
  Scene scene(2);
  for (const char* id : {"x", "y", "z", "q"}) REQUIRE(scene.ok(create(id)));  // y and q on worker 1
  REQUIRE(scene.ok(remove("x")));
  REQUIRE(scene.ok(remove("z")));
  while (scene.closed < 2) scene.control.run_one();
  // Worker 0 is empty now: whatever is placed anew goes there.
  const auto deleted = scene.ask(remove("y"));
  const auto again = scene.ask(create("y"));
  while (scene.closed < 3) scene.control.run_one();
  REQUIRE_FALSE(*again);
  const auto rival = scene.ask(create("y"));
  CHECK(scene.wait(again));
  CHECK_FALSE(scene.wait(rival));
  CHECK(scene.rooms_on_workers() == std::vector<size_t>{0, 2});
  CHECK(scene.ok(room::DescribeRoom{RoomId("y")}));
  CHECK(scene.ok(remove("y")));
  while (scene.closed < 4) scene.control.run_one();
  CHECK_FALSE(scene.ok(room::DescribeRoom{RoomId("y")}));
}

TEST_CASE("a room that was refused leaves no trace in the directory", "[io][engine]") {
  Scene scene(2);
  room::CreateRoom mixed{RoomId("m"), {}, false};
  mixed.config.mode = room::RoomMode::kMcu;
  CHECK_FALSE(scene.ok(mixed));
  CHECK_FALSE(scene.ok(room::DescribeRoom{RoomId("m")}));
  CHECK(scene.ok(create("m")));
}

TEST_CASE("the limit of all participants counts those whose join is under way", "[io][engine]") {
  Scene scene(1, 2);
  REQUIRE(scene.ok(create("r")));
  const auto a = scene.ask(join("a", 9)), again = scene.ask(join("a", 10)), c = scene.ask(join("c", 11));
  CHECK(scene.wait(a));
  CHECK(scene.wait(again).error().kind == ErrorKind::kConflict);
  CHECK(scene.wait(c).error().type == "limit-participants-total");
  // The place that the conflict took is free again.
  CHECK(scene.ok(join("b", 12)));
  CHECK_FALSE(scene.ok(join("c", 11)));
  CHECK(scene.ok(room::RemoveParticipant{RoomId("r"), ParticipantId("a")}));
  while (scene.left < 1) scene.control.run_one();
  CHECK(scene.ok(join("c", 11)));
}

TEST_CASE("stopping tells once that everybody is out", "[io][engine]") {
  Scene scene(2);
  REQUIRE(scene.ok(create("r")));
  REQUIRE(scene.ok(create("s")));
  REQUIRE(scene.ok(join("a", 9)));
  int stopped = 0;
  scene.engine->begin_stop([&] { ++stopped; });
  while (stopped == 0) scene.control.run_one();
  CHECK(scene.closed == 2);
  CHECK(scene.left == 1);
  scene.control.poll();
  CHECK(stopped == 1);
}

TEST_CASE("beyond the limit of load nobody new is let in, and who is in keeps its place", "[io][engine]") {
  // The reservation for one who has just joined is more than all that may be.
  CostModel model;
  model.cpu.participants = 0.5;
  Scene scene(1, 0, {0.3}, model);
  REQUIRE(scene.ok(create("r")));
  REQUIRE(scene.ok(join("a", 9)));
  CHECK(scene.wait(scene.ask(join("b", 10))).error().type == "overloaded");
  CHECK(scene.wait(scene.ask(join("b", 10, true))).error().type == "overloaded");
  CHECK(scene.ok(join("a", 11, true)));
  CHECK(scene.ok(room::DescribeParticipant{RoomId("r"), ParticipantId("a")}));
  CHECK(scene.wait(scene.ask(join("a", 12))).error().type == "overloaded");
  CHECK(scene.ok(create("s")));
  const NodeFigures figures = scene.engine->node_figures();
  CHECK(figures.load.reserved > 0.1);
  CHECK(figures.workers.at(0).reserved > 0.3);
  CHECK(figures.limit == 0.3);
  CHECK(figures.capacity_cores > 0);
  CHECK(figures.refused == std::map<std::string, uint64_t>{{"overloaded", 3}});
}

TEST_CASE("joins that a limit refuses are counted by it, and those that are wrong are not", "[io][engine]") {
  Scene scene(1, 1);
  REQUIRE(scene.ok(create("r")));
  REQUIRE(scene.ok(join("a", 9)));
  CHECK_FALSE(scene.ok(join("b", 10)));
  CHECK(scene.ok(room::RemoveParticipant{RoomId("r"), ParticipantId("a")}));
  while (scene.left < 1) scene.control.run_one();
  CHECK_FALSE(scene.ok(room::Join{RoomId("r"), ParticipantId("c"), "", false, room::WebrtcJoin{"no offer", {}, false}, {}}));
  CHECK(scene.engine->node_figures().refused == std::map<std::string, uint64_t>{{"limit-participants-total", 1}, {"overloaded", 0}});
}

}  // namespace tutti::io
