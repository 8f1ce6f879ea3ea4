// What rooms show of themselves, as JSON: one function for each schema of docs/openapi.yaml. Pure; any thread.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <vector>

#include "tutti/room/command.hpp"
#include "tutti/room/description.hpp"

namespace tutti::api {

boost::json::object to_json(const room::RoomInfo& room);
boost::json::object to_json(const room::TrackInfo& track);
boost::json::object to_json(const room::SlotInfo& slot);
boost::json::object to_json(const room::LayoutInfo& layout);
boost::json::object to_json(const room::BandwidthInfo& bandwidth);
boost::json::object to_json(const room::ParticipantInfo& participant);
// `timestamp_ms` is Unix time, as DOMHighResTimeStamp has it in webrtc-stats.
boost::json::object to_json(const room::StatsEntry& entry, double timestamp_ms);
// The answer to a join; `room` gives the path of the events.
boost::json::object to_json(const room::JoinReply& reply, const RoomId& room);
// The data of a `layer` event: which layers of the track somebody watches.
boost::json::object layers_json(const room::TrackInfo& track);

template <class T>
boost::json::array to_json_array(const std::vector<T>& items) {
  boost::json::array out;
  out.reserve(items.size());
  for (const T& item : items) out.push_back(to_json(item));
  return out;
}

}  // namespace tutti::api
