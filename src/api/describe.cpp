#include "api/describe.hpp"

#include <boost/json/value.hpp>

namespace tutti::api {
namespace {

namespace json = boost::json;

json::string text(std::string_view s) { return json::string(s.data(), s.size()); }

json::array codec_names(const std::vector<Codec>& codecs) {
  json::array names;
  for (Codec codec : codecs) names.push_back(text(to_string(codec)));
  return names;
}

template <class T>
json::value number_or_null(const std::optional<T>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

json::object to_json(const room::LayerInfo& layer) {
  return {{"rid", text(layer.rid.view())},
          {"active", layer.active},
          {"wanted", layer.wanted},
          {"width", number_or_null(layer.width)},
          {"height", number_or_null(layer.height)},
          {"bitrate_bps", layer.bitrate.bps()}};
}

json::object to_json(const room::SlotLayer& layer) {
  return {{"rid", text(layer.rid.view())},
          {"width", number_or_null(layer.width)},
          {"height", number_or_null(layer.height)},
          {"spatial", number_or_null(layer.spatial)},
          {"temporal", number_or_null(layer.temporal)},
          {"bitrate_bps", layer.bitrate.bps()}};
}

json::value to_json(const room::TrackChoice& choice) {
  switch (choice.kind) {
    case room::TrackChoice::Kind::kNone:
      return nullptr;
    case room::TrackChoice::Kind::kAuto:
      return "auto";
    case room::TrackChoice::Kind::kMix:
      return "mix";
    case room::TrackChoice::Kind::kTrack:
      return json::value(text(choice.track.str()));
  }
  return nullptr;
}

json::object to_json(const room::TransportInfo& transport) {
  json::object out{{"kind", text(room::to_string(transport.kind))},
                   {"state", text(room::to_string(transport.state))},
                   {"remote", nullptr},
                   {"suite", nullptr}};
  if (transport.remote) out["remote"] = transport.remote->str();
  if (transport.suite) out["suite"] = text(name(*transport.suite));
  return out;
}

json::object to_json(const room::VoiceControls& voice) {
  return {{"gain_db", voice.gain_db},
          {"deaf", voice.deaf},
          {"gain_control", voice.gain_control},
          {"noise_suppression", voice.noise_suppression}};
}

// "#rrggbb"
json::string colour(uint32_t rgb) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  json::string out = "#";
  for (int shift = 20; shift >= 0; shift -= 4) out.push_back(kDigits[(rgb >> shift) & 15]);
  return out;
}

json::object to_json(const video::LayoutRectangle& rectangle) {
  json::object out{{"x", rectangle.x}, {"y", rectangle.y}, {"width", rectangle.width}, {"height", rectangle.height}};
  if (rectangle.participant) out["participant"] = rectangle.participant->str();
  return out;
}

// In the words of W3C's RTCQualityLimitationReason.
std::string_view limitation_name(room::AllocationReason reason) {
  switch (reason) {
    case room::AllocationReason::kNone:
    case room::AllocationReason::kViewer:
      return "none";
    case room::AllocationReason::kBandwidth:
    case room::AllocationReason::kSettling:
      return "bandwidth";
    case room::AllocationReason::kPublisher:
      return "other";
  }
  return "none";
}

std::string_view type_name(room::StatsEntry::Type type) {
  switch (type) {
    case room::StatsEntry::Type::kInboundRtp:
      return "inbound-rtp";
    case room::StatsEntry::Type::kOutboundRtp:
      return "outbound-rtp";
    case room::StatsEntry::Type::kRemoteInboundRtp:
      return "remote-inbound-rtp";
    case room::StatsEntry::Type::kTransport:
      return "transport";
    case room::StatsEntry::Type::kMixEncoder:
      return "mix-encoder";
    case room::StatsEntry::Type::kMixer:
      return "mixer";
  }
  return "transport";
}

// W3C's names are those of a candidate pair; the rest is ours.
void add_congestion(const peer::CongestionStats& path, json::object& out) {
  const cc::Estimate& estimate = path.estimate;
  out["feedback"] = text(peer::to_string(path.feedback));
  out["availableOutgoingBitrate"] = estimate.target.bps();
  if (estimate.round_trip > TimeDelta::zero()) out["currentRoundTripTime"] = estimate.round_trip.seconds_f();
  out["limitedBy"] = text(cc::to_string(estimate.limited_by));
  out["delayBasedBitrate"] = estimate.delay_based.bps();
  out["lossBasedBitrate"] = estimate.loss_based.bps();
  if (estimate.acknowledged) out["acknowledgedBitrate"] = estimate.acknowledged->bps();
  if (estimate.link_capacity) out["linkCapacity"] = estimate.link_capacity->bps();
  out["fractionLost"] = estimate.loss;
  out["pathUse"] = text(cc::to_string(estimate.use));
  out["applicationLimited"] = estimate.application_limited;
  out["pacingBitrate"] = path.pacing_rate.bps();
  out["sendQueueTime"] = path.queue_time.seconds_f();
  out["sendQueuePackets"] = path.queued_packets;
  out["sendQueueBytes"] = path.queued_bytes;
  out["totalPacketSendDelay"] = path.total_wait.seconds_f();
  out["probesSent"] = path.probes;
  out["probeBytesSent"] = path.probe_bytes;
  out["paddingBytesSent"] = path.padding_bytes;
  out["retransmissionsHeldBack"] = path.retransmissions_held_back;
  out["packetsExpired"] = path.packets_expired;
}

}  // namespace

json::object to_json(const room::RoomInfo& room) {
  const room::RoomConfig& c = room.config;
  json::object out{
      {"id", room.id.str()},
      {"mode", text(room::to_string(c.mode))},
      {"codecs", json::object{{"audio", codec_names(c.audio_codecs)}, {"video", codec_names(c.video_codecs)}}},
      {"limits",
       json::object{{"participants", c.limits.participants}, {"tracks", c.limits.tracks}, {"slots", c.limits.slots}}},
      {"empty_timeout_s", c.empty_timeout.us() / 1'000'000},
      {"participants", room.participants},
      {"tracks", room.tracks},
      {"speaker", nullptr}};
  if (room.speaker) out["speaker"] = room.speaker->str();
  return out;
}

json::object to_json(const room::TrackInfo& track) {
  json::array layers;
  for (const room::LayerInfo& layer : track.layers) layers.push_back(to_json(layer));
  return {{"id", track.id.str()},
          {"participant", track.id.participant.str()},
          {"name", track.id.name},
          {"kind", text(to_string(track.kind))},
          {"codec", text(to_string(track.codec))},
          {"source", track.source},
          {"muted", track.muted},
          {"layers", std::move(layers)}};
}

json::object to_json(const room::SlotInfo& slot) {
  json::object out{{"slot", slot.slot.str()},
                   {"kind", text(to_string(slot.kind))},
                   {"track", to_json(slot.track)},
                   {"max_height", number_or_null(slot.max_height)},
                   {"rid", nullptr},
                   {"temporal", number_or_null(slot.temporal)},
                   {"max_fps", number_or_null(slot.max_fps)},
                   {"priority", number_or_null(slot.priority)},
                   {"visible", slot.visible},
                   {"paused", slot.paused},
                   {"current", nullptr},
                   {"layer", nullptr},
                   {"ideal", nullptr},
                   {"limited_by", nullptr},
                   {"reason", nullptr}};
  if (!slot.layout.empty()) out["layout"] = slot.layout;
  if (slot.rid) out["rid"] = text(slot.rid->view());
  if (slot.current) out["current"] = slot.current->str();
  if (slot.layer) out["layer"] = to_json(*slot.layer);
  if (slot.ideal) out["ideal"] = to_json(*slot.ideal);
  if (slot.limited_by != room::AllocationReason::kNone) out["limited_by"] = text(room::to_string(slot.limited_by));
  if (slot.reason != room::SlotReason::kNone) out["reason"] = text(room::to_string(slot.reason));
  return out;
}

json::object to_json(const room::LayoutInfo& layout) {
  const video::LayoutSpec& spec = layout.layout.spec;
  json::object out{{"name", layout.name},
                   {"kind", text(video::to_string(spec.kind))},
                   {"fit", spec.fit == video::TileFit::kCrop ? "crop" : "pad"},
                   {"names", spec.names},
                   {"background", colour(spec.background)},
                   {"border", colour(spec.border)},
                   {"border_width", spec.border_width},
                   {"max_tiles", spec.max_tiles},
                   {"self", layout.layout.hide_self ? "hide" : "show"},
                   {"compositions", layout.compositions},
                   {"encoders", layout.encoders},
                   {"watchers", layout.watchers}};
  if (spec.kind == video::LayoutKind::kCustom) {
    json::array rectangles;
    for (const video::LayoutRectangle& rectangle : spec.rectangles) rectangles.push_back(to_json(rectangle));
    out["rectangles"] = std::move(rectangles);
  }
  return out;
}

json::object to_json(const room::BandwidthInfo& bandwidth) {
  const cc::Estimate& e = bandwidth.estimate;
  json::object out{{"target_bps", e.target.bps()},
                   {"limited_by", text(cc::to_string(e.limited_by))},
                   {"delay_based_bps", e.delay_based.bps()},
                   {"loss_based_bps", e.loss_based.bps()},
                   {"acknowledged_bps", nullptr},
                   {"link_capacity_bps", nullptr},
                   {"loss", e.loss},
                   {"round_trip_ms", static_cast<double>(e.round_trip.us()) / 1000},
                   {"path_use", text(cc::to_string(e.use))},
                   {"application_limited", e.application_limited},
                   {"audio_bps", bandwidth.audio.bps()},
                   {"video_bps", bandwidth.video.bps()},
                   {"used_bps", bandwidth.used.bps()},
                   {"needed_bps", bandwidth.needed.bps()}};
  if (e.acknowledged) out["acknowledged_bps"] = e.acknowledged->bps();
  if (e.link_capacity) out["link_capacity_bps"] = e.link_capacity->bps();
  return out;
}

json::object to_json(const room::ParticipantInfo& participant) {
  json::object out{{"id", participant.id.str()},
          {"name", participant.name},
          {"voice", to_json(participant.voice)},
          {"transport", to_json(participant.transport)},
          {"tracks", to_json_array(participant.tracks)},
          {"slots", to_json_array(participant.slots)},
          {"bandwidth", nullptr}};
  if (participant.bandwidth) out["bandwidth"] = to_json(*participant.bandwidth);
  return out;
}

json::object to_json(const room::StatsEntry& entry, double timestamp_ms) {
  json::object out{{"id", entry.id}, {"type", text(type_name(entry.type))}, {"timestamp", timestamp_ms}};
  const auto add = [&out](const char* key, const auto& value) {
    if (value) out[key] = *value;
  };
  const auto add_text = [&out](const char* key, const std::string& value) {
    if (!value.empty()) out[key] = value;
  };
  add_text("participant", entry.participant.str());
  if (entry.kind) out["kind"] = text(to_string(*entry.kind));
  if (entry.ssrc) out["ssrc"] = entry.ssrc->value();
  add_text("mid", entry.mid);
  add_text("rid", entry.rid);
  add_text("trackIdentifier", entry.track);
  add("packetsReceived", entry.packets_received);
  add("bytesReceived", entry.bytes_received);
  add("packetsLost", entry.packets_lost);
  add("jitter", entry.jitter_s);
  add("packetsSent", entry.packets_sent);
  add("bytesSent", entry.bytes_sent);
  add("roundTripTime", entry.round_trip_time_s);
  add("fractionLost", entry.fraction_lost);
  add("nackCount", entry.nack_count);
  add("pliCount", entry.pli_count);
  add("firCount", entry.fir_count);
  add("retransmittedPacketsReceived", entry.retransmitted_packets_received);
  add("retransmittedPacketsSent", entry.retransmitted_packets_sent);
  add("redPacketsRecovered", entry.red_packets_recovered);
  add("redPacketsSent", entry.red_packets_sent);
  add("fecPacketsSent", entry.fec_packets_sent);
  add("totalSamplesReceived", entry.total_samples_received);
  add("concealedSamples", entry.concealed_samples);
  add("concealmentEvents", entry.concealment_events);
  add("insertedSamplesForDeceleration", entry.inserted_samples_for_deceleration);
  add("removedSamplesForAcceleration", entry.removed_samples_for_acceleration);
  add("fecPacketsReceived", entry.fec_packets_received);
  add("packetsDiscarded", entry.packets_discarded);
  add("jitterBufferTargetDelay", entry.jitter_buffer_target_delay_s);
  add("jitterBufferDelay", entry.jitter_buffer_delay_s);
  add("framesReceived", entry.frames_received);
  add("framesDecoded", entry.frames_decoded);
  add("framesDropped", entry.frames_dropped);
  add_text("decoderError", entry.decoder_error);
  add_text("codec", entry.codec);
  add("channels", entry.channels);
  add("frameWidth", entry.frame_width);
  add("frameHeight", entry.frame_height);
  add("framesPerSecond", entry.frames_per_second);
  add("expectedLoss", entry.expected_loss);
  add("targetBitrate", entry.target_bitrate_bps);
  add("framesEncoded", entry.frames_encoded);
  add("listeners", entry.listeners);
  add_text("ownOf", entry.own_of);
  if (entry.limited_by) out["qualityLimitationReason"] = text(limitation_name(*entry.limited_by));
  add("audioBitrate", entry.audio_bitrate_bps);
  add("videoBitrate", entry.video_bitrate_bps);
  add("allocatedBitrate", entry.allocated_bitrate_bps);
  add("neededBitrate", entry.needed_bitrate_bps);
  add("ticks", entry.ticks);
  add("lateTicks", entry.late_ticks);
  add("skippedFrames", entry.skipped_frames);
  if (entry.congestion) add_congestion(*entry.congestion, out);
  add("maxLateness", entry.max_lateness_s);
  add("sources", entry.sources);
  add("speakers", entry.speakers);
  return out;
}

json::object to_json(const room::JoinReply& reply, const RoomId& room) {
  const room::ParticipantInfo& participant = reply.participant;
  json::object transport;
  if (!reply.answer.empty()) transport["answer"] = reply.answer;
  if (reply.local) transport["local"] = reply.local->str();
  return {{"id", participant.id.str()},
          {"name", participant.name},
          {"transport", std::move(transport)},
          {"slots", to_json_array(participant.slots)},
          {"tracks", to_json_array(participant.tracks)},
          {"events", "/v1/rooms/" + room.str() + "/events?participant=" + participant.id.str()}};
}

json::object layers_json(const room::TrackInfo& track) {
  json::array layers;
  for (const room::LayerInfo& layer : track.layers) {
    layers.push_back(json::object{{"rid", text(layer.rid.view())}, {"wanted", layer.wanted}});
  }
  return {{"track", track.id.str()}, {"layers", std::move(layers)}};
}

}  // namespace tutti::api
