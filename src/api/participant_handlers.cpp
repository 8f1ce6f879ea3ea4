#include <boost/json/value.hpp>

#include "api/describe.hpp"
#include "api/handlers.hpp"
#include "api/service.hpp"

namespace tutti::api::handlers {
namespace {

namespace json = boost::json;

RoomId room_of(const Request& request) { return RoomId(request.params[0]); }
ParticipantId participant_of(const Request& request) { return ParticipantId(request.params[1]); }

Response slots_response(const std::vector<room::SlotInfo>& slots) {
  return json_response(json::object{{"items", to_json_array(slots)}});
}

void set_subscriptions(Service& service, const Request& request, Respond respond, bool replace_all) {
  auto command = read_subscriptions(request.body, room_of(request), participant_of(request), replace_all);
  if (!command) return respond(to_response(command.error()));
  service.run<std::vector<room::SlotInfo>>(std::move(*command), std::move(respond), slots_response);
}

}  // namespace

void join(Service& service, Request request, Respond respond) {
  if (service.draining()) return respond(draining_response());
  const RoomId room = room_of(request);
  auto command = read_join(request.body, room, service.reader_limits());
  if (!command) return respond(to_response(command.error()));
  if (auto* webrtc = std::get_if<room::WebrtcJoin>(&command->transport)) {
    webrtc->offer_loopback = request.client.ip.is_loopback();
  }
  service.run<room::JoinReply>(std::move(*command), std::move(respond), [room](const room::JoinReply& reply) {
    Response response = json_response(to_json(reply, room), 201);
    return response.with("Location", "/v1/rooms/" + room.str() + "/participants/" + reply.participant.id.str());
  });
}

void list_participants(Service& service, Request request, Respond respond) {
  service.run<std::vector<room::ParticipantInfo>>(room::DescribeParticipants{room_of(request)}, std::move(respond),
                                                  [](const auto& all) {
                                                    return json_response(json::object{{"items", to_json_array(all)}});
                                                  });
}

void get_participant(Service& service, Request request, Respond respond) {
  service.run<room::ParticipantInfo>(room::DescribeParticipant{room_of(request), participant_of(request)},
                                     std::move(respond),
                                     [](const room::ParticipantInfo& info) { return json_response(to_json(info)); });
}

void patch_participant(Service& service, Request request, Respond respond) {
  auto command =
      read_update_participant(request.body, room_of(request), participant_of(request), service.reader_limits());
  if (!command) return respond(to_response(command.error()));
  if (command->offer) command->offer->offer_loopback = request.client.ip.is_loopback();
  service.run<room::UpdateReply>(std::move(*command), std::move(respond), [](const room::UpdateReply& reply) {
    json::object body = to_json(reply.participant);
    if (!reply.answer.empty()) body["transport"].as_object()["answer"] = reply.answer;
    return json_response(body);
  });
}

void delete_participant(Service& service, Request request, Respond respond) {
  service.run<room::Done>(room::RemoveParticipant{room_of(request), participant_of(request)}, std::move(respond),
                          [](const room::Done&) {
                            Response response;
                            response.status = 204;
                            return response;
                          });
}

void get_subscriptions(Service& service, Request request, Respond respond) {
  service.run<std::vector<room::SlotInfo>>(room::DescribeSubscriptions{room_of(request), participant_of(request)},
                                           std::move(respond), slots_response);
}

void put_subscriptions(Service& service, Request request, Respond respond) {
  set_subscriptions(service, request, std::move(respond), true);
}

void congestion_log(Service& service, Request request, Respond respond) {
  service.run<room::CongestionLog>(room::TakeCongestionLog{room_of(request), participant_of(request)},
                                   std::move(respond), [](const room::CongestionLog& log) {
                                     Response response;
                                     response.content_type = "application/jsonl";
                                     response.body = log->to_json_lines();
                                     return response;
                                   });
}

void patch_subscriptions(Service& service, Request request, Respond respond) {
  set_subscriptions(service, request, std::move(respond), false);
}

}  // namespace tutti::api::handlers
