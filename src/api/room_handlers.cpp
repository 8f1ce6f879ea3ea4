#include <boost/json/value.hpp>
#include <charconv>
#include <chrono>

#include "api/describe.hpp"
#include "api/handlers.hpp"
#include "api/service.hpp"

namespace tutti::api::handlers {
namespace {

namespace json = boost::json;

constexpr size_t kMadeIdLength = 12;

RoomId room_of(const Request& request) { return RoomId(request.params[0]); }

double unix_time_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

Response room_response(const room::RoomInfo& info, unsigned status) {
  Response response = json_response(to_json(info), status);
  if (status == 201) response.with("Location", "/v1/rooms/" + info.id.str());
  return response;
}

Response event_stream(std::shared_ptr<EventListener> listener) {
  Response response;
  response.content_type = "text/event-stream";
  response.events = std::move(listener);
  // Proxies of the nginx family would otherwise hold events back.
  return response.with("X-Accel-Buffering", "no");
}

// An id that is no number of ours cannot be resumed from: it counts as too old.
std::optional<uint64_t> last_event_id(const Request& request) {
  if (!request.last_event_id || request.last_event_id->empty()) return std::nullopt;
  const std::string& text = *request.last_event_id;
  uint64_t id = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), id);
  return ec == std::errc() && end == text.data() + text.size() ? id : 0;
}

}  // namespace

void list_rooms(Service& service, Request, Respond respond) {
  service.run<std::vector<room::RoomInfo>>(room::DescribeRooms{}, std::move(respond), [](const auto& rooms) {
    return json_response(json::object{{"items", to_json_array(rooms)}});
  });
}

void create_room(Service& service, Request request, Respond respond) {
  if (service.draining()) return respond(draining_response());
  auto command = read_create_room(request.body, RoomId(), service.reader_limits());
  if (!command) return respond(to_response(command.error()));
  if (command->room.empty()) command->room = RoomId(service.random().token(kMadeIdLength));
  service.run<room::RoomInfo>(std::move(*command), std::move(respond),
                              [](const room::RoomInfo& info) { return room_response(info, 201); });
}

void put_room(Service& service, Request request, Respond respond) {
  if (service.draining()) return respond(draining_response());
  if (is_reserved_id(request.params[0])) {
    return respond(problem_response(400, "invalid-id", "\"mix\" and \"auto\" are reserved."));
  }
  auto command = read_create_room(request.body, room_of(request), service.reader_limits());
  if (!command) return respond(to_response(command.error()));
  service.run<room::RoomInfo>(std::move(*command), std::move(respond),
                              [](const room::RoomInfo& info) { return room_response(info, info.created ? 201 : 200); });
}

void get_room(Service& service, Request request, Respond respond) {
  service.run<room::RoomInfo>(room::DescribeRoom{room_of(request)}, std::move(respond),
                              [](const room::RoomInfo& info) { return room_response(info, 200); });
}

void patch_room(Service& service, Request request, Respond respond) {
  auto command = read_update_room(request.body, room_of(request), service.reader_limits());
  if (!command) return respond(to_response(command.error()));
  service.run<room::RoomInfo>(std::move(*command), std::move(respond),
                              [](const room::RoomInfo& info) { return room_response(info, 200); });
}

void delete_room(Service& service, Request request, Respond respond) {
  service.run<room::Done>(room::DeleteRoom{room_of(request)}, std::move(respond), [](const room::Done&) {
    Response response;
    response.status = 204;
    return response;
  });
}

void list_tracks(Service& service, Request request, Respond respond) {
  service.run<std::vector<room::TrackInfo>>(room::DescribeTracks{room_of(request)}, std::move(respond),
                                            [](const auto& tracks) {
                                              return json_response(json::object{{"items", to_json_array(tracks)}});
                                            });
}

void room_stats(Service& service, Request request, Respond respond) {
  service.run<std::vector<room::StatsEntry>>(room::DescribeStats{room_of(request), std::nullopt}, std::move(respond),
                                             [](const auto& entries) {
                                               json::array items;
                                               for (const room::StatsEntry& entry : entries)
                                                 items.push_back(to_json(entry, unix_time_ms()));
                                               return json_response(json::object{{"items", std::move(items)}});
                                             });
}

void participant_stats(Service& service, Request request, Respond respond) {
  service.run<std::vector<room::StatsEntry>>(room::DescribeStats{room_of(request), ParticipantId(request.params[1])},
                                             std::move(respond), [](const auto& entries) {
                                               json::array items;
                                               for (const room::StatsEntry& entry : entries)
                                                 items.push_back(to_json(entry, unix_time_ms()));
                                               return json_response(json::object{{"items", std::move(items)}});
                                             });
}

void room_events(Service& service, Request request, Respond respond) {
  if (service.draining()) return respond(draining_response());
  const RoomId room = room_of(request);
  std::optional<ParticipantId> participant;
  if (const auto id = request.query_value("participant")) {
    if (!is_valid_id(*id)) return respond(problem_response(400, "invalid-id", "?participant= must be an id."));
    participant = ParticipantId(*id);
  }
  if (request.method == Method::kHead) {
    service.run<room::RoomInfo>(room::DescribeRoom{room}, std::move(respond),
                                [](const room::RoomInfo&) { return event_stream(nullptr); });
    return;
  }
  EventHub::Opened opened = service.hub().open(room, participant, last_event_id(request));
  if (!opened.needs_snapshot) return respond(event_stream(std::move(opened.listener)));
  service.backend().execute(
      room::TakeSnapshot{room, participant},
      [&service, respond = std::move(respond), listener = std::move(opened.listener)](Result<room::Reply> reply) {
        const auto* snapshot = reply ? std::get_if<room::Snapshot>(&*reply) : nullptr;
        if (snapshot != nullptr) {
          service.hub().start(listener, *snapshot);
          return respond(event_stream(listener));
        }
        service.hub().abandon(listener);
        respond(reply ? problem_response(500, "internal", "The room gave no snapshot.")
                      : to_response(to_problem(reply.error())));
      });
}

}  // namespace tutti::api::handlers
