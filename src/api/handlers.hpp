// The handlers of the table of endpoints: each turns a request into a command (or a figure), and what comes of it into
// a response. Control thread.
#pragma once

#include "api/endpoints.hpp"

namespace tutti::api::handlers {

// room_handlers.cpp
void list_rooms(Service& service, Request request, Respond respond);
void create_room(Service& service, Request request, Respond respond);
void put_room(Service& service, Request request, Respond respond);
void get_room(Service& service, Request request, Respond respond);
void patch_room(Service& service, Request request, Respond respond);
void delete_room(Service& service, Request request, Respond respond);
void list_tracks(Service& service, Request request, Respond respond);
void room_stats(Service& service, Request request, Respond respond);
void room_events(Service& service, Request request, Respond respond);

// layout_handlers.cpp
void list_layouts(Service& service, Request request, Respond respond);
void get_layout(Service& service, Request request, Respond respond);
void put_layout(Service& service, Request request, Respond respond);
void delete_layout(Service& service, Request request, Respond respond);

// participant_handlers.cpp
void join(Service& service, Request request, Respond respond);
void list_participants(Service& service, Request request, Respond respond);
void get_participant(Service& service, Request request, Respond respond);
void patch_participant(Service& service, Request request, Respond respond);
void delete_participant(Service& service, Request request, Respond respond);
void get_subscriptions(Service& service, Request request, Respond respond);
void put_subscriptions(Service& service, Request request, Respond respond);
void patch_subscriptions(Service& service, Request request, Respond respond);
void congestion_log(Service& service, Request request, Respond respond);
void participant_stats(Service& service, Request request, Respond respond);

// whip_handlers.cpp
void whip_options(Service& service, Request request, Respond respond);
void start_whip(Service& service, Request request, Respond respond);
void patch_whip(Service& service, Request request, Respond respond);
void end_whip(Service& service, Request request, Respond respond);
void start_whep(Service& service, Request request, Respond respond);
void patch_whep(Service& service, Request request, Respond respond);
void end_whep(Service& service, Request request, Respond respond);

// root_handlers.cpp
void health(Service& service, Request request, Respond respond);
void readiness(Service& service, Request request, Respond respond);
void metrics(Service& service, Request request, Respond respond);
void contract(Service& service, Request request, Respond respond);
void page(Service& service, Request request, Respond respond);

}  // namespace tutti::api::handlers
