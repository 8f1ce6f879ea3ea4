#include "api/metrics_text.hpp"

#include <charconv>

namespace tutti::api {
namespace {

// Lines of one metric, headed once.
class Text {
 public:
  void head(const std::string& name, std::string_view type, std::string_view help) {
    name_ = name;
    out_ += "# HELP " + name + " " + std::string(help) + "\n# TYPE " + name + " " + std::string(type) + "\n";
  }
  void line(const std::string& labels, uint64_t value) { line(labels, std::to_string(value)); }
  void line(const std::string& labels, double value) {
    char text[32];
    line(labels, std::string(text, std::to_chars(text, text + sizeof text, value, std::chars_format::general, 4).ptr));
  }
  std::string take() { return std::move(out_); }

 private:
  void line(const std::string& labels, const std::string& value) {
    out_ += name_;
    if (!labels.empty()) out_ += "{" + labels + "}";
    out_ += " " + value + "\n";
  }
  std::string name_;
  std::string out_;
};

std::string label(std::string_view name, std::string_view value) {
  return std::string(name) + "=\"" + std::string(value) + "\"";
}

std::string worker_label(const WorkerReport& worker) { return label("worker", std::to_string(worker.index)); }

struct Gauge {
  const char* name;
  const char* help;
  uint64_t WorkerReport::*member;
};
constexpr Gauge kGauges[] = {
    {"tutti_rooms", "Rooms.", &WorkerReport::rooms},
    {"tutti_participants", "Participants.", &WorkerReport::participants},
    {"tutti_tracks", "Published tracks.", &WorkerReport::tracks},
    {"tutti_slots", "Receiving slots.", &WorkerReport::slots},
    {"tutti_mixed_members", "Participants of rooms that mix.", &WorkerReport::mixed_members},
    {"tutti_video_encoders", "Encoders of composed pictures.", &WorkerReport::video_encoders},
    {"tutti_video_decoders", "Tracks that are decoded for compositions.", &WorkerReport::video_decoders},
    {"tutti_pool_packets_in_use", "Packets held in the worker's pool.", &WorkerReport::pool_packets_in_use},
    {"tutti_pool_packets_capacity", "Packets the worker's pool has memory for.", &WorkerReport::pool_packets_capacity},
};

struct LoadGauge {
  const char* name;  // behind "tutti_" and "tutti_worker_"
  const char* help;
  double LoadReport::*member;
};
constexpr LoadGauge kLoadGauges[] = {
    {"load", "what is compared with admission.limit: the larger of measured and expected, plus reserved.",
     &LoadReport::load},
    {"load_measured", "CPU time used over the last seconds.", &LoadReport::measured},
    {"load_expected", "what the cost model says of the traffic of the last seconds.", &LoadReport::expected},
    {"load_reserved", "for those who joined within the last seconds and do not show yet.", &LoadReport::reserved},
};

void add_load(Text& text, const MetricsReport& report) {
  for (const LoadGauge& gauge : kLoadGauges) {
    text.head(std::string("tutti_") + gauge.name, "gauge", std::string("Share of the node's cores: ") + gauge.help);
    text.line("", report.load.*gauge.member);
  }
  for (const LoadGauge& gauge : kLoadGauges) {
    text.head(std::string("tutti_worker_") + gauge.name, "gauge",
              std::string("Share of the worker's core: ") + gauge.help);
    for (const WorkerReport& worker : report.workers) text.line(worker_label(worker), worker.load.*gauge.member);
  }
  text.head("tutti_codec_load", "gauge", "Share of the codec threads that is used.");
  text.line("", report.codec_load);
  text.head("tutti_capacity_cores", "gauge", "Cores that the node may use; tutti_load 1 is all of them.");
  text.line("", report.capacity_cores);
  text.head("tutti_load_limit", "gauge", "admission.limit; 0 is none.");
  text.line("", report.load_limit);
  text.head("tutti_joins_refused_total", "counter",
            "Joins refused for want of capacity or by a limit, by the type of the error.");
  for (const auto& [type, count] : report.joins_refused) text.line(label("reason", type), count);
}

}  // namespace

std::string metrics_text(const MetricsReport& report, const HttpFigures& http, std::string_view version) {
  Text text;
  text.head("tutti_build_info", "gauge", "The version, as a label.");
  text.line(label("version", version), uint64_t{1});
  for (const Gauge& gauge : kGauges) {
    text.head(gauge.name, "gauge", gauge.help);
    for (const WorkerReport& worker : report.workers) text.line(worker_label(worker), worker.*gauge.member);
  }
  for (size_t i = 0; i < kCounterCount; ++i) {
    const auto counter = static_cast<Counter>(i);
    const std::string name(to_string(counter));
    text.head("tutti_" + name + "_total", "counter", "Worker counter " + name + ".");
    for (const WorkerReport& worker : report.workers) text.line(worker_label(worker), worker.counters.get(counter));
  }
  text.head("tutti_dropped_total", "counter", "Datagrams, packets and messages discarded, by reason.");
  for (size_t i = 0; i < kDropReasonCount; ++i) {
    const auto reason = static_cast<DropReason>(i);
    for (const WorkerReport& worker : report.workers) {
      text.line(worker_label(worker) + "," + label("reason", to_string(reason)), worker.counters.get(reason));
    }
  }
  text.head("tutti_codec_jobs_waiting", "gauge", "Jobs that no codec thread has begun.");
  text.line("", report.codec_jobs_waiting);
  add_load(text, report);
  text.head("tutti_http_requests_total", "counter", "HTTP requests answered, by route, method and status.");
  for (const auto& [key, count] : http.requests) {
    const auto& [route, method, status] = key;
    text.line(
        label("route", route) + "," + label("method", to_string(method)) + "," + label("code", std::to_string(status)),
        count);
  }
  text.head("tutti_http_connections", "gauge", "HTTP connections open.");
  text.line("", http.connections);
  text.head("tutti_http_connections_refused_total", "counter", "HTTP connections closed at once, being too many.");
  text.line("", http.connections_refused);
  text.head("tutti_event_listeners", "gauge", "Event streams open.");
  text.line("", http.event_listeners);
  text.head("tutti_event_listeners_slow_total", "counter",
            "Event streams cut off because their client did not keep up.");
  text.line("", http.slow_event_listeners);
  return text.take();
}

}  // namespace tutti::api
