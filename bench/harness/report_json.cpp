// Each struct lists its members once, in `visit`, for the writer and the reader alike. A reader takes what is there: a
// field that a later version added keeps its default.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

#include "harness/report.hpp"

namespace tutti::bench {
namespace {

namespace json = boost::json;

template <class V>
void visit(Spread& s, V&& v) {
  v("p50", s.p50), v("p99", s.p99), v("p999", s.p999), v("max", s.max), v("samples", s.samples);
}

template <class V>
void visit(JoinPhases& j, V&& v) {
  v("joined", j.joined), v("failed", j.failed), v("joins_per_s", j.joins_per_s), v("due_per_s", j.due_per_s),
      v("rest", j.rest), v("ice", j.ice);
  v("dtls", j.dtls), v("first_media", j.first_media), v("all", j.all);
}

template <class V>
void visit(Step& s, V&& v) {
  v("load", s.load), v("seconds", s.seconds), v("participants", s.participants), v("streams_in", s.streams_in);
  v("streams_out", s.streams_out), v("packets_in_per_s", s.packets_in_per_s);
  v("packets_out_per_s", s.packets_out_per_s), v("mbit_out_per_s", s.mbit_out_per_s), v("loss", s.loss);
  v("unreadable", s.unreadable), v("decrypted", s.decrypted), v("cpu_cores", s.cpu_cores);
  v("cpu_us_per_packet_out", s.cpu_us_per_packet_out), v("user_share", s.user_share), v("codec_cores", s.codec_cores);
  v("streams_out_per_core", s.streams_out_per_core), v("packets_out_per_core", s.packets_out_per_core);
  v("latency", s.latency), v("late_mixes", s.late_mixes), v("mixes", s.mixes), v("mix_lateness", s.mix_lateness);
  v("mixes_due", s.mixes_due), v("mixes_arrived", s.mixes_arrived), v("mix_frames_skipped", s.mix_frames_skipped);
  v("rss_kib", s.rss_kib), v("kib_per_participant", s.kib_per_participant), v("retransmitted", s.retransmitted);
  v("nacks", s.nacks), v("keyframes", s.keyframes), v("joins", s.joins), v("generator_cores", s.generator_cores);
  v("send_late_p99_us", s.send_late_p99_us), v("send_late_max_us", s.send_late_max_us);
  v("socket_drops", s.socket_drops), v("refused_sends", s.refused_sends), v("invalid", s.invalid),
      v("server_counters", s.server_counters);
  v("audio_mixes", s.audio_mixes), v("decoded_mpix_per_s", s.decoded_mpix_per_s);
  v("composed_mpix_per_s", s.composed_mpix_per_s), v("encoded_mpix_per_s", s.encoded_mpix_per_s);
  v("tracks", s.tracks), v("rooms", s.rooms);
}

template <class V>
void visit(Limits& l, V&& v) {
  v("loss", l.loss), v("latency_p99_us", l.latency_p99_us), v("late_mixes", l.late_mixes), v("mixes", l.mixes),
      v("joins", l.joins);
}

template <class V>
void visit(Facts& f, V&& v) {
  v("date", f.date), v("command", f.command), v("machine", f.machine), v("cpu", f.cpu), v("kernel", f.kernel);
  v("compiler", f.compiler), v("commit", f.commit), v("cores", f.cores), v("server", f.server);
  v("pinning", f.pinning), v("mitigations", f.mitigations), v("governor", f.governor);
}

template <class V>
void visit(Report& r, V&& v) {
  v("facts", r.facts), v("scenario", r.scenario), v("about", r.about), v("scaled", r.scaled), v("suite", r.suite);
  v("steps", r.steps), v("knee", r.knee), v("remark", r.remark), v("limits", r.limits);
}

struct Writer {
  json::object object;

  template <class T>
  void operator()(const char* key, T& value) {
    object[key] = write(value);
  }
  static json::value write(double value) { return std::isfinite(value) ? json::value(value) : json::value(nullptr); }
  static json::value write(uint32_t value) { return value; }
  static json::value write(uint64_t value) { return value; }
  static json::value write(std::string& value) { return json::string(value); }
  static json::value write(std::vector<std::pair<std::string, double>>& values) {
    json::object out;
    for (const auto& [name, value] : values) out[name] = write(value);
    return out;
  }
  template <class T>
  static json::value write(std::optional<T>& value) {
    return value ? write(*value) : json::value(nullptr);
  }
  template <class T>
  static json::value write(std::vector<T>& values) {
    json::array out;
    for (T& value : values) out.push_back(write(value));
    return out;
  }
  template <class T>
  requires std::is_class_v<T>
  static json::value write(T& value) {
    Writer writer;
    visit(value, writer);
    return std::move(writer.object);
  }
};

struct Reader {
  const json::object* object;

  template <class T>
  void operator()(const char* key, T& value) {
    if (const json::value* found = object->if_contains(key)) read(*found, value);
  }
  template <class T>
  requires std::is_arithmetic_v<T>
  static void read(const json::value& in, T& out) {
    boost::system::error_code error;
    const T value = in.to_number<T>(error);
    if (!error) out = value;
  }
  static void read(const json::value& in, std::string& out) {
    if (const auto* text = in.if_string()) out = std::string(*text);
  }
  static void read(const json::value& in, std::vector<std::pair<std::string, double>>& out) {
    const auto* entries = in.if_object();
    if (entries == nullptr) return;
    for (const auto& [key, value] : *entries) read(value, out.emplace_back(std::string(key), 0).second);
  }
  template <class T>
  static void read(const json::value& in, std::optional<T>& out) {
    if (!in.is_null()) read(in, out.emplace());
  }
  template <class T>
  static void read(const json::value& in, std::vector<T>& out) {
    const auto* items = in.if_array();
    if (items == nullptr) return;
    for (const json::value& item : *items) read(item, out.emplace_back());
  }
  template <class T>
  requires std::is_class_v<T>
  static void read(const json::value& in, T& out) {
    if (const auto* fields = in.if_object()) visit(out, Reader{fields});
  }
};

// Line by line, because people look at these files and compare them.
void print(const json::value& value, const std::string& indent, std::string& out) {
  const auto* object = value.if_object();
  const auto* array = value.if_array();
  const bool nested = object != nullptr ? !object->empty() : array != nullptr && !array->empty();
  if (!nested) {
    out += json::serialize(value);
    return;
  }
  const std::string inner = indent + "  ";
  bool first = true;
  out += object != nullptr ? "{" : "[";
  const auto item = [&](const std::string& before, const json::value& what) {
    out += (first ? "\n" : ",\n") + inner + before;
    first = false;
    print(what, inner, out);
  };
  if (object != nullptr) {
    for (const auto& [key, inside] : *object) item(json::serialize(json::string(key)) + ": ", inside);
  } else {
    for (const json::value& inside : *array) item("", inside);
  }
  out += "\n" + indent + (object != nullptr ? "}" : "]");
}

}  // namespace

std::string to_json(const std::vector<Report>& reports) {
  json::array all;
  for (Report report : reports) all.push_back(Writer::write(report));
  std::string out;
  print(json::object{{"schema", Report::kSchema}, {"reports", std::move(all)}}, "", out);
  return out + "\n";
}

Result<std::vector<Report>> reports_from_json(const std::string& text) {
  boost::system::error_code error;
  const json::value file = json::parse(text, error);
  if (error) return invalid("is no JSON: " + error.message());
  const auto* object = file.if_object();
  const json::value* schema = object != nullptr ? object->if_contains("schema") : nullptr;
  const json::value* entries = object != nullptr ? object->if_contains("reports") : nullptr;
  if (schema == nullptr || entries == nullptr)
    return invalid("is no result of tutti-bench: it has no schema and reports");
  if (*schema != Report::kSchema) {
    return invalid("has schema " + json::serialize(*schema) + "; this tutti-bench reads " +
                   std::to_string(Report::kSchema));
  }
  std::vector<Report> reports;
  Reader::read(*entries, reports);
  return reports;
}

}  // namespace tutti::bench
