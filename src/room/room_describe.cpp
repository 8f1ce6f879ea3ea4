#include <algorithm>

#include "tutti/room/room.hpp"

namespace tutti::room {

RoomInfo Room::describe() const {
  return {id_, config_, static_cast<uint32_t>(order_.size()), static_cast<uint32_t>(track_order_.size()), speaker_, false};
}

TrackInfo Room::describe(Timestamp now, const Track& track) const {
  TrackInfo info{track.id(), track.kind(), track.spec().codec.codec, track.spec().source, track.muted, {}};
  for (size_t i = 0; i < track.layers.size(); ++i) {
    const TrackLayer& layer = track.layers[i];
    LayerInfo& l = info.layers.emplace_back();
    l.rid = layer.rid;
    l.active = layer.active(now);
    l.wanted = layer.wanted;
    if (layer.dimensions) {
      l.width = static_cast<uint16_t>(layer.dimensions->width);
      l.height = static_cast<uint16_t>(layer.dimensions->height);
    }
    l.bitrate = track.is_mix() ? layer.bitrate : track.publisher().peer->layer_bitrate(track.index(), static_cast<uint8_t>(i), now);
  }
  return info;
}

SlotLayer Room::describe(Timestamp now, const Track& track, uint8_t layer) const {
  const LayerInfo info = describe(now, track).layers[layer];
  return {info.rid, info.width, info.height, std::nullopt, std::nullopt, info.bitrate};
}

SlotLayer Room::describe(const Track& track, const LayerKey& key) const {
  const TrackLayer& layer = track.layers[key.encoding];
  SlotLayer out;
  out.rid = layer.rid;
  out.spatial = key.spatial;
  out.temporal = key.temporal;
  const LayerOption* option = track.find_option(key);
  if (!option) return out;
  out.bitrate = option->rate;
  if (!layer.dimensions && layer.rates.height(key.spatial) == 0) return out;
  out.height = static_cast<uint16_t>(option->height);
  if (layer.dimensions && layer.dimensions->height > 0)
    out.width = static_cast<uint16_t>(option->height * layer.dimensions->width / layer.dimensions->height);
  return out;
}

std::optional<BandwidthInfo> Room::describe_bandwidth(const Participant& participant) const {
  const cc::Estimate* estimate = participant.peer->estimate();
  if (!estimate) return std::nullopt;
  const Participant::Bandwidth& b = participant.bandwidth;
  return BandwidthInfo{*estimate, b.audio, b.video, b.used, b.needed};
}

SlotInfo Room::describe(Timestamp now, const Subscription& slot) const {
  SlotInfo info;
  info.slot = slot.spec().slot;
  info.kind = slot.kind();
  info.track = slot.wish.track;
  info.layout = slot.wish.layout;
  info.max_height = slot.wish.max_height;
  info.rid = slot.wish.rid;
  info.temporal = slot.wish.temporal;
  info.max_fps = slot.wish.max_fps;
  info.priority = slot.wish.priority;
  info.visible = slot.wish.visible;
  info.paused = slot.wish.paused;
  info.reason = slot.track ? SlotReason::kNone : slot.reason;
  if (!slot.track) return info;
  const Track& track = *slot.track;
  info.current = track.id();
  if (slot.kind() != MediaKind::kVideo) return info;
  const Subscription::Grant& grant = slot.grant;
  const Forwarder::Source source = slot.forwarder.current();
  if (source.track == track.number()) {
    // Until a switch happens, what was shown before goes on.
    const bool has_it = grant.track == track.number() && grant.layer && grant.layer->encoding == source.layer;
    info.layer = has_it ? describe(track, *grant.layer) : describe(now, track, source.layer);
  }
  if (grant.track == track.number()) {
    info.ideal = describe(track, grant.ideal);
    info.limited_by = grant.reason;
    if (grant.is_paused()) info.reason = SlotReason::kBandwidth;
  }
  return info;
}

LayoutInfo Room::describe(const std::string& name, const Layout& layout) const {
  LayoutInfo info;
  info.name = name;
  info.layout = layout;
  router_->add_layout_cost(info);
  return info;
}

ParticipantInfo Room::describe(Timestamp now, const Participant& participant) const {
  ParticipantInfo info;
  info.id = participant.id();
  info.name = participant.name;
  info.voice = participant.voice;
  const auto path = participant.peer->send_path();
  info.transport = {participant.transport_kind(), participant.announced_state, path ? std::optional(path->remote) : std::nullopt,
                    participant.peer->suite()};
  info.bandwidth = describe_bandwidth(participant);
  for (const auto& track : participant.tracks) {
    if (track) info.tracks.push_back(describe(now, *track));
  }
  for (const auto& slot : participant.subscriptions) {
    if (slot->active) info.slots.push_back(describe(now, *slot));
  }
  return info;
}

Result<Reply> Room::apply(Timestamp, const DescribeRoom&) const { return Reply(describe()); }

Result<Reply> Room::apply(Timestamp now, const DescribeParticipant& command) const {
  auto participant = require(command.participant);
  if (!participant) return participant.error();
  return Reply(describe(now, **participant));
}

Result<Reply> Room::apply(Timestamp now, const DescribeParticipants&) const {
  std::vector<ParticipantInfo> all;
  for (const Participant* p : order_) all.push_back(describe(now, *p));
  return Reply(std::move(all));
}

Result<Reply> Room::apply(Timestamp now, const DescribeSubscriptions& command) const {
  auto participant = require(command.participant);
  if (!participant) return participant.error();
  return Reply(describe(now, **participant).slots);
}

Result<Reply> Room::apply(Timestamp now, const DescribeTracks&) const { return Reply(describe_tracks(now)); }

std::vector<TrackInfo> Room::describe_tracks(Timestamp now) const {
  std::vector<TrackInfo> all;
  for (const Track* track : track_order_) all.push_back(describe(now, *track));
  return all;
}

Result<Reply> Room::apply(Timestamp now, const DescribeStats& command) const {
  std::vector<StatsEntry> all;
  if (command.participant) {
    if (auto found = require(*command.participant); !found) return found.error();
  }
  for (const Participant* p : order_) {
    if (command.participant && p->id() != *command.participant) continue;
    StatsEntry transport;
    transport.participant = p->id();
    transport.id = "T" + p->id().str();
    transport.type = StatsEntry::Type::kTransport;
    transport.congestion = p->peer->congestion(now);
    if (const auto path = describe_bandwidth(*p)) {
      transport.audio_bitrate_bps = path->audio.bps();
      transport.video_bitrate_bps = path->video.bps();
      transport.allocated_bitrate_bps = path->used.bps();
      transport.needed_bitrate_bps = path->needed.bps();
    }
    all.push_back(transport);
    for (const peer::StreamStats& s : p->peer->stats()) {
      StatsEntry e;
      e.participant = p->id();
      e.type = s.inbound ? StatsEntry::Type::kInboundRtp : StatsEntry::Type::kOutboundRtp;
      e.id = (s.inbound ? "I" : "O") + std::to_string(s.ssrc.value());
      e.kind = s.kind;
      e.ssrc = s.ssrc;
      e.mid = std::string(s.mid.view());
      e.rid = std::string(s.rid.view());
      const Track* track = s.inbound ? p->tracks[s.index].get() : p->subscriptions[s.index]->track;
      if (track) e.track = track->id().str();
      e.nack_count = s.nacks;
      e.pli_count = s.plis;
      if (s.inbound) {
        if (track) router_->add_layer_stats(*track, s.layer, e);
        e.packets_received = s.packets;
        e.bytes_received = s.bytes;
        e.packets_lost = s.packets_lost;
        e.jitter_s = s.jitter_s;
        e.retransmitted_packets_received = s.retransmitted;
        if (s.kind == MediaKind::kAudio) e.red_packets_recovered = s.recovered_by_red;
      } else {
        if (const Subscription::Grant& grant = p->subscriptions[s.index]->grant; grant.track != 0) {
          e.limited_by = grant.reason;
          e.target_bitrate_bps = grant.rate.bps();
        }
        e.packets_sent = s.packets;
        e.bytes_sent = s.bytes;
        e.retransmitted_packets_sent = s.retransmitted;
        if (s.kind == MediaKind::kAudio) e.red_packets_sent = s.red_packets;
        if (s.kind == MediaKind::kVideo) e.fec_packets_sent = s.fec_packets;
      }
      all.push_back(e);
      if (!s.inbound && s.fraction_lost) {
        StatsEntry remote;
        remote.participant = p->id();
        remote.type = StatsEntry::Type::kRemoteInboundRtp;
        remote.id = "R" + std::to_string(s.ssrc.value());
        remote.kind = s.kind;
        remote.ssrc = s.ssrc;
        remote.packets_lost = s.packets_lost;
        remote.fraction_lost = s.fraction_lost;
        remote.round_trip_time_s = s.round_trip_time_s;
        all.push_back(remote);
      }
    }
  }
  if (!command.participant) router_->add_mix_stats(all);
  return Reply(std::move(all));
}

Result<Reply> Room::apply(Timestamp, const TakeCongestionLog& command) const {
  auto participant = require(command.participant);
  if (!participant) return participant.error();
  const cc::EstimatorLog* log = (*participant)->peer->recorded_estimates();
  if (!log)
    return Error{ErrorKind::kNotFound, "no-congestion-log", "nothing is kept; PATCH the participant with \"congestion_log\": true", {}};
  // While it is not full, most of its memory is empty.
  if (log->forgotten() > 0) return Reply(std::make_shared<const cc::EstimatorLog>(*log));
  const auto copy = std::make_shared<cc::EstimatorLog>(log->config(), log->start(), std::max<size_t>(log->size(), 1));
  for (size_t i = 0; i < log->size(); ++i) copy->add((*log)[i]);
  return Reply(CongestionLog(copy));
}

Result<Reply> Room::apply(Timestamp now, const TakeSnapshot& command) const {
  Snapshot s;
  s.number = event_number_;
  s.room = describe();
  for (const Participant* p : order_) s.participants.emplace_back(p->id(), p->name);
  s.tracks = describe_tracks(now);
  if (const Participant* p = command.participant ? find(*command.participant) : nullptr) {
    ParticipantInfo info = describe(now, *p);
    s.slots = std::move(info.slots);
    s.own = std::move(info.tracks);
  }
  return Reply(std::move(s));
}

}  // namespace tutti::room
