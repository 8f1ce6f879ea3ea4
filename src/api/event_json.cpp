#include "api/event_json.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "api/describe.hpp"

namespace tutti::api {
namespace {

namespace json = boost::json;

json::string text(std::string_view s) { return json::string(s.data(), s.size()); }

json::object person(const ParticipantId& id, const std::string& name) { return {{"id", id.str()}, {"name", name}}; }

std::string_view to_string(room::TrackChanged::Action action) {
  switch (action) {
    case room::TrackChanged::Action::kAdded:
      return "added";
    case room::TrackChanged::Action::kRemoved:
      return "removed";
    case room::TrackChanged::Action::kChanged:
      return "changed";
  }
  return "changed";
}

EventText make(std::string type, const json::object& data, std::optional<ParticipantId> only = std::nullopt) {
  return {std::move(type), json::serialize(data), std::move(only), false};
}

struct Describe {
  EventText operator()(const room::ParticipantJoined& e) const {
    return make("joined", {{"participant", person(e.participant, e.name)}});
  }
  EventText operator()(const room::ParticipantLeft& e) const {
    return make("left", {{"participant", e.participant.str()}, {"reason", text(room::to_string(e.reason))}});
  }
  EventText operator()(const room::TrackChanged& e) const {
    return make("track", {{"action", text(to_string(e.action))}, {"track", to_json(e.track)}});
  }
  EventText operator()(const room::SlotChanged& e) const {
    return make("slot", {{"participant", e.participant.str()}, {"slot", to_json(e.slot)}}, e.participant);
  }
  EventText operator()(const room::SpeakerChanged& e) const {
    return make("speaker", {{"participant", e.participant ? json::value(e.participant->str()) : json::value(nullptr)}});
  }
  EventText operator()(const room::LayersWanted& e) const { return make("layer", layers_json(e.track), e.participant); }
  EventText operator()(const room::TransportStateChanged& e) const {
    return make("state", {{"participant", e.participant.str()}, {"state", text(room::to_string(e.state))}});
  }
  EventText operator()(const room::BandwidthChanged& e) const {
    return make("bandwidth", {{"participant", e.participant.str()}, {"bandwidth", to_json(e.bandwidth)}}, e.participant);
  }
  EventText operator()(const room::RoomClosed& e) const { return describe_close(e.reason); }
};

}  // namespace

EventText describe_event(const room::Event& event) { return std::visit(Describe{}, event.what); }

EventText describe_snapshot(const room::Snapshot& snapshot) {
  json::array participants, layers;
  for (const auto& [id, name] : snapshot.participants) participants.push_back(person(id, name));
  for (const room::TrackInfo& track : snapshot.own) layers.push_back(layers_json(track));
  return make("snapshot", {{"room", to_json(snapshot.room)},
                           {"participants", std::move(participants)},
                           {"tracks", to_json_array(snapshot.tracks)},
                           {"slots", to_json_array(snapshot.slots)},
                           {"layers", std::move(layers)}});
}

EventText describe_close(room::CloseReason reason) {
  EventText out = make("state", {{"room", "closed"}, {"reason", text(room::to_string(reason))}});
  out.closes = true;
  return out;
}

EventText describe_reset() { return make("reset", {}); }

std::string format_event(const EventText& event, std::optional<uint64_t> id) {
  std::string out;
  out.reserve(event.data.size() + event.type.size() + 40);
  if (id) out += "id: " + std::to_string(*id) + "\n";
  out += "event: " + event.type + "\ndata: " + event.data + "\n\n";
  return out;
}

}  // namespace tutti::api
