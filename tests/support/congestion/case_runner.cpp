#include "support/congestion/case_runner.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace tutti::test {
namespace {

constexpr double kSettle = 10, kFairFrom = 60;
constexpr TimeDelta kWindow = TimeDelta::seconds(1);

RateSchedule schedule(Timestamp begin, const std::vector<CongestionCase::RateStep>& steps) {
  std::vector<RateSchedule::Step> out;
  for (const auto& s : steps) out.push_back({begin + TimeDelta::seconds(s.seconds), s.rate});
  return RateSchedule(std::move(out));
}

double mbps(DataRate rate) { return static_cast<double>(rate.bps()) / 1e6; }
double share_of(DataRate part, DataRate whole) {
  return static_cast<double>(part.bps()) / static_cast<double>(whole.bps());
}

}  // namespace

struct CaseRunner::Party {
  CongestionCase::MediaFlow what;
  NetworkPath there, back;
  std::unique_ptr<Flow> flow;
};

// Fetches something, reads it for a while, and fetches the next.
struct CaseRunner::ShortTcp final : Actor {
  ShortTcp(Timestamp begin, uint64_t seed, NetworkPath& data, NetworkPath& acks, TcpFlow::OnDelivered on_delivered)
      : random(seed), tcp(data, acks, TcpFlow::Control::kCubic, std::move(on_delivered)), next(begin + pause()) {}

  Timestamp next_deadline() const override {
    return tcp.is_done() ? std::min(next, tcp.next_deadline()) : tcp.next_deadline();
  }
  void handle_deadline(Timestamp now) override {
    const bool was_done = tcp.is_done();
    if (tcp.next_deadline() <= now) tcp.handle_deadline(now);
    if (!tcp.is_done()) return;
    if (!was_done) next = now + pause();
    if (next <= now)
      tcp.start(now, TcpFlow::segments(DataSize::bytes(100'000 + static_cast<int64_t>(random.below(900'000)))));
  }
  TimeDelta pause() { return TimeDelta::seconds_f(-10 * std::log(1 - random.unit())); }

  SeededRandom random;
  TcpFlow tcp;
  Timestamp next;
};

CaseRunner::CaseRunner(const CongestionCase& what, Stage& stage)
    : case_(what), stage_(stage), begin_(stage.now()), tcp_meter_(begin_) {
  forward_ = std::make_unique<Bottleneck>(schedule(begin_, what.forward), what.queue);
  if (!what.backward.empty()) backward_ = std::make_unique<Bottleneck>(schedule(begin_, what.backward), what.queue);
  uint64_t seed = what.seed * 1000;
  for (size_t i = 0; i < what.media.size(); ++i) {
    const auto& m = what.media[i];
    Bottleneck *there = forward_.get(), *back = backward_.get();
    if (m.backward) std::swap(there, back);
    const NetworkPath::Conditions lossy{m.delay, TimeDelta::millis(30), what.loss},
        lossless{m.delay, TimeDelta::millis(30), 0};
    parties_.push_back(std::make_unique<Party>(Party{m, {lossy, there, ++seed}, {lossless, back, ++seed}, nullptr}));
    Party& p = *parties_.back();
    p.flow = stage.make_flow(m, i, p.there, p.back);
  }
  const auto delivered = [this](Timestamp now, DataSize size, TimeDelta waited) {
    tcp_meter_.on_delivered(now, size, waited, false);
  };
  for (int i = 0; i < what.tcp.long_flows + what.tcp.short_flows; ++i) {
    tcp_paths_.push_back(std::make_unique<NetworkPath>(NetworkPath::Conditions{}, forward_.get(), ++seed));
    NetworkPath& data = *tcp_paths_.back();
    tcp_paths_.push_back(std::make_unique<NetworkPath>(NetworkPath::Conditions{}, backward_.get(), ++seed));
    NetworkPath& acks = *tcp_paths_.back();
    if (i < what.tcp.long_flows) {
      auto tcp = std::make_unique<TcpFlow>(data, acks, TcpFlow::Control::kCubic, delivered);
      long_tcp_.push_back(tcp.get());
      tcp_.push_back(std::move(tcp));
    } else {
      tcp_.push_back(std::make_unique<ShortTcp>(begin_, ++seed, data, acks, delivered));
    }
    stage.attach(*tcp_.back());
  }
  rates_.push_back({"link", {}});
  for (size_t i = 0; i < parties_.size(); ++i) {
    rates_.push_back({"flow " + std::to_string(i + 1), {}});
    rates_.push_back({"estimate " + std::to_string(i + 1), {}});
  }
  if (!tcp_.empty()) rates_.push_back({"TCP", {}});
  queue_.push_back({"queue", {}});
}
CaseRunner::~CaseRunner() = default;

CongestionResult CaseRunner::run() {
  for (int second = 0; second < case_.seconds; ++second) {
    act(second);
    for (int tenth = 1; tenth <= 10; ++tenth) {
      stage_.run_until(begin_ + TimeDelta::seconds(second) + TimeDelta::millis(100 * tenth));
      sample();
    }
  }
  return reckon();
}

void CaseRunner::act(int second) {
  const Timestamp now = stage_.now();
  if (second == 0) {
    for (TcpFlow* tcp : long_tcp_) tcp->start(now, TcpFlow::kEndless);
  }
  for (auto& p : parties_) {
    if (p->what.start == second) p->flow->start(now);
    if (p->what.stop == second) p->flow->stop(now);
    if (p->what.pause == second) p->flow->set_paused(now, true);
    if (p->what.resume == second) p->flow->set_paused(now, false);
  }
}

void CaseRunner::sample() {
  const Timestamp now = stage_.now(), from = std::max(begin_, now - kWindow);
  const double t = (now - begin_).seconds_f();
  size_t curve = 0;
  const auto add = [&](DataRate rate) { rates_[curve++].samples.push_back({t, mbps(rate)}); };
  add(forward_->rate().at(now - TimeDelta::millis(1)));
  for (const auto& p : parties_) {
    add(p->flow->meter().rate(from, now));
    add(p->flow->estimate());
  }
  if (!tcp_.empty()) add(tcp_meter_.rate(from, now));
  queue_[0].samples.push_back({t, static_cast<double>(forward_->queue(now).us()) / 1000});
}

std::vector<std::pair<int, int>> CaseRunner::steady_spans() const {
  std::set<int> events = {0, case_.seconds};
  for (const auto& s : case_.forward) events.insert(s.seconds);
  for (const auto& m : case_.media) {
    events.insert(m.start);
    for (const auto& e : {m.stop, m.pause, m.resume}) {
      if (e) events.insert(*e);
    }
  }
  std::vector<std::pair<int, int>> spans;
  for (auto e = events.begin(); std::next(e) != events.end(); ++e) {
    const int from = *e + static_cast<int>(kSettle), to = *std::next(e);
    if (from < to) spans.emplace_back(from, to);
  }
  return spans;
}

// Of the forward link, by everybody.
DataRate CaseRunner::delivered(Timestamp from, Timestamp to) const {
  int64_t sum = tcp_meter_.rate(from, to).bps();
  for (const auto& p : parties_) sum += p->what.backward ? 0 : p->flow->meter().rate(from, to).bps();
  return DataRate::bps(sum);
}

// By all forward flows together.
DataRate CaseRunner::estimated_rate(double seconds) const {
  const auto tenth = static_cast<size_t>(std::max(0L, std::lround(seconds * 10) - 1));
  double sum = 0;
  for (size_t i = 0; i < parties_.size(); ++i) {
    if (!parties_[i]->what.backward) sum += rates_[2 + 2 * i].samples[tenth].value;
  }
  return DataRate::bps(std::llround(sum * 1e6));
}

std::optional<TimeDelta> CaseRunner::recovery(const std::function<DataRate(double)>& achieved) const {
  std::optional<TimeDelta> longest;
  for (size_t i = 1; i < case_.forward.size(); ++i) {
    if (case_.forward[i].rate < case_.forward[i - 1].rate) continue;
    const double from = case_.forward[i].seconds,
                 to = i + 1 < case_.forward.size() ? case_.forward[i + 1].seconds : case_.seconds;
    const auto wanted = static_cast<int64_t>(0.9 * static_cast<double>(case_.forward[i].rate.bps()));
    TimeDelta took = TimeDelta::infinite();
    for (double t = from + 1; t <= to && !took.is_finite(); t += 0.1) {
      if (achieved(t).bps() >= wanted) took = TimeDelta::seconds_f(t - from);
    }
    longest = std::max(longest.value_or(took), took);
  }
  return longest;
}

CongestionResult CaseRunner::reckon() const {
  CongestionResult r;
  r.what = case_;
  const auto spans = steady_spans();
  double carried = 0, used = 0, media = 0, estimated = 0, estimates = 0;
  std::vector<int64_t> fair(parties_.size());
  const auto forward_flows =
      std::count_if(parties_.begin(), parties_.end(), [](const auto& p) { return !p->what.backward; });
  for (const auto& [from, to] : spans) {
    const Timestamp begin = at(from), end = at(to);
    carried += static_cast<double>(forward_->rate().carried(begin, end).bytes());
    used += static_cast<double>((delivered(begin, end) * (end - begin)).bytes());
    for (size_t i = 0; i < parties_.size(); ++i) {
      if (parties_[i]->what.backward) continue;
      media += static_cast<double>((parties_[i]->flow->meter().goodput(begin, end) * (end - begin)).bytes());
      const Timestamp fair_begin = at(std::max<double>(from, kFairFrom));
      if (fair_begin < end) fair[i] += (parties_[i]->flow->meter().rate(fair_begin, end) * (end - fair_begin)).bytes();
      for (const Sample& s : rates_[2 + 2 * i].samples) {
        if (s.seconds <= from || s.seconds > to) continue;
        estimated += s.value / mbps(forward_->rate().at(at(s.seconds - 0.001)));
        estimates += i == 0 ? 1 : 0;
      }
    }
  }
  r.utilisation = used / carried;
  r.media_share = media / carried;
  r.estimate = estimated / estimates;

  std::vector<TimeDelta> waits;
  double loss = 0;
  std::vector<DataRate> like;
  int64_t media_rate = 0;
  const Timestamp end = at(case_.seconds);
  for (size_t i = 0; i < parties_.size(); ++i) {
    const Party& p = *parties_[i];
    if (p.what.backward) continue;
    const FlowMeter& m = p.flow->meter();
    m.collect_waits(begin_, end, waits);
    loss = std::max(loss, m.loss(begin_, end));
    like.push_back(DataRate::bps(fair[i]));
    media_rate += m.rate(at(p.what.start + kSettle), end).bps() / forward_flows;
  }
  r.queue_p95 = percentile(std::move(waits), 0.95);
  r.loss = loss;
  if (like.size() > 1) r.jain = jain_index(like);
  if (!tcp_.empty()) {
    const auto share =
        forward_->rate().at(begin_).bps() / (forward_flows + case_.tcp.long_flows + case_.tcp.short_flows);
    r.tcp_ratio = share_of(DataRate::bps(media_rate), DataRate::bps(share));
  }
  r.recovery = recovery([this](double t) { return delivered(at(t) - kWindow, at(t)); });
  r.estimate_recovery = recovery([this](double t) { return estimated_rate(t); });
  r.rates = rates_;
  r.queue = queue_;
  return r;
}

}  // namespace tutti::test
