#include "harness/measurement.hpp"

#include <algorithm>
#include <cstdio>
#include <map>

#include "harness/due.hpp"
#include "harness/own_thread.hpp"

namespace tutti::bench {
namespace {

// Asking the server for its counters takes a moment, in which packets pile up.
constexpr TimeDelta kCatchUp = TimeDelta::millis(20);
// A stream may take so long to begin.
constexpr TimeDelta kFirstPacket = TimeDelta::seconds(1);
// What was sent before the end is here by then, or has been lost.
constexpr TimeDelta kDrain = TimeDelta::millis(200);
constexpr double kLatestUs = 5'000, kBusiest = 0.95;
constexpr int32_t kLateMixUs = 20'000;

double share(double part, double whole) { return whole > 0 ? part / whole : 0; }

std::string text(const char* format, double value) {
  char out[96];
  std::snprintf(out, sizeof(out), format, value);
  return out;
}

std::string why_invalid(const Step& step) {
  std::string why;
  const auto add = [&why](const std::string& reason) {
    why += (why.empty() ? "the generator was the bottleneck: " : ", ") + reason;
  };
  if (step.send_late_p99_us > kLatestUs) add(text("it sent %.1f ms late (p99)", step.send_late_p99_us / 1e3));
  if (step.generator_cores > kBusiest) add(text("it was busy for %.0f %% of the time", step.generator_cores * 100));
  if (step.socket_drops > 0) add(text("its sockets overflowed %.0f times", static_cast<double>(step.socket_drops)));
  return why;
}

}  // namespace

void Measurement::begin(TimeDelta duration) {
  counters_before_ = target_.counters();
  crowd_.run_until(steady_now() + kCatchUp);
  crowd_.tally() = {};
  crowd_.for_each_stream([&](const Person&, size_t, ReceiveStream& stream) {
    stream.at_start = stream.ledger.count();
    stream.first_arrival_ns = 0;
    stream.behind_us.clear();
    if (stream.mix && stream.kind == MediaKind::kAudio) {
      // A quarter more than there is time for: clocks differ, and what was held up comes together.
      stream.behind_us.reserve(static_cast<size_t>(duration.seconds_f() * kMixesPerSecond * 1.25) + 100);
    }
  });
  before_ = snapshot();
}

void Measurement::end() {
  after_ = snapshot();
  ended_ = crowd_.tally();
  crowd_.run_until(steady_now() + kDrain);
  counted_ = steady_now();
  after_.drops = crowd_.socket_drops();
  // The last thing: a server that hangs does not answer, and is not to be waited for while it may recover.
  counters_after_ = target_.counters();
}

Measurement::Snapshot Measurement::snapshot() {
  Snapshot snapshot;
  snapshot.drops = crowd_.socket_drops();
  snapshot.refused = crowd_.refused_sends();
  snapshot.server = target_.figures();
  snapshot.own_cpu_s = own_cpu_seconds();
  snapshot.at = steady_now();
  return snapshot;
}

Step Measurement::step() {
  const Tally& tally = ended_;
  Step step;
  step.load = scenario_.load;
  count_work(scenario_, crowd_.people(), step);
  step.seconds = (after_.at - before_.at).seconds_f();
  const double s = std::max(step.seconds, 1e-6);
  step.packets_in_per_s = static_cast<double>(tally.sent) / s;
  step.packets_out_per_s = static_cast<double>(tally.received) / s;
  step.mbit_out_per_s = static_cast<double>(tally.received_bytes) * 8e-6 / s;
  step.decrypted = tally.decrypted;
  step.unreadable = tally.unreadable;
  step.retransmitted = tally.retransmitted;
  step.nacks = tally.nacks;
  step.keyframes = tally.keyframes;
  // What came late came after the end, perhaps.
  step.latency = crowd_.tally().latency.spread();
  step.send_late_p99_us = tally.lateness.spread().p99;
  step.send_late_max_us = tally.lateness.spread().max;
  add_loss(step);
  add_mixes(step);

  const double cpu_s = static_cast<double>(after_.server.cpu_ns - before_.server.cpu_ns) / 1e9;
  const double user_s = after_.server.user_s - before_.server.user_s;
  const double system_s = after_.server.system_s - before_.server.system_s;
  step.cpu_cores = cpu_s / s;
  step.codec_cores = static_cast<double>(after_.server.codec_ns - before_.server.codec_ns) / 1e9 / s;
  step.user_share = share(user_s, user_s + system_s);
  step.cpu_us_per_packet_out = share(cpu_s * 1e6, static_cast<double>(tally.received));
  step.streams_out_per_core = share(static_cast<double>(step.streams_out), step.cpu_cores);
  step.packets_out_per_core = share(step.packets_out_per_s, step.cpu_cores);
  const auto grown = static_cast<double>(after_.server.rss_bytes) - static_cast<double>(rss_before_);
  step.rss_kib = static_cast<double>(after_.server.rss_bytes) / 1'024;
  step.kib_per_participant = share(std::max(0.0, grown) / 1'024, static_cast<double>(step.participants));
  std::map<std::string, double> earlier(counters_before_.begin(), counters_before_.end());
  for (const auto& [name, value] : counters_after_) {
    if (name == "mix_frames_skipped_total") step.mix_frames_skipped = value - earlier[name];
    if (value != earlier[name]) step.server_counters.emplace_back(name, value - earlier[name]);
  }
  step.generator_cores = (after_.own_cpu_s - before_.own_cpu_s) / s;
  step.socket_drops = after_.drops - std::min(after_.drops, before_.drops);
  step.refused_sends = after_.refused - std::min(after_.refused, before_.refused);
  step.invalid = why_invalid(step);
  return step;
}

// By sequence numbers, and what streams owe that have gone quiet: at their source's rate, or that of a composed picture
// so far. A stream of which nothing ever came should have been like the others of its kind, for as long as its person
// has been there. Slots that the server fills as it likes may be empty.
void Measurement::add_loss(Step& step) {
  ReceiveCount all = crowd_.tally().count;
  int64_t mended = crowd_.tally().mended;
  std::array<int64_t, 2> expected{}, begun{};
  std::array<double, 2> silent{};  // in measurements
  double owed = 0;
  crowd_.for_each_stream([&](const Person& person, size_t index, ReceiveStream& stream) {
    const ReceiveCount seen = stream.ledger.count() - stream.at_start;
    const auto kind = static_cast<size_t>(stream.kind);
    all += seen;
    if (person.plan().role->down.any() || person.plan().role->up.any()) mended += seen.mended;
    expected[kind] += seen.expected;
    const bool promised = person.plan().slots[index].track != "auto";
    if (stream.ledger.begun()) {
      ++begun[kind];
      double rate = stream.packets_per_s;
      if (rate == 0) {
        const double s = (stream.last_arrival - person.connected_at()).seconds_f();
        rate = share(static_cast<double>(stream.ledger.count().expected), s);
      }
      if (promised) owed += owed_packets(rate, stream.last_arrival, before_.at, counted_);
    } else if (promised) {
      const double there_s = (after_.at - person.connected_at()).seconds_f();
      if (there_s > kFirstPacket.seconds_f()) silent[kind] += std::min(1.0, there_s / step.seconds);
    }
  });
  all.expected += static_cast<int64_t>(owed);
  int64_t missing = std::max<int64_t>(0, all.expected - all.arrived - mended);
  for (size_t kind = 0; kind < 2; ++kind) {
    const double each = begun[kind] > 0 ? static_cast<double>(expected[kind]) / static_cast<double>(begun[kind]) : 1;
    const auto never = static_cast<int64_t>(silent[kind] * each);
    missing += never;
    all.expected += never;
  }
  step.loss = share(static_cast<double>(missing), static_cast<double>(all.expected));
}

// Each stream against its own schedule, which is its median, and against how many there should be, where no network
// that we make up ourselves loses some.
void Measurement::add_mixes(Step& step) {
  Histogram lateness;
  crowd_.for_each_stream([&](const Person& person, size_t, ReceiveStream& stream) {
    if (stream.mix && stream.kind == MediaKind::kAudio && !person.plan().role->down.any()) {
      step.mixes_due += due_mixes(counted_ - std::max(before_.at, person.connected_at()));
      step.mixes_arrived += static_cast<double>((stream.ledger.count() - stream.at_start).arrived);
    }
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

void Measurement::add_joins(Step& step) const {
  // Of a storm, what has come since, too.
  const Tally& tally = scenario_.storm ? crowd_.tally() : ended_;
  JoinPhases joins;
  joins.joined = tally.joined;
  // Of a storm also who is not in after all that time.
  const size_t out = scenario_.storm ? crowd_.size() - crowd_.count(Crowd::State::kIn) : 0;
  joins.failed = std::max<uint64_t>(tally.failed, out);
  const double s = scenario_.storm ? (crowd_.last_in() - crowd_.first_asked()).seconds_f() : step.seconds;
  joins.joins_per_s = share(static_cast<double>(tally.joined), s);
  if (scenario_.scale.kind == Scale::Kind::kJoinsPerSecond) joins.due_per_s = scenario_.load;
  joins.rest = tally.rest.spread();
  joins.ice = tally.ice.spread();
  joins.dtls = tally.dtls.spread();
  joins.all = tally.all.spread();
  joins.first_media = tally.first_media.spread();
  step.joins = joins;
}

}  // namespace tutti::bench
