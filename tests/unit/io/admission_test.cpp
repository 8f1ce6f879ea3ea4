// The decision in virtual time: what is measured, expected and reserved, the limit and the way back.
#include "tutti/io/admission.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "support/result_text.hpp"

namespace tutti::io {
namespace {

constexpr Timestamp at(double seconds) { return Timestamp::from_us(static_cast<int64_t>(1e9 + seconds * 1e6)); }

// One participant costs a thousandth of a core beside its packets, which cost nothing.
CostModel model() {
  CostModel m;
  m.cpu.participants = 0.001;
  m.cpu.constant = 0.02;
  return m;
}

struct Scene {
  explicit Scene(double limit = 0.8, size_t count = 2, Capacity capacity = {1, 2, 2})
      : admission({limit}, model(), capacity, count), workers(count) {}

  void beat(double seconds, double process = 0, double codecs = 0) {
    admission.update(at(seconds), workers, process, codecs);
  }
  bool admits(double seconds, uint32_t worker = 0, bool composes = false) {
    return admission.check(at(seconds), worker, composes).has_value();
  }
  void join(double seconds, uint32_t worker = 0) {
    admission.on_join_begun(worker);
    admission.on_join_ended(at(seconds), worker, true);
  }

  Admission admission;
  std::vector<WorkerLoad> workers;
};

TEST_CASE("before anything is known everybody is let in", "[io][admission]") {
  Scene scene;
  CHECK(scene.admits(0));
  CHECK(scene.admission.node(at(0)).load() == Approx(0.01));  // the model's constant, of two cores
}

TEST_CASE("a load is the larger of what is measured and what is expected", "[io][admission]") {
  Scene scene;
  scene.workers[0] = {0.3, 0.5, 0.2, 10};
  scene.workers[1] = {0.4, 0.1, 0, 10};
  scene.beat(0, 0.9);
  CHECK(scene.admission.worker(at(0), 0).load() == Approx(0.5));
  CHECK(scene.admission.worker(at(0), 1).load() == Approx(0.4));
  // 0.02 + 0.5 + 0.2 + 0.1 of two cores are expected, 0.9 measured.
  CHECK(scene.admission.node(at(0)).expected == Approx(0.41));
  CHECK(scene.admission.node(at(0)).measured == Approx(0.45));
  CHECK(scene.admission.node(at(0)).load() == Approx(0.45));
}

TEST_CASE("a full worker refuses, and another one does not", "[io][admission]") {
  Scene scene;
  scene.workers[0] = {0.81, 0, 0, 100};
  scene.beat(0, 0.81);
  const auto refused = scene.admission.check(at(0), 0, false);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::kUnavailable);
  CHECK(refused.error().type == "overloaded");
  CHECK(refused.error().detail ==
        "no new participants: the load of worker 0 is 0.81, the limit 0.80 (admission.limit); they are let in again at "
        "0.72");
  CHECK(scene.admits(0, 1));
}

TEST_CASE("a full node refuses on every worker", "[io][admission]") {
  Scene scene;
  scene.beat(0, 1.7);
  CHECK_FALSE(scene.admits(0, 0));
  CHECK_FALSE(scene.admits(0, 1));
  CHECK(scene.admission.check(at(0), 1, false).error().detail.find("of this server is 0.85") != std::string::npos);
}

TEST_CASE("full codec threads refuse only where pictures are composed", "[io][admission]") {
  Scene scene(0.8, 1, {1, 4, 1});
  scene.beat(0, 0.9, 0.9);
  CHECK(scene.admission.codecs() == Approx(0.9));
  CHECK(scene.admits(0, 0, false));
  CHECK_FALSE(scene.admits(0, 0, true));
}

TEST_CASE("after a refusal nobody is let in until the load is down at nine tenths of the limit", "[io][admission]") {
  Scene scene;
  const auto admits_at = [&](double load) {
    scene.workers[0] = {load, 0, 0, 100};
    scene.beat(0, load);
    return scene.admits(0);
  };
  CHECK(admits_at(0.79));
  CHECK(admits_at(0.80));
  CHECK_FALSE(admits_at(0.81));
  CHECK_FALSE(admits_at(0.79));
  CHECK_FALSE(admits_at(0.73));
  CHECK(admits_at(0.72));
  CHECK(admits_at(0.79));
}

TEST_CASE("a limit of zero refuses nobody", "[io][admission]") {
  Scene scene(0);
  scene.workers[0] = {1, 5, 5, 1};
  scene.beat(0, 10, 10);
  CHECK(scene.admits(0, 0, true));
  CHECK(scene.admission.node(at(0)).load() > 5);
}

TEST_CASE("who has just joined is reckoned with at the mean cost of those who are there", "[io][admission]") {
  Scene scene;
  // 990 people at 0.5 of a core: with the prior of ten at 0.001, a good half thousandth each.
  scene.workers[0] = {0.5, 0.2, 0, 990};
  scene.beat(0, 0.5);
  const double each = 0.51 / 1000;
  CHECK(scene.admission.worker(at(0), 0).reserved == 0);
  for (int i = 0; i < 500; ++i) scene.join(0);
  CHECK(scene.admission.worker(at(0), 0).reserved == Approx(500 * each));
  CHECK(scene.admission.worker(at(0), 1).reserved == 0);
  CHECK(scene.admission.node(at(0)).reserved == Approx(500 * each / 2));
  CHECK(scene.admits(0));
  for (int i = 0; i < 100; ++i) scene.join(0);
  CHECK_FALSE(scene.admits(0));
  // As time passes they show in what is measured, and the reservation goes.
  CHECK(scene.admission.worker(at(2.5), 0).reserved == Approx(300 * each));
  CHECK(scene.admission.worker(at(5), 0).reserved == 0);
  CHECK(scene.admits(5));
}

TEST_CASE("joins under way are reckoned with, and those that fail no longer", "[io][admission]") {
  Scene scene;
  for (int i = 0; i < 700; ++i) scene.admission.on_join_begun(0);
  CHECK(scene.admission.worker(at(0), 0).reserved == Approx(0.7));
  CHECK(scene.admission.worker(at(60), 0).reserved == Approx(0.7));
  CHECK(scene.admits(60));
  for (int i = 0; i < 200; ++i) scene.admission.on_join_begun(0);
  CHECK_FALSE(scene.admits(60));
  for (int i = 0; i < 900; ++i) scene.admission.on_join_ended(at(60), 0, false);
  CHECK(scene.admission.worker(at(60), 0).reserved == 0);
  CHECK(scene.admits(60));
}

TEST_CASE("the first participants' handshakes are not taken for what everybody costs", "[io][admission]") {
  Scene scene;
  scene.workers[0] = {0.05, 0, 0, 1};
  scene.beat(0, 0.05);
  for (int i = 0; i < 50; ++i) scene.join(0);
  CHECK(scene.admits(0));
}

TEST_CASE("a new room goes to the worker with the least load, and of about equal ones to that with the fewest rooms",
          "[io][admission]") {
  Scene scene(0.8, 3);
  std::vector<size_t> rooms = {5, 3, 4};
  CHECK(scene.admission.place(at(0), rooms) == 1);
  scene.workers[0] = {0.10, 0, 0, 10};
  scene.workers[1] = {0.52, 0, 0, 10};
  scene.workers[2] = {0.14, 0, 0, 10};
  scene.beat(0, 0.76);
  CHECK(scene.admission.place(at(60), rooms) == 2);
  rooms[2] = 9;
  CHECK(scene.admission.place(at(120), rooms) == 0);
}

TEST_CASE("rooms that come in a burst are spread before their load shows", "[io][admission]") {
  Scene scene;
  std::vector<size_t> rooms = {10, 10};
  scene.workers[0] = {0.30, 0, 0, 100};
  scene.workers[1] = {0.40, 0, 0, 100};
  scene.beat(0, 0.7);
  for (int i = 0; i < 20; ++i) ++rooms[scene.admission.place(at(0), rooms)];
  // A room counts for 0.035 at first, 0.018 in the end: a few make up for the difference, the others are laid in turn.
  CHECK(rooms[0] > rooms[1]);
  CHECK(rooms[1] >= 15);
}

}  // namespace
}  // namespace tutti::io
