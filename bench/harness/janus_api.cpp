#include "harness/janus_api.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <chrono>
#include <optional>
#include <utility>

namespace tutti::bench {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kEventTimeout{20};
// Janus answers a poll after 30 s at the latest, if with nothing.
constexpr std::chrono::seconds kPollTimeout{60};

std::string text(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::optional<json::object> read(const std::string& body) {
  boost::system::error_code error;
  json::value value = json::parse(body, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

Error refused(const std::string& code, const std::string& why) {
  return {ErrorKind::kUnsupported, "janus-" + code, "janus: " + why, {}};
}

// What a plugin put into an answer or an event.
Result<json::object> plugin_data(const json::object& message) {
  const json::value* plugin = message.if_contains("plugindata");
  if (plugin == nullptr || !plugin->is_object()) return refused("answer", json::serialize(message));
  const json::value* data = plugin->get_object().if_contains("data");
  if (data == nullptr || !data->is_object()) return refused("answer", json::serialize(message));
  const json::object& object = data->get_object();
  if (const json::value* code = object.if_contains("error_code")) {
    return refused(json::serialize(*code), text(object, "error"));
  }
  return object;
}

}  // namespace

JanusApi::~JanusApi() {
  if (events_.joinable()) events_.join();
}

Result<std::string> JanusApi::version() {
  const Result<HttpAnswer> answer = http_.request("GET", "/janus/info", {}, std::chrono::seconds(2));
  if (!answer) return answer.error();
  const auto info = read(answer->body);
  if (!info) return refused("info", answer->body);
  return text(*info, "version_string");
}

Result<void> JanusApi::open() {
  const Result<json::object> answer = post("/janus", {{"janus", "create"}});
  if (!answer) return answer.error();
  session_ = answer->at("data").at("id").to_number<uint64_t>();
  events_ = std::thread([this] { poll_events(); });
  return {};
}

Result<uint64_t> JanusApi::attach(const std::string& plugin) {
  const Result<json::object> answer =
      post("/janus/" + std::to_string(session_), {{"janus", "attach"}, {"plugin", plugin}});
  if (!answer) return answer.error();
  return answer->at("data").at("id").to_number<uint64_t>();
}

Result<void> JanusApi::detach(uint64_t handle) {
  const Result<json::object> answer =
      post("/janus/" + std::to_string(session_) + "/" + std::to_string(handle), {{"janus", "detach"}});
  if (!answer) return answer.error();
  return {};
}

Result<json::object> JanusApi::ask(uint64_t handle, json::object body) {
  const std::string transaction = next_transaction();
  std::future<json::object> event;
  {
    // Before the request, because the event may overtake the answer.
    const std::lock_guard lock(mutex_);
    if (closed_) return refused("closed", "the session is over");
    event = waiting_[transaction].get_future();
  }
  json::object request{{"janus", "message"}, {"transaction", transaction}, {"body", std::move(body)}};
  const Result<json::object> answer =
      post("/janus/" + std::to_string(session_) + "/" + std::to_string(handle), std::move(request));
  const bool later = answer && text(*answer, "janus") == "ack";
  const bool came = later && event.wait_for(kEventTimeout) == std::future_status::ready;
  {
    const std::lock_guard lock(mutex_);
    waiting_.erase(transaction);
  }
  if (!answer) return answer.error();
  if (!later) return plugin_data(*answer);
  if (!came) return refused("no-event", "a request was acknowledged and never answered");
  return plugin_data(event.get());
}

Result<json::object> JanusApi::post(const std::string& path, json::object request) {
  if (!request.contains("transaction")) request["transaction"] = next_transaction();
  const Result<HttpAnswer> answer = http_.request("POST", path, json::serialize(request));
  if (!answer) return answer.error();
  auto message = read(answer->body);
  if (!message) return refused("answer", answer->body);
  if (text(*message, "janus") == "error") return refused("error", answer->body);
  return std::move(*message);
}

std::string JanusApi::next_transaction() {
  const std::lock_guard lock(mutex_);
  return std::to_string(++transactions_);
}

void JanusApi::poll_events() {
  const std::string path = "/janus/" + std::to_string(session_) + "?maxev=100";
  for (;;) {
    const Result<HttpAnswer> answer = http_.request("GET", path, {}, kPollTimeout);
    if (!answer) break;
    boost::system::error_code error;
    const json::value events = json::parse(answer->body, error);
    if (error || !events.is_array()) break;
    const std::lock_guard lock(mutex_);
    for (const json::value& event : events.get_array()) {
      if (!event.is_object()) continue;
      const auto found = waiting_.find(text(event.get_object(), "transaction"));
      if (found == waiting_.end()) continue;
      found->second.set_value(event.get_object());
      waiting_.erase(found);
    }
  }
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (auto& [transaction, event] : waiting_) event.set_value({});
  waiting_.clear();
}

}  // namespace tutti::bench
