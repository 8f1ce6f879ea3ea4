#include <boost/json/value.hpp>

#include "api/describe.hpp"
#include "api/handlers.hpp"
#include "api/service.hpp"

namespace tutti::api::handlers {
namespace {

namespace json = boost::json;

RoomId room_of(const Request& request) { return RoomId(request.params[0]); }
const std::string& name_of(const Request& request) { return request.params[1]; }

Response layout_response(const RoomId& room, const room::LayoutInfo& info, unsigned status) {
  Response response = json_response(to_json(info), status);
  if (status == 201) response.with("Location", "/v1/rooms/" + room.str() + "/layouts/" + info.name);
  return response;
}

}  // namespace

void list_layouts(Service& service, Request request, Respond respond) {
  service.run<std::vector<room::LayoutInfo>>(room::DescribeLayouts{room_of(request)}, std::move(respond),
                                             [](const auto& layouts) {
                                               return json_response(json::object{{"items", to_json_array(layouts)}});
                                             });
}

void get_layout(Service& service, Request request, Respond respond) {
  const RoomId room = room_of(request);
  service.run<room::LayoutInfo>(room::DescribeLayout{room, name_of(request)}, std::move(respond),
                                [room](const room::LayoutInfo& info) { return layout_response(room, info, 200); });
}

void put_layout(Service& service, Request request, Respond respond) {
  if (is_reserved_id(name_of(request))) {
    return respond(problem_response(400, "invalid-id", "\"mix\" and \"auto\" are reserved."));
  }
  const RoomId room = room_of(request);
  auto command = read_layout(request.body, room, name_of(request));
  if (!command) return respond(to_response(command.error()));
  service.run<room::LayoutInfo>(std::move(*command), std::move(respond), [room](const room::LayoutInfo& info) {
    return layout_response(room, info, info.created ? 201 : 200);
  });
}

void delete_layout(Service& service, Request request, Respond respond) {
  service.run<room::Done>(room::DeleteLayout{room_of(request), name_of(request)}, std::move(respond),
                          [](const room::Done&) {
                            Response response;
                            response.status = 204;
                            return response;
                          });
}

}  // namespace tutti::api::handlers
