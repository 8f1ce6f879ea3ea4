// The WHIP and WHEP sessions that are open: participants that joined by an SDP body, with what their PATCH is checked
// against. A session is forgotten when its participant has left, whoever removed it. Control thread.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "tutti/base/ids.hpp"
#include "tutti/room/event.hpp"

namespace tutti::api {

enum class WhipKind : uint8_t { kWhip, kWhep };

struct WhipSession {
  WhipKind kind = WhipKind::kWhip;
  std::string ufrag;        // of the client, in this ICE session
  std::string section;      // of our answer, repeated after a restart
  std::string token;        // makes the entity tag one of this session
  uint32_t generation = 1;  // of ICE: counts restarts

  // RFC 9725 §4.3.1: a strong entity tag that names the ICE session.
  std::string etag() const { return "\"" + token + "-" + std::to_string(generation) + "\""; }
};

class WhipSessions {
 public:
  void add(const RoomId& room, const ParticipantId& id, WhipSession session) {
    sessions_.insert_or_assign({room, id}, std::move(session));
  }
  // Null if there is none, or it is of the other kind. Valid until the next call that changes the map.
  WhipSession* find(WhipKind kind, const RoomId& room, const ParticipantId& id) {
    const auto found = sessions_.find({room, id});
    return found != sessions_.end() && found->second.kind == kind ? &found->second : nullptr;
  }
  void forget(const RoomId& room, const ParticipantId& id) { sessions_.erase({room, id}); }
  void handle_event(const room::Event& event) {
    if (const auto* left = std::get_if<room::ParticipantLeft>(&event.what)) forget(event.room, left->participant);
    if (std::holds_alternative<room::RoomClosed>(event.what)) {
      std::erase_if(sessions_, [&](const auto& entry) { return entry.first.first == event.room; });
    }
  }
  size_t size() const { return sessions_.size(); }

 private:
  std::map<std::pair<RoomId, ParticipantId>, WhipSession> sessions_;
};

}  // namespace tutti::api
