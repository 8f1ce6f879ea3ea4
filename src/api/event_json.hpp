// Events of a room in the words of server-sent events (WHATWG HTML §9.2): type, data, and who is to see it. Pure; any
// thread.
#pragma once

#include <optional>
#include <string>

#include "tutti/room/event.hpp"

namespace tutti::api {

struct EventText {
  std::string type;
  std::string data;                   // JSON, one line
  std::optional<ParticipantId> only;  // of interest to this participant's listeners and to those who listen to all
  bool closes = false;                // the last of its room
};

EventText describe_event(const room::Event& event);
EventText describe_snapshot(const room::Snapshot& snapshot);
EventText describe_close(room::CloseReason reason);
// The stream cannot go on from where the client was; a snapshot follows.
EventText describe_reset();

// "id: 7\nevent: joined\ndata: {...}\n\n"; without an id the client's last one stays.
std::string format_event(const EventText& event, std::optional<uint64_t> id);

}  // namespace tutti::api
