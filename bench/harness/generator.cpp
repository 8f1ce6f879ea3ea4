#include "harness/generator.hpp"

#include <algorithm>
#include <cstdio>
#include <map>

#include "harness/crowd.hpp"
#include "harness/own_thread.hpp"

namespace tutti::bench {
namespace {

// Nothing new in so long: it will not come.
constexpr TimeDelta kJoinPatience = TimeDelta::seconds(20);
constexpr TimeDelta kStormPatience = TimeDelta::seconds(60);
// After a storm the last ones' first packets are still on their way.
constexpr TimeDelta kStormRest = TimeDelta::millis(500);
// A stream may take so long to begin.
constexpr TimeDelta kFirstPacket = TimeDelta::seconds(1);
constexpr double kLatestUs = 5'000, kBusiest = 0.95;
constexpr int32_t kLateMixUs = 20'000;
constexpr double kMixesPerSecond = 50;

Error failure(const std::string& detail) { return {ErrorKind::kUnavailable, "generator", detail, {}}; }

std::string text(const char* format, double value) {
  char out[96];
  std::snprintf(out, sizeof(out), format, value);
  return out;
}

// What the server and we had used up at one time.
struct Snapshot {
  std::vector<std::pair<std::string, double>> counters;
  ProcessFigures server;
  double own_cpu_s = 0;
  uint64_t drops = 0;
  Timestamp at;
};

double share(double part, double whole) { return whole > 0 ? part / whole : 0; }

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

  Snapshot snapshot(bool begins);
  void begin();
  Step finish(const Snapshot& before, const Snapshot& after);
  void add_loss(Step& step, Timestamp end);
  void add_mixes(Step& step);
  void add_joins(Step& step);
  static std::string why_invalid(const Step& step);

  const Scenario scenario;
  Target& target;
  bool files;
  OwnThread thread;
  Crowd crowd;
  uint64_t rss_before = 0;
  size_t asked = 0;
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

// CPU times are the innermost, so that asking for the rest is not measured.
Snapshot Generator::Impl::snapshot(bool begins) {
  Snapshot snapshot;
  if (begins) snapshot.counters = target.counters();
  snapshot.drops = crowd.socket_drops();
  snapshot.server = target.figures();
  snapshot.own_cpu_s = own_cpu_seconds();
  snapshot.at = steady_now();
  if (!begins) snapshot.counters = target.counters();
  return snapshot;
}

void Generator::Impl::begin() {
  crowd.tally() = {};
  crowd.for_each_stream([&](const Person&, size_t, ReceiveStream& stream) {
    stream.at_start = stream.ledger.count();
    stream.first_arrival_ns = 0;
    stream.behind_us.clear();
    if (stream.mix && stream.kind == MediaKind::kAudio) {
      // A quarter more than there is time for: clocks differ, and what was held up comes together.
      stream.behind_us.reserve(static_cast<size_t>(scenario.duration.seconds_f() * kMixesPerSecond * 1.25) + 100);
    }
  });
}

Result<Step> Generator::Impl::run(TimeDelta warm_up, TimeDelta duration) {
  crowd.start_media();
  crowd.run_until(steady_now() + warm_up);
  begin();
  if (scenario.churn > 0) crowd.set_churn(scenario.churn);
  const Snapshot before = snapshot(true);
  crowd.tally().lateness.clear();
  crowd.run_until(before.at + duration);
  const Snapshot after = snapshot(false);
  crowd.set_churn(0);
  Step step = finish(before, after);
  if (scenario.churn > 0) add_joins(step);
  return step;
}

Result<Step> Generator::Impl::run_storm() {
  begin();
  crowd.start_media();
  const Snapshot before = snapshot(true);
  crowd.ask_all_in();
  const auto done = [this] { return crowd.count(Crowd::State::kIn) + crowd.failed() >= crowd.size(); };
  crowd.run_until(before.at + kStormPatience, done);
  const Snapshot after = snapshot(false);
  Step step = finish(before, after);
  crowd.run_until(after.at + kStormRest);
  add_joins(step);
  step.joins->failed += crowd.size() - crowd.count(Crowd::State::kIn) - crowd.failed();
  return step;
}

Step Generator::Impl::finish(const Snapshot& before, const Snapshot& after) {
  const Tally& tally = crowd.tally();
  Step step;
  step.load = scenario.load;
  count_work(scenario, crowd.people(), step);
  step.seconds = (after.at - before.at).seconds_f();
  const double s = std::max(step.seconds, 1e-6);
  step.packets_in_per_s = static_cast<double>(tally.sent) / s;
  step.packets_out_per_s = static_cast<double>(tally.received) / s;
  step.mbit_out_per_s = static_cast<double>(tally.received_bytes) * 8e-6 / s;
  step.decrypted = tally.decrypted;
  step.unreadable = tally.unreadable;
  step.retransmitted = tally.retransmitted;
  step.nacks = tally.nacks;
  step.keyframes = tally.keyframes;
  step.latency = tally.latency.spread();
  step.send_late_p99_us = tally.lateness.spread().p99;
  step.send_late_max_us = tally.lateness.spread().max;
  add_loss(step, after.at);
  add_mixes(step);

  const double cpu_s = static_cast<double>(after.server.cpu_ns - before.server.cpu_ns) / 1e9;
  const double user_s = after.server.user_s - before.server.user_s;
  const double system_s = after.server.system_s - before.server.system_s;
  step.cpu_cores = cpu_s / s;
  step.codec_cores = static_cast<double>(after.server.codec_ns - before.server.codec_ns) / 1e9 / s;
  step.user_share = share(user_s, user_s + system_s);
  step.cpu_us_per_packet_out = share(cpu_s * 1e6, static_cast<double>(tally.received));
  const auto grown = static_cast<double>(after.server.rss_bytes) - static_cast<double>(rss_before);
  step.rss_kib = static_cast<double>(after.server.rss_bytes) / 1'024;
  step.kib_per_participant = share(std::max(0.0, grown) / 1'024, static_cast<double>(step.participants));
  std::map<std::string, double> earlier(before.counters.begin(), before.counters.end());
  for (const auto& [name, value] : after.counters) {
    if (value != earlier[name]) step.server_counters.emplace_back(name, value - earlier[name]);
  }
  step.generator_cores = (after.own_cpu_s - before.own_cpu_s) / s;
  step.socket_drops = after.drops - std::min(after.drops, before.drops);
  step.invalid = why_invalid(step);
  return step;
}

// By sequence numbers; a stream of which nothing ever came should have been like the others of its kind, for as long as
// its person has been there. Slots that the server fills as it likes may be empty.
void Generator::Impl::add_loss(Step& step, Timestamp end) {
  ReceiveCount all = crowd.tally().count;
  int64_t mended = crowd.tally().mended;
  std::array<int64_t, 2> expected{}, begun{};
  std::array<double, 2> silent{};  // in measurements
  crowd.for_each_stream([&](const Person& person, size_t index, ReceiveStream& stream) {
    const ReceiveCount seen = stream.ledger.count() - stream.at_start;
    const auto kind = static_cast<size_t>(stream.kind);
    all += seen;
    if (person.plan().role->down.any() || person.plan().role->up.any()) mended += seen.mended;
    expected[kind] += seen.expected;
    if (stream.ledger.begun()) {
      ++begun[kind];
    } else if (person.plan().slots[index].track != "auto") {
      const double there_s = (end - person.connected_at()).seconds_f();
      if (there_s > kFirstPacket.seconds_f()) silent[kind] += std::min(1.0, there_s / step.seconds);
    }
  });
  int64_t missing = std::max<int64_t>(0, all.expected - all.arrived - mended);
  for (size_t kind = 0; kind < 2; ++kind) {
    const double each = begun[kind] > 0 ? static_cast<double>(expected[kind]) / static_cast<double>(begun[kind]) : 1;
    const auto never = static_cast<int64_t>(silent[kind] * each);
    missing += never;
    all.expected += never;
  }
  step.loss = share(static_cast<double>(missing), static_cast<double>(all.expected));
}

// Each stream against its own schedule, which is its median.
void Generator::Impl::add_mixes(Step& step) {
  Histogram lateness;
  crowd.for_each_stream([&](const Person&, size_t, ReceiveStream& stream) {
    if (stream.behind_us.empty()) return;
    std::vector<int32_t> sorted = stream.behind_us;
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2), sorted.end());
    const int32_t median = sorted[sorted.size() / 2];
    for (const int32_t behind : stream.behind_us) {
      lateness.add(int64_t{behind - median} * 1'000);
      if (behind - median >= kLateMixUs) ++step.late_mixes;
    }
    step.mixes += stream.behind_us.size();
  });
  step.mix_lateness = lateness.spread();
}

void Generator::Impl::add_joins(Step& step) {
  const Tally& tally = crowd.tally();
  JoinPhases joins;
  joins.joined = tally.joined;
  joins.failed = tally.failed;
  const double s = scenario.storm ? (crowd.last_in() - crowd.first_asked()).seconds_f() : step.seconds;
  joins.joins_per_s = share(static_cast<double>(tally.joined), s);
  joins.rest = tally.rest.spread();
  joins.ice = tally.ice.spread();
  joins.dtls = tally.dtls.spread();
  joins.all = tally.all.spread();
  joins.first_media = tally.first_media.spread();
  step.joins = joins;
}

std::string Generator::Impl::why_invalid(const Step& step) {
  std::string why;
  const auto add = [&why](const std::string& reason) {
    why += (why.empty() ? "the generator was the bottleneck: " : ", ") + reason;
  };
  if (step.send_late_p99_us > kLatestUs) add(text("it sent %.1f ms late (p99)", step.send_late_p99_us / 1e3));
  if (step.generator_cores > kBusiest) add(text("it was busy for %.0f %% of the time", step.generator_cores * 100));
  if (step.socket_drops > 0) add(text("its sockets overflowed %.0f times", static_cast<double>(step.socket_drops)));
  return why;
}

void Generator::Impl::leave() {
  crowd.ask_all_out();
  crowd.run_until(steady_now() + kJoinPatience, [this] {
    return crowd.count(Crowd::State::kOut) + crowd.count(Crowd::State::kAsking) == crowd.size();
  });
}

}  // namespace tutti::bench
