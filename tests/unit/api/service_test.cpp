#include "api/service.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include "api/assets.hpp"
#include "support/backend_double.hpp"

using namespace tutti;
using namespace tutti::api;

namespace {

struct Fixture {
  explicit Fixture(ServerConfig config = {}) : service(config, backend, random) {}

  Response call(Method method, std::vector<std::string> path, std::string body = "",
                std::string type = "application/json") {
    Request request;
    request.method = method;
    request.segments = std::move(path);
    request.body = std::move(body);
    if (method != Method::kGet && method != Method::kDelete) request.content_type = std::move(type);
    return call(std::move(request));
  }
  Response call(Request request) {
    if (!request.host) request.host = "localhost";
    request.client = *Endpoint::parse("127.0.0.1:50000");
    const Method method = request.method;
    const auto admission = service.admit(request);
    std::optional<Response> got;
    service.handle(admission, std::move(request), [&got](Response r) { got = std::move(r); });
    REQUIRE(got);
    service.finish(admission, method, *got);
    return *got;
  }

  SeededRandom random{1};
  test::BackendDouble backend;
  Service service;
};

std::string header(const Response& response, std::string_view name) {
  for (const Header& h : response.headers) {
    if (h.name == name) return h.value;
  }
  return "";
}
std::string problem_type(const Response& response) {
  return std::string(boost::json::parse(response.body).at("type").as_string());
}
room::JoinReply join_reply(const std::string& id, std::string answer) {
  room::JoinReply reply;
  reply.participant.id = ParticipantId(id);
  reply.answer = std::move(answer);
  return reply;
}

constexpr char kOffer[] =
    "v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n";
constexpr char kAnswer[] =
    "v=0\r\na=ice-lite\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=candidate:1 1 udp 1 127.0.0.1 40000 typ "
    "host\r\n";

Request whip_request(Method method, std::vector<std::string> path, std::string body, std::string type) {
  Request request;
  request.method = method;
  request.segments = std::move(path);
  request.body = std::move(body);
  request.content_type = std::move(type);
  return request;
}

}  // namespace

TEST_CASE("a room is made with an id of the server's when the caller gives none", "[api][service]") {
  Fixture f;
  f.backend.replies.push_back(room::Reply(test::room_info("made")));
  const Response r = f.call(Method::kPost, {"v1", "rooms"}, "{}");
  CHECK(r.status == 201);
  CHECK(header(r, "Location") == "/v1/rooms/made");
  CHECK(is_valid_id(f.backend.last<room::CreateRoom>().room.str()));
  CHECK(boost::json::parse(r.body).at("limits").at("participants").as_int64() == 100);
}

TEST_CASE("PUT says whether it made the room", "[api][service]") {
  Fixture f;
  room::RoomInfo info = test::room_info("r");
  info.created = true;
  f.backend.replies.push_back(room::Reply(info));
  f.backend.replies.push_back(room::Reply(test::room_info("r")));
  CHECK(f.call(Method::kPut, {"v1", "rooms", "r"}, "{}").status == 201);
  CHECK(f.call(Method::kPut, {"v1", "rooms", "r"}, "{}").status == 200);
  CHECK(f.call(Method::kPut, {"v1", "rooms", "mix"}, "{}").status == 400);
}

TEST_CASE("PUT says whether it made the layout", "[api][service][layout]") {
  Fixture f;
  const std::vector<std::string> path = {"v1", "rooms", "r", "layouts", "stage"};
  f.backend.replies.push_back(room::Reply(room::LayoutInfo{"stage", {}, true, 0, 0, 0}));
  f.backend.replies.push_back(room::Reply(room::LayoutInfo{"stage", {}, false, 1, 2, 3}));
  const Response made = f.call(Method::kPut, path, R"({"kind": "speaker"})");
  CHECK(made.status == 201);
  CHECK(header(made, "Location") == "/v1/rooms/r/layouts/stage");
  CHECK(f.backend.last<room::SetLayout>().name == "stage");
  CHECK(f.backend.last<room::SetLayout>().layout.spec.kind == video::LayoutKind::kSpeaker);
  const Response changed = f.call(Method::kPut, path, "{}");
  CHECK(changed.status == 200);
  CHECK(header(changed, "Location").empty());
  CHECK(boost::json::parse(changed.body).at("encoders").as_int64() == 2);
}

TEST_CASE("a layout with a bad name or body is refused before the room is asked", "[api][service][layout]") {
  Fixture f;
  for (const char* name : {"mix", "auto", "a b", "a.b"}) {
    INFO(name);
    const Response r = f.call(Method::kPut, {"v1", "rooms", "r", "layouts", name}, "{}");
    CHECK(r.status == 400);
    CHECK(problem_type(r) == "/errors/invalid-id");
  }
  CHECK(f.call(Method::kPut, {"v1", "rooms", "r", "layouts", std::string(65, 'a')}, "{}").status == 400);
  const Response r = f.call(Method::kPut, {"v1", "rooms", "r", "layouts", "stage"}, R"({"max_tiles": 50})");
  CHECK(r.status == 400);
  CHECK(problem_type(r) == "/errors/invalid-request");
  CHECK(f.backend.commands.empty());
}

TEST_CASE("layouts are listed, read and removed", "[api][service][layout]") {
  Fixture f;
  f.backend.replies.push_back(room::Reply(std::vector<room::LayoutInfo>{{"default", {}, false, 1, 1, 5}}));
  const Response all = f.call(Method::kGet, {"v1", "rooms", "r", "layouts"});
  CHECK(all.status == 200);
  CHECK(boost::json::parse(all.body).at("items").at(0).at("watchers").as_int64() == 5);
  f.backend.replies.push_back(room::Reply(room::LayoutInfo{"default", {}, false, 1, 1, 5}));
  const Response one = f.call(Method::kGet, {"v1", "rooms", "r", "layouts", "default"});
  CHECK(one.status == 200);
  CHECK(boost::json::parse(one.body).at("name").as_string() == "default");
  CHECK(f.backend.last<room::DescribeLayout>().name == "default");
  f.backend.replies.push_back(room::Reply(room::Done{}));
  CHECK(f.call(Method::kDelete, {"v1", "rooms", "r", "layouts", "stage"}).status == 204);
  CHECK(f.backend.last<room::DeleteLayout>().name == "stage");
}

TEST_CASE("a mixer that is full answers 503, and when to come back", "[api][service]") {
  Fixture f;
  f.backend.replies.push_back(Error{ErrorKind::kUnavailable, "mixing-overloaded", "500 members are mixed.", ""});
  const Response r = f.call(Method::kPost, {"v1", "rooms", "r", "participants"},
                            R"({"transport": {"kind": "webrtc", "offer": "v=0"}})");
  CHECK(r.status == 503);
  CHECK(problem_type(r) == "/errors/mixing-overloaded");
  CHECK(header(r, "Retry-After") == "5");
}

TEST_CASE("a server that is full refuses every way in with 503, and says when to come back", "[api][service][whip]") {
  for (const char* way : {"rooms", "whip", "whep"}) {
    INFO(way);
    Fixture f;
    f.backend.replies.push_back(Error{ErrorKind::kUnavailable, "overloaded", "the load is 0.97, the limit 0.95", ""});
    const bool rest = std::string_view(way) == "rooms";
    const Response r = rest ? f.call(Method::kPost, {"v1", "rooms", "r", "participants"},
                                     R"({"transport": {"kind": "webrtc", "offer": "v=0"}})")
                            : f.call(Method::kPost, {"v1", way, "r"}, kOffer, "application/sdp");
    CHECK(r.status == 503);
    CHECK(r.content_type == "application/problem+json");
    CHECK(problem_type(r) == "/errors/overloaded");
    CHECK(boost::json::parse(r.body).at("detail").as_string() == "the load is 0.97, the limit 0.95");
    CHECK(header(r, "Retry-After") == "5");
    CHECK(f.service.whip().size() == 0);
    CHECK(f.call(Method::kGet, {"readyz"}).status == 200);
  }
}

TEST_CASE("an error of the room becomes its status", "[api][service]") {
  Fixture f;
  f.backend.replies.push_back(Error{ErrorKind::kNotFound, "room-not-found", "no", ""});
  const Response r = f.call(Method::kGet, {"v1", "rooms", "r"});
  CHECK(r.status == 404);
  CHECK(problem_type(r) == "/errors/room-not-found");
}

TEST_CASE("a reply of another kind is a defect and not a crash", "[api][service]") {
  Fixture f;
  f.backend.replies.push_back(room::Reply(room::Done{}));
  CHECK(f.call(Method::kGet, {"v1", "rooms"}).status == 500);
}

TEST_CASE("a join says that its client is on loopback, and where its events are", "[api][service]") {
  Fixture f;
  f.backend.replies.push_back(room::Reply(join_reply("ada", "v=0 answer")));
  const Response r = f.call(Method::kPost, {"v1", "rooms", "r", "participants"},
                            R"({"id": "ada", "transport": {"kind": "webrtc", "offer": "v=0"}})");
  CHECK(r.status == 201);
  CHECK(header(r, "Location") == "/v1/rooms/r/participants/ada");
  const auto body = boost::json::parse(r.body);
  CHECK(body.at("transport").at("answer").as_string() == "v=0 answer");
  CHECK(body.at("events").as_string() == "/v1/rooms/r/events?participant=ada");
  CHECK(std::get<room::WebrtcJoin>(f.backend.last<room::Join>().transport).offer_loopback);
}

TEST_CASE("a body of another type, a bad id and an unknown path are refused before the room is asked",
          "[api][service]") {
  Fixture f;
  Request form = whip_request(Method::kPost, {"v1", "rooms"}, "{}", "text/plain");
  CHECK(f.call(form).status == 415);
  form.content_type.reset();
  CHECK(f.call(form).status == 415);
  CHECK(f.call(Method::kPost, {"v1", "rooms"}, "[]", "application/json; charset=utf-8").status == 400);
  CHECK(f.call(Method::kGet, {"v1", "rooms", "a b"}).status == 400);
  CHECK(f.call(Method::kGet, {"v1", "nothing"}).status == 404);
  CHECK(f.call(Method::kGet, {"nothing"}).status == 404);
  const Response r = f.call(Method::kPut, {"v1", "rooms"}, "{}");
  CHECK(r.status == 405);
  CHECK(header(r, "Allow") == "GET, HEAD, POST, OPTIONS");
}

TEST_CASE("with keys a stranger does not even learn which paths are there", "[api][service]") {
  ServerConfig config;
  config.api_keys = {{"k", "secret"}};
  Fixture f(config);
  CHECK(f.call(Method::kGet, {"v1", "rooms"}).status == 401);
  CHECK(f.call(Method::kGet, {"v1", "nothing"}).status == 401);
  CHECK(f.call(Method::kGet, {"healthz"}).status == 200);
  CHECK(f.call(Method::kGet, {"openapi.yaml"}).status == 200);
  CHECK(f.backend.commands.empty());
}

TEST_CASE("while it goes down nobody is taken in, and the rest is answered", "[api][service]") {
  Fixture f;
  f.service.begin_shutdown();
  const std::string join = R"({"transport": {"kind": "webrtc", "offer": "v=0"}})";
  const Response r = f.call(Method::kPost, {"v1", "rooms", "r", "participants"}, join);
  CHECK(r.status == 503);
  CHECK(problem_type(r) == "/errors/draining");
  CHECK(header(r, "Retry-After") == "5");
  CHECK(f.call(Method::kPost, {"v1", "whip", "r"}, kOffer, "application/sdp").status == 503);
  CHECK(f.call(Method::kGet, {"v1", "rooms", "r", "events"}).status == 503);
  CHECK(f.call(Method::kGet, {"readyz"}).status == 503);
  CHECK(f.call(Method::kGet, {"healthz"}).status == 200);
  f.backend.replies.push_back(room::Reply(room::Done{}));
  CHECK(f.call(Method::kDelete, {"v1", "rooms", "r"}).status == 204);
}

TEST_CASE("events of a room that is not there are a 404", "[api][service]") {
  Fixture f;
  f.backend.replies.push_back(Error{ErrorKind::kNotFound, "room-not-found", "no", ""});
  const Response r = f.call(Method::kGet, {"v1", "rooms", "r", "events"});
  CHECK(r.status == 404);
  CHECK(f.service.hub().listeners() == 0);
  Request request;
  request.method = Method::kGet;
  request.segments = {"v1", "rooms", "r", "events"};
  request.query = {{"participant", "a b"}};
  CHECK(f.call(request).status == 400);
}

TEST_CASE("an event stream begins with a snapshot and is never cached", "[api][service]") {
  Fixture f;
  room::Snapshot snapshot;
  snapshot.room = test::room_info("r");
  f.backend.replies.push_back(room::Reply(snapshot));
  const Response r = f.call(Method::kGet, {"v1", "rooms", "r", "events"});
  REQUIRE(r.events);
  CHECK(r.content_type == "text/event-stream");
  CHECK(header(r, "Cache-Control") == "no-store");
  CHECK(header(r, "X-Accel-Buffering") == "no");
  CHECK(r.events->take().find("event: snapshot\n") != std::string::npos);
}

TEST_CASE("WHIP: an offer makes a session with Location and ETag, open to other origins' scripts", "[api][whip]") {
  Fixture f;
  f.backend.replies.push_back(room::Reply(join_reply("x", kAnswer)));
  const Response r = f.call(Method::kPost, {"v1", "whip", "r"}, kOffer, "application/sdp");
  CHECK(r.status == 201);
  CHECK(r.content_type == "application/sdp");
  CHECK(r.body == kAnswer);
  const std::string id = f.backend.last<room::Join>().participant.str();
  CHECK(id.rfind("whip-", 0) == 0);
  CHECK(header(r, "Location") == "/v1/whip/r/" + id);
  CHECK(header(r, "ETag").front() == '"');
  CHECK(header(r, "Accept-Patch") == "application/trickle-ice-sdpfrag");
  CHECK(header(r, "Access-Control-Allow-Origin") == "*");
  CHECK(header(r, "Access-Control-Expose-Headers") == "Location, ETag, Link, Retry-After");
}

TEST_CASE("WHIP: a session trickles, restarts, and ends once", "[api][whip]") {
  Fixture f;
  f.backend.replies.push_back(room::Reply(join_reply("x", kAnswer)));
  const Response made = f.call(Method::kPost, {"v1", "whip", "r"}, kOffer, "application/sdp");
  const std::string id = f.backend.last<room::Join>().participant.str();
  const std::vector<std::string> path = {"v1", "whip", "r", id};
  const std::string type = "application/trickle-ice-sdpfrag";
  Request patch = whip_request(Method::kPatch, path,
                               "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=candidate:1\r\n", type);

  patch.if_match = header(made, "ETag");
  CHECK(f.call(patch).status == 204);
  patch.if_match = "\"other\"";
  CHECK(f.call(patch).status == 412);
  patch.if_match.reset();
  patch.body = "nothing";
  CHECK(f.call(patch).status == 400);
  patch.content_type = "application/json";
  CHECK(f.call(patch).status == 415);

  f.backend.replies.push_back(room::Reply(room::IceCredentials{"newu", "newpwd"}));
  patch = whip_request(Method::kPatch, path, "a=ice-ufrag:efgh\r\na=ice-pwd:9876543210987654321098\r\n", type);
  patch.if_match = "*";
  const Response restarted = f.call(patch);
  CHECK(restarted.status == 200);
  CHECK(restarted.content_type == type);
  CHECK(restarted.body.find("a=ice-ufrag:newu\r\na=ice-pwd:newpwd\r\n") != std::string::npos);
  CHECK(restarted.body.find("a=candidate:1 1 udp 1 127.0.0.1 40000 typ host\r\n") != std::string::npos);
  CHECK(header(restarted, "ETag") != header(made, "ETag"));
  CHECK(f.backend.last<room::RestartIce>().ufrag == "efgh");
  patch.if_match = header(made, "ETag");
  CHECK(f.call(patch).status == 412);

  CHECK(f.call(Method::kDelete, {"v1", "whep", "r", id}).status == 404);
  f.backend.replies.push_back(room::Reply(room::Done{}));
  CHECK(f.call(Method::kDelete, path).status == 200);
  CHECK(f.call(Method::kDelete, path).status == 404);
}

TEST_CASE("WHEP: a session is forgotten when its participant has left", "[api][whip]") {
  Fixture f;
  f.backend.replies.push_back(room::Reply(join_reply("x", kAnswer)));
  CHECK(f.call(Method::kPost, {"v1", "whep", "r"}, kOffer, "application/sdp").status == 201);
  const ParticipantId id = f.backend.last<room::Join>().participant;
  CHECK(f.service.whip().size() == 1);
  f.service.publish({RoomId("r"), 1, room::ParticipantLeft{id, room::LeaveReason::kTimeout}});
  CHECK(f.service.whip().size() == 0);
  CHECK(f.call(Method::kDelete, {"v1", "whep", "r", id.str()}).status == 404);
}

TEST_CASE("WHIP: the wrong Accept, type or room is told apart", "[api][whip]") {
  Fixture f;
  Request offer = whip_request(Method::kPost, {"v1", "whip", "r"}, kOffer, "application/sdp");
  offer.accept = "text/html, application/sdp;q=0";
  CHECK(f.call(offer).status == 406);
  offer.content_type = "application/json";
  CHECK(f.call(offer).status == 415);
  offer = whip_request(Method::kPost, {"v1", "whip", "r"}, "", "application/sdp");
  CHECK(f.call(offer).status == 400);
  offer.body = kOffer;
  offer.accept = "application/*";
  f.backend.replies.push_back(Error{ErrorKind::kUnsupported, "sdp-unsupported", "no BUNDLE", ""});
  CHECK(f.call(offer).status == 422);
  f.backend.replies.push_back(Error{ErrorKind::kNotFound, "room-not-found", "no", ""});
  CHECK(f.call(offer).status == 404);
  CHECK(f.service.whip().size() == 0);
}

TEST_CASE("WHIP: preflight is answered with what the path allows", "[api][whip]") {
  ServerConfig config;
  config.api_keys = {{"k", "secret"}};
  Fixture f(config);
  const Response r = f.call(Method::kOptions, {"v1", "whip", "r"});
  CHECK(r.status == 204);
  CHECK(header(r, "Access-Control-Allow-Methods") == "POST, OPTIONS");
  CHECK(header(r, "Access-Control-Allow-Headers") == "Authorization, Content-Type, If-Match");
  CHECK(header(f.call(Method::kOptions, {"v1", "rooms"}), "Access-Control-Allow-Origin").empty());
}

TEST_CASE("a congestion log is lines of JSON, as the estimator was told", "[api][service]") {
  Fixture f;
  const auto log = std::make_shared<cc::EstimatorLog>(cc::EstimatorConfig{}, Timestamp::from_ms(1), 10);
  log->add(Timestamp::from_ms(2), cc::RembRecord{DataRate::kbps(500)});
  f.backend.replies.push_back(room::Reply(room::CongestionLog(log)));
  const std::vector<std::string> path = {"v1", "rooms", "r", "participants", "ada", "congestion-log"};
  const Response response = f.call(Method::kGet, path);
  CHECK(response.status == 200);
  CHECK(response.content_type == "application/jsonl");
  CHECK(response.body == log->to_json_lines());
  CHECK(f.backend.last<room::TakeCongestionLog>().participant == ParticipantId("ada"));
  f.backend.replies.push_back(Error{ErrorKind::kNotFound, "no-congestion-log", "", {}});
  CHECK(f.call(Method::kGet, path).status == 404);
}

TEST_CASE("metrics name each counter, each reason and each route", "[api][metrics]") {
  Fixture f;
  WorkerReport worker;
  worker.rooms = 3;
  worker.counters.add(Counter::kRtpReceived, 5);
  worker.counters.drop(DropReason::kSrtpReplay, 2);
  f.backend.report.workers.push_back(worker);
  f.call(Method::kGet, {"healthz"});
  const std::string text = f.call(Method::kGet, {"metrics"}).body;
  for (const char* line : {"tutti_rooms{worker=\"0\"} 3\n", "tutti_rtp_received_total{worker=\"0\"} 5\n",
                           "tutti_dropped_total{worker=\"0\",reason=\"srtp_replay\"} 2\n",
                           "tutti_http_requests_total{route=\"/healthz\",method=\"GET\",code=\"200\"} 1\n",
                           "# TYPE tutti_event_listeners gauge\n"}) {
    INFO(line);
    CHECK(text.find(line) != std::string::npos);
  }
}

TEST_CASE("metrics show the load, what it is made of, and who was refused", "[api][metrics]") {
  Fixture f;
  WorkerReport worker;
  worker.index = 1;
  worker.load = {0.75, 0.5, 0.25, 0.25};
  f.backend.report.workers.push_back(worker);
  f.backend.report.load = {0.000123456, 0.1, 1.5, 0};
  f.backend.report.codec_load = 0.4;
  f.backend.report.capacity_cores = 2;
  f.backend.report.load_limit = 0.95;
  f.backend.report.joins_refused = {{"overloaded", 7}, {"mixing-overloaded", 1}};
  const std::string text = f.call(Method::kGet, {"metrics"}).body;
  for (const char* line :
       {"# TYPE tutti_load gauge\ntutti_load 0.0001235\n", "tutti_load_measured 0.1\n", "tutti_load_expected 1.5\n",
        "tutti_load_reserved 0\n", "tutti_worker_load{worker=\"1\"} 0.75\n",
        "tutti_worker_load_measured{worker=\"1\"} 0.5\n", "tutti_worker_load_expected{worker=\"1\"} 0.25\n",
        "tutti_worker_load_reserved{worker=\"1\"} 0.25\n", "tutti_codec_load 0.4\n", "tutti_capacity_cores 2\n",
        "tutti_load_limit 0.95\n", "tutti_joins_refused_total{reason=\"overloaded\"} 7\n",
        "tutti_joins_refused_total{reason=\"mixing-overloaded\"} 1\n"}) {
    INFO(line);
    CHECK(text.find(line) != std::string::npos);
  }
}

TEST_CASE("the contract is served as it stands, and not sent again to who has it", "[api][page]") {
  Fixture f;
  const Response r = f.call(Method::kGet, {"openapi.yaml"});
  CHECK(r.status == 200);
  CHECK(r.body_view().substr(0, 8) == "openapi:");
  CHECK(header(r, "Cache-Control") == "no-cache");
  Request again;
  again.method = Method::kGet;
  again.segments = {"openapi.yaml"};
  again.if_none_match = header(r, "ETag");
  CHECK(f.call(again).status == 304);
}

TEST_CASE("every file of the page is served with its type", "[api][page]") {
  Fixture f;
  for (const Asset& asset : embedded_assets()) {
    INFO(asset.name);
    const Response r = f.call(Method::kGet, {std::string(asset.name)});
    CHECK(r.status == 200);
    CHECK(r.content_type != "application/octet-stream");
    CHECK(header(r, "X-Content-Type-Options") == "nosniff");
  }
}
