#include "harness/generator.hpp"

#include "harness/crowd.hpp"
#include "harness/measurement.hpp"
#include "harness/own_thread.hpp"

namespace tutti::bench {
namespace {

// Nothing new in so long: it will not come.
constexpr TimeDelta kJoinPatience = TimeDelta::seconds(20);
constexpr TimeDelta kStormPatience = TimeDelta::seconds(60);
// After a storm the last ones' first packets are still on their way.
constexpr TimeDelta kStormRest = TimeDelta::millis(500);

Error failure(const std::string& detail) { return {ErrorKind::kUnavailable, "generator", detail, {}}; }

}  // namespace

struct Generator::Impl {
  Impl(const Scenario& s, Target& t, const GeneratorOptions& o)
      : scenario(s),
        target(t),
        files(allow_open_files(s.people() + 1'000)),
        thread(o.cpu, o.real_time),
        crowd(scenario, t, o) {}

  Result<void> join();
  Result<Step> run(TimeDelta warm_up, TimeDelta duration);
  Result<Step> run_storm();
  void leave();

  const Scenario scenario;
  Target& target;
  bool files;
  OwnThread thread;
  Crowd crowd;
  uint64_t rss_before = 0;
};

Generator::Generator(const Scenario& scenario, Target& target, const GeneratorOptions& options)
    : impl_(std::make_unique<Impl>(scenario, target, options)) {}
Generator::~Generator() = default;
Result<void> Generator::join() { return impl_->join(); }
Result<Step> Generator::run(TimeDelta warm_up, TimeDelta duration) {
  return impl_->scenario.storm ? impl_->run_storm() : impl_->run(warm_up, duration);
}
void Generator::leave() { impl_->leave(); }

Result<void> Generator::Impl::join() {
  if (!files) return failure("too few open files are allowed for " + std::to_string(scenario.people()) + " people");
  for (uint32_t room = 0; room < scenario.rooms; ++room) {
    if (auto made = target.make_room(room_name(room), scenario); !made) return made.error();
  }
  rss_before = target.figures().rss_bytes;
  if (scenario.storm) return {};
  crowd.ask_all_in();
  size_t in = 0;
  for (Timestamp patience = steady_now() + kJoinPatience; in < crowd.size();) {
    const Timestamp now = steady_now();
    crowd.run_until(now + TimeDelta::millis(100), [this] { return crowd.count(Crowd::State::kIn) == crowd.size(); });
    if (crowd.failed() > 0) return failure("not everybody could join: " + crowd.failure());
    if (crowd.count(Crowd::State::kIn) > in) patience = now + kJoinPatience;
    in = crowd.count(Crowd::State::kIn);
    if (now > patience) {
      return failure(std::to_string(crowd.size() - in) + " of " + std::to_string(crowd.size()) + " did not get in");
    }
  }
  return {};
}

Result<Step> Generator::Impl::run(TimeDelta warm_up, TimeDelta duration) {
  crowd.start_media();
  crowd.run_until(steady_now() + warm_up);
  Measurement measurement(scenario, target, crowd, rss_before);
  measurement.begin(duration);
  if (scenario.churn > 0) crowd.set_churn(scenario.churn);
  crowd.run_until(steady_now() + duration);
  measurement.end();
  crowd.set_churn(0);
  Step step = measurement.step();
  if (scenario.churn > 0) measurement.add_joins(step);
  return step;
}

Result<Step> Generator::Impl::run_storm() {
  crowd.start_media();
  Measurement measurement(scenario, target, crowd, rss_before);
  measurement.begin(kStormPatience);
  crowd.ask_all_in();
  crowd.run_until(steady_now() + kStormPatience,
                  [this] { return crowd.count(Crowd::State::kIn) + crowd.failed() >= crowd.size(); });
  measurement.end();
  Step step = measurement.step();
  crowd.run_until(steady_now() + kStormRest);
  measurement.add_joins(step);
  return step;
}

void Generator::Impl::leave() {
  crowd.ask_all_out();
  crowd.run_until(steady_now() + kJoinPatience, [this] {
    return crowd.count(Crowd::State::kOut) + crowd.count(Crowd::State::kAsking) == crowd.size();
  });
}

}  // namespace tutti::bench
