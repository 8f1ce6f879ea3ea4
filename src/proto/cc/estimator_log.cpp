#include "tutti/proto/cc/estimator_log.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace tutti::cc {
namespace {

// Lines are flat objects of numbers, but for the kind: {"at":12000,"kind":"sent","size":1200}. Times in microseconds on
// the estimator's clock (`arrived` on the receiver's), sizes in bytes, rates in bit/s. The first line is the
// configuration.
class LineWriter {
 public:
  LineWriter(std::string& out, Timestamp at, std::string_view kind) : out_(out) {
    out_ += "{\"at\":";
    number(at.us());
    out_ += ",\"kind\":\"";
    out_ += kind;
    out_ += '"';
  }
  ~LineWriter() { out_ += "}\n"; }
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  LineWriter& field(std::string_view name, auto value) {
    out_ += ",\"";
    out_ += name;
    out_ += "\":";
    number(value);
    return *this;
  }

 private:
  void number(auto value) {
    std::array<char, 32> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    out_.append(text.data(), end);
  }
  std::string& out_;
};

class LineReader {
 public:
  explicit LineReader(std::string_view line) : line_(line) {}

  std::string_view kind() const {
    const std::string_view rest = after("kind");
    if (rest.empty() || rest.front() != '"') return {};
    return rest.substr(1, rest.find('"', 1) - 1);
  }
  bool has(std::string_view name) const { return !after(name).empty(); }
  // 0 and not ok() if it is absent or no number.
  template <class T = int64_t>
  T number(std::string_view name) {
    const std::string_view rest = after(name);
    T value = 0;
    if (std::from_chars(rest.data(), rest.data() + rest.size(), value).ec != std::errc()) ok_ = false;
    return value;
  }
  bool ok() const { return ok_; }

 private:
  std::string_view after(std::string_view name) const {
    for (size_t at = line_.find(name); at != std::string_view::npos; at = line_.find(name, at + 1)) {
      const size_t end = at + name.size();
      if (at > 0 && line_[at - 1] == '"' && line_.substr(end, 2) == "\":") return line_.substr(end + 2);
    }
    return {};
  }
  std::string_view line_;
  bool ok_ = true;
};

struct Write {
  std::string& out;
  Timestamp at;
  void operator()(const SentRecord& r) const { LineWriter(out, at, "sent").field("size", r.size.bytes()); }
  void operator()(const FeedbackRecord& r) const {
    LineWriter line(out, at, "feedback");
    line.field("sequence", r.packet.sequence.value())
        .field("sent", r.packet.sent.us())
        .field("size", r.packet.size.bytes());
    if (r.packet.arrived) line.field("arrived", r.packet.arrived->us());
    if (r.packet.probe != 0) line.field("probe", int{r.packet.probe});
    if (r.packet.was_lost) line.field("was_lost", 1);
    if (r.last) line.field("last", 1);
  }
  void operator()(const RoundTripRecord& r) const { LineWriter(out, at, "round_trip").field("sample", r.sample.us()); }
  void operator()(const ReceiverReportRecord& r) const { LineWriter(out, at, "report").field("lost", r.fraction_lost); }
  void operator()(const RembRecord& r) const { LineWriter(out, at, "remb").field("rate", r.rate.bps()); }
  void operator()(const NeededRecord& r) const { LineWriter(out, at, "needed").field("rate", r.needed.bps()); }
  void operator()(const DeadlineRecord&) const { LineWriter(out, at, "deadline"); }
  void operator()(const EstimateRecord& r) const {
    const Estimate& e = r.estimate;
    LineWriter line(out, at, "estimate");
    line.field("target", e.target.bps()).field("delay", e.delay_based.bps()).field("loss_rate", e.loss_based.bps());
    if (e.acknowledged) line.field("acknowledged", e.acknowledged->bps());
    if (e.link_capacity) line.field("capacity", e.link_capacity->bps());
    line.field("loss", e.loss)
        .field("round_trip", e.round_trip.us())
        .field("queue", e.queue.us())
        .field("use", static_cast<int>(e.use))
        .field("limited_by", static_cast<int>(e.limited_by))
        .field("application_limited", int{e.application_limited});
  }
  void operator()(const ProbeRecord& r) const {
    LineWriter(out, at, "probe")
        .field("id", int{r.cluster.id})
        .field("rate", r.cluster.rate.bps())
        .field("packets", r.cluster.min_packets)
        .field("duration", r.cluster.min_duration.us());
  }
};

Estimate read_estimate(LineReader& line) {
  Estimate e;
  e.target = DataRate::bps(line.number("target"));
  e.delay_based = DataRate::bps(line.number("delay"));
  e.loss_based = DataRate::bps(line.number("loss_rate"));
  if (line.has("acknowledged")) e.acknowledged = DataRate::bps(line.number("acknowledged"));
  if (line.has("capacity")) e.link_capacity = DataRate::bps(line.number("capacity"));
  e.loss = line.number<double>("loss");
  e.round_trip = TimeDelta::micros(line.number("round_trip"));
  e.queue = TimeDelta::micros(line.number("queue"));
  e.use = static_cast<PathUse>(std::clamp<int64_t>(line.number("use"), 0, static_cast<int64_t>(PathUse::kUnder)));
  e.limited_by = static_cast<LimitedBy>(
      std::clamp<int64_t>(line.number("limited_by"), 0, static_cast<int64_t>(LimitedBy::kMaximum)));
  e.application_limited = line.number("application_limited") != 0;
  return e;
}

FeedbackRecord read_feedback(LineReader& line) {
  FeedbackRecord r;
  r.packet.sequence = ExtSeqNum(line.number("sequence"));
  r.packet.sent = Timestamp::from_us(line.number("sent"));
  r.packet.size = DataSize::bytes(line.number("size"));
  if (line.has("arrived")) r.packet.arrived = Timestamp::from_us(line.number("arrived"));
  if (line.has("probe")) r.packet.probe = line.number<uint8_t>("probe");
  r.packet.was_lost = line.has("was_lost");
  r.last = line.has("last");
  return r;
}

ProbeRecord read_probe(LineReader& line) {
  return {{line.number<uint8_t>("id"), DataRate::bps(line.number("rate")), line.number<size_t>("packets"),
           TimeDelta::micros(line.number("duration"))}};
}

// The record of a line, or nothing if its kind is unknown.
std::optional<EstimatorRecord> read_record(LineReader& line) {
  const Timestamp at = Timestamp::from_us(line.number("at"));
  const std::string_view kind = line.kind();
  if (kind == "sent") return EstimatorRecord{at, SentRecord{DataSize::bytes(line.number("size"))}};
  if (kind == "feedback") return EstimatorRecord{at, read_feedback(line)};
  if (kind == "round_trip") return EstimatorRecord{at, RoundTripRecord{TimeDelta::micros(line.number("sample"))}};
  if (kind == "report") return EstimatorRecord{at, ReceiverReportRecord{line.number<double>("lost")}};
  if (kind == "remb") return EstimatorRecord{at, RembRecord{DataRate::bps(line.number("rate"))}};
  if (kind == "needed") return EstimatorRecord{at, NeededRecord{DataRate::bps(line.number("rate"))}};
  if (kind == "deadline") return EstimatorRecord{at, DeadlineRecord{}};
  if (kind == "estimate") return EstimatorRecord{at, EstimateRecord{read_estimate(line)}};
  if (kind == "probe") return EstimatorRecord{at, read_probe(line)};
  return std::nullopt;
}

// The first line, and takes it off.
std::string_view take_line(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace

EstimatorLog::EstimatorLog(const EstimatorConfig& config, Timestamp start, size_t capacity)
    : config_(config), start_(start), ring_(std::max<size_t>(capacity, 1)) {}

void EstimatorLog::add(const EstimatorRecord& record) {
  if (count_ < ring_.size()) {
    ring_[(first_ + count_++) % ring_.size()] = record;
    return;
  }
  ring_[first_] = record;
  first_ = (first_ + 1) % ring_.size();
  ++forgotten_;
}

std::string EstimatorLog::to_json_lines() const {
  std::string out;
  LineWriter(out, start_, "config")
      .field("start", config_.start.bps())
      .field("min", config_.min.bps())
      .field("max", config_.max.bps())
      .field("forgotten", forgotten_);
  for (size_t i = 0; i < count_; ++i) std::visit(Write{out, (*this)[i].at}, (*this)[i].what);
  return out;
}

std::optional<EstimatorLog> EstimatorLog::from_json_lines(std::string_view text) {
  const auto lines = static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  LineReader head(take_line(text));
  if (head.kind() != "config") return std::nullopt;
  EstimatorConfig config;
  config.start = DataRate::bps(head.number("start"));
  config.min = DataRate::bps(head.number("min"));
  config.max = DataRate::bps(head.number("max"));
  EstimatorLog log(config, Timestamp::from_us(head.number("at")), lines);
  log.forgotten_ = head.number<uint64_t>("forgotten");
  if (!head.ok()) return std::nullopt;
  while (!text.empty()) {
    const std::string_view text_line = take_line(text);
    if (text_line.empty()) continue;
    LineReader line(text_line);
    const auto record = read_record(line);
    if (!line.ok()) return std::nullopt;
    if (record) log.add(*record);
  }
  return log;
}

}  // namespace tutti::cc
