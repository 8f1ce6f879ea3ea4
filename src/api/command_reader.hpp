// From request bodies to commands: every check that needs no state of a room. A body that fails gives one problem that
// names all its mistakes by JSON pointer. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "api/json_fields.hpp"
#include "api/problem.hpp"
#include "tutti/room/command.hpp"

namespace tutti::api {

// Bounds on what one request may list; the room's own limits are narrower and answered by the room.
constexpr size_t kMaxPublish = 64;
constexpr size_t kMaxReceive = 1024;
constexpr size_t kMaxLayers = 3;
// Of a rectangle's side, as a fraction of the canvas: smaller ones would have no pixels.
constexpr double kMinRectangleSide = 0.02;

struct ReaderLimits {
  room::RoomConfig room_defaults;  // its limits are also the most that may be asked for
  size_t max_sdp_bytes = 64 * 1024;
};

// POST /v1/rooms when `room` is empty (the body may then name it, or leave it empty), else PUT.
Read<room::CreateRoom> read_create_room(std::string_view body, const RoomId& room, const ReaderLimits& limits);
Read<room::UpdateRoom> read_update_room(std::string_view body, const RoomId& room, const ReaderLimits& limits);
Read<room::Join> read_join(std::string_view body, const RoomId& room, const ReaderLimits& limits);
Read<room::UpdateParticipant> read_update_participant(std::string_view body, const RoomId& room,
                                                      const ParticipantId& participant, const ReaderLimits& limits);
// PUT with `replace_all`, else PATCH.
Read<room::SetSubscriptions> read_subscriptions(std::string_view body, const RoomId& room,
                                                const ParticipantId& participant, bool replace_all);

// PUT: fields that are absent have the defaults of room::Layout.
Read<room::SetLayout> read_layout(std::string_view body, const RoomId& room, const std::string& name);

// Parts that several commands share.
std::vector<room::SubscriptionChange> read_subscription_entries(const Field& list);
// The fields of an entry except `slot`, out of the object that carries them.
void read_subscription_fields(Object& object, room::SubscriptionChange& change);
room::KeyedJoin read_keyed_transport(Object& transport, bool encrypted);
// `publish` and `receive` of a keyed participant; what its slots ask for goes to `subscriptions`.
void read_keyed_media(Object& body, const rtp::ExtensionIds& extensions, room::KeyedJoin& join,
                      std::vector<room::SubscriptionChange>& subscriptions);
// The `extensions` map of a keyed transport, {"1": "urn:..."}.
rtp::ExtensionIds read_extensions(const Field& map);

}  // namespace tutti::api
