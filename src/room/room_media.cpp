#include <algorithm>

#include "tutti/base/prefetch.hpp"
#include "tutti/room/room.hpp"

namespace tutti::room {
namespace {

// A frame's packets come within tens of microseconds from a sender that does not pace, each 10 us on a link of 1 Gbit/s.
constexpr TimeDelta kGatherAtLeast = TimeDelta::micros(20);
constexpr TimeDelta kGatherForEach = TimeDelta::micros(1);
constexpr TimeDelta kGatherAtMost = TimeDelta::micros(250);
// For fewer the wait costs what the longer run saves (measured with calls of two), and is latency for nothing.
constexpr size_t kWorthGathering = 8;

}  // namespace

void Room::handle_stun(Timestamp now, Participant& participant, const Path& path, const stun::Message& message) {
  now_ = now;
  output_.clear();
  participant.peer->handle_stun(now, path, message, output_);
  act_on_output(now, participant, path, true);
}

void Room::handle_datagram(Timestamp now, Participant& participant, const Datagram& datagram, bool path_is_new) {
  now_ = now;
  output_.clear();
  participant.peer->handle_datagram(now, datagram, output_);
  act_on_output(now, participant, datagram.path, path_is_new);
}

void Room::act_on_output(Timestamp now, Participant& participant, const Path& path, bool path_is_new) {
  if (path_is_new && output_.authenticated) context_.demultiplexer.add_path(path, participant);
  for (const peer::PacketRef& packet : output_.media) on_media(now, participant, packet);
  for (const auto& announced : output_.layers_announced) on_layers_announced(participant, announced);
  for (const auto& report : output_.sender_reports) on_sender_report(participant, report);
  for (const auto& nacked : output_.nacked) retransmit(now, participant, nacked.slot, nacked.sequence);
  for (uint16_t slot : output_.keyframes_wanted) router_->on_keyframe_needed(now, *participant.subscriptions[slot]);
  output_.media.clear();
  mark_output(participant);
  follow_estimate(now, participant);
  follow_state(now, participant);
}

void Room::on_media(Timestamp now, Participant& participant, const peer::PacketRef& packet) {
  Track* track = packet->track < participant.tracks.size() ? participant.tracks[packet->track].get() : nullptr;
  if (!track) return drop(DropReason::kRtpUnknownSsrc);
  if (track->muted) return drop(DropReason::kTrackMuted);
  TrackLayer& layer = track->layers[packet->layer];
  if (packet->epoch != layer.epoch) {
    layer.cache.clear();
    layer.clock.reset();
    layer.epoch = packet->epoch;
    layer.newest = packet->sequence;
    layer.keyframe.reset();
  }
  layer.newest = std::max(layer.newest, packet->sequence);
  // For retransmissions, so only of what somebody is sent.
  if (!track->subscribers.empty()) layer.cache.insert(now, packet->sequence, packet);
  layer.last_packet = now;
  if (packet->keyframe && track->kind() == MediaKind::kVideo) layer.note_keyframe(*packet);
  if (packet->dimensions) layer.dimensions = packet->dimensions;
  if (packet->spatial_sizes.count > 0) layer.rates.note_sizes(packet->spatial_sizes);
  layer.rates.on_packet(*packet);
  if (track->kind() == MediaKind::kAudio) speakers_.on_packet(now, track->number(), *packet);
  const uint64_t forwarded = forwarded_;
  router_->on_rtp(now, *track, packet);
  if (forwarded_ != forwarded && track->kind() == MediaKind::kVideo) follow_frame(layer, *packet);
}

void Room::follow_frame(TrackLayer& layer, const peer::MediaPacket& packet) {
  // What comes after its frame's end does not open it again.
  if (packet.recovered || packet.timestamp == layer.ended) return;
  if (packet.marker) layer.ended = packet.timestamp;
  if (packet.marker == (layer.open_in != round_)) return;
  open_frames_ += packet.marker ? -1 : 1;
  layer.open_in = packet.marker ? 0 : round_;
}

TimeDelta Room::gather_time() const {
  if (open_frames_ == 0 || with_output_.size() < kWorthGathering) return TimeDelta::zero();
  return std::min(kGatherAtMost, kGatherAtLeast + kGatherForEach * static_cast<int64_t>(with_output_.size()));
}

void Room::forward(Subscription& slot, const peer::PacketRef& packet, const peer::Rewrite& rewrite) {
  Participant& receiver = slot.subscriber();
  receiver.peer->send_rtp(slot.index(), packet, rewrite);
  ++forwarded_;
  mark_output(receiver);
}

void Room::retransmit(Timestamp now, Participant& participant, uint16_t slot, SeqNum sequence) {
  Subscription& subscription = *participant.subscriptions[slot];
  Counters& counters = context_.peers.counters;
  const auto sent = subscription.forwarder.find_sent(sequence);
  if (!sent) {
    const auto padding = subscription.forwarder.find_padding(sequence);
    return padding ? participant.peer->send_rtp(slot, {}, *padding, true) : counters.add(Counter::kRtxMissing);
  }
  if (sent->rewrite.padding_only) return participant.peer->send_rtp(slot, {}, sent->rewrite, true);
  auto it = tracks_by_number_.find(sent->source.track);
  if (it == tracks_by_number_.end()) return counters.add(Counter::kRtxMissing);
  TrackLayer& layer = it->second->layers[sent->source.layer];
  peer::PacketRef* packet = layer.epoch == sent->epoch ? layer.cache.find(now, sent->sequence) : nullptr;
  if (!packet) return counters.add(Counter::kRtxMissing);
  participant.peer->send_rtp(slot, *packet, sent->rewrite, true);
}

// Each stream's packets tell of all streams; what they tell of their own needs no map from one's order to the other's.
void Room::on_layers_announced(Participant& participant, const peer::PeerOutput::LayersAnnounced& announced) {
  Track* track = announced.track < participant.tracks.size() ? participant.tracks[announced.track].get() : nullptr;
  if (!track) return;
  LayerRates& rates = track->layers[announced.layer].rates;
  const payload::VideoLayersAllocation& allocation = announced.allocation;
  // Sizes come with keyframes and changes only; those between stand by what was said.
  std::array<uint32_t, LayerRates::kSpatial> heights;
  for (uint8_t s = 0; s < LayerRates::kSpatial; ++s) heights[s] = rates.height(s);
  rates.clear_announcement();
  for (const auto& layer : allocation.layers()) {
    if (layer.stream != allocation.stream) continue;
    const uint32_t height = layer.dimensions ? layer.dimensions->height : heights[layer.spatial_id];
    rates.announce(layer.spatial_id, std::span(layer.bitrates).first(layer.temporal_count), height, layer.max_fps);
  }
}

void Room::on_sender_report(Participant& participant, const peer::PeerOutput::SenderReported& report) {
  participant.alignment.on_report(report.arrival, report.ntp);
  Track* track = report.track < participant.tracks.size() ? participant.tracks[report.track].get() : nullptr;
  if (!track) return;
  track->layers[report.layer].clock = CaptureClock{&participant.alignment, report.ntp, report.rtp, track->spec().codec.clock_rate_hz};
  for (Subscription* slot : track->subscribers) update_timing(*slot);
}

// The slot's sender reports follow the publisher's clock, so that a receiver can play its audio and video in step.
void Room::update_timing(Subscription& slot) {
  if (slot.track && slot.track->timing) {
    const Track::Timing& timing = *slot.track->timing;
    if (slot.forwarder.current().track == slot.track->number())
      slot.subscriber().peer->set_timing(slot.index(), timing.captured, timing.rtp + slot.forwarder.timestamp_offset());
    return;
  }
  const Forwarder::Source source = slot.forwarder.current();
  if (!slot.track || source.track != slot.track->number()) return;
  const auto& clock = slot.track->layers[source.layer].clock;
  if (!clock) return;
  slot.subscriber().peer->set_timing(slot.index(), clock->at(clock->rtp), clock->rtp + slot.forwarder.timestamp_offset());
}

void Room::request_keyframe(Timestamp now, Track& track, uint8_t layer) {
  if (track.kind() != MediaKind::kVideo || track.muted || track.is_mix()) return;
  Participant& publisher = track.publisher();
  publisher.peer->request_keyframe(now, track.index(), layer);
  mark_output(publisher);
  reschedule(publisher);
}

bool Room::show(Timestamp now, Subscription& slot, Track* track, SlotReason reason) {
  const auto* spec = track ? peer::find_forwardable(track->spec().codec, slot.spec().codecs) : nullptr;
  if (track && !spec) {
    track = nullptr;
    reason = SlotReason::kCodec;
  }
  if (slot.track == track && slot.reason == reason) return track != nullptr || reason != SlotReason::kCodec;
  Track* before = slot.track;
  if (before != track) {
    if (before) std::erase(before->subscribers, &slot);
    slot.track = track;
    if (track) {
      track->subscribers.push_back(&slot);
    } else {
      slot.forwarder.clear_target();
    }
  }
  // Which of its encoders serves a listener is the mixer's affair.
  const bool same_for_people = before && track && before->id() == track->id();
  slot.reason = reason;
  if (!same_for_people) {
    update_timing(slot);
    tell(slot);
  }
  if (before && before != track) update_wanted_layers(now, *before);
  return track != nullptr || reason != SlotReason::kCodec;
}

void Room::slot_changed(Subscription& slot) {
  update_timing(slot);
  slot.untold = now_ < slot.tell_again;
  if (slot.untold) return;
  slot.tell_again = std::max(slot.tell_again, now_ - kAllowance) + kBetweenChanges;
  tell(slot);
}

void Room::tell(Subscription& slot) {
  slot.untold = false;
  slot.announced = slot.grant;
  slot.announced_at = now_;
  if (closed_ || slot.subscriber().is_leaving) return;
  publish_event(SlotChanged{slot.subscriber().id(), describe(now_, slot)});
}

Track& Room::publish(peer::PublishSpec spec) {
  const TrackId id{ParticipantId("mix"), spec.name};
  Track& track = *mixes_.emplace_back(std::make_unique<Track>(next_track_number_++, id, nullptr, 0, spec));
  tracks_by_number_[track.number()] = &track;
  return track;
}

void Room::unpublish(Timestamp now, Track& mix) {
  const std::vector<Subscription*> shown = mix.subscribers;
  for (Subscription* slot : shown) show(now, *slot, nullptr, SlotReason::kOff);
  tracks_by_number_.erase(mix.number());
  std::erase_if(mixes_, [&](const auto& track) { return track.get() == &mix; });
}

peer::PacketRef Room::make_packet() {
  peer::PacketRef packet = context_.peers.packets.acquire();
  if (!packet) drop(DropReason::kPoolExhausted);
  return packet;
}

void Room::keep(Timestamp now, Track& mix, const peer::PacketRef& packet) {
  TrackLayer& layer = mix.layers[packet->layer];
  layer.newest = packet->sequence;
  layer.last_packet = now;
  layer.cache.insert(now, packet->sequence, packet);
}

void Room::set_timing(Track& mix, Timestamp captured, RtpTimestamp rtp) {
  mix.timing = {captured, rtp};
  for (Subscription* slot : mix.subscribers) update_timing(*slot);
}

void Room::run(std::unique_ptr<Job> job) {
  job->room_number = number_;
  context_.jobs.run(std::move(job));
}

void Room::prefetch_output() const {
  const size_t left = with_output_.size();
  const auto ahead = [&](size_t count) { return left > count ? with_output_[left - 1 - count] : nullptr; };
  if (const Participant* p = ahead(5)) prefetch(p, sizeof(*p));
  if (const Participant* p = ahead(4)) prefetch(p->peer.get(), sizeof(*p->peer));
  if (const Participant* p = ahead(3)) p->peer->prefetch(peer::Peer::Prefetch::kSelf);
  if (const Participant* p = ahead(2)) p->peer->prefetch(peer::Peer::Prefetch::kStreams);
  if (const Participant* p = ahead(1)) p->peer->prefetch(peer::Peer::Prefetch::kKeys);
}

bool Room::poll_transmit(Timestamp now, peer::SealBatch& batch) {
  // Nobody is always last: whoever is waits for all the others, and is the first to find the socket's buffer full.
  if (!draining_ && !with_output_.empty())
    std::rotate(with_output_.begin(), with_output_.begin() + static_cast<std::ptrdiff_t>(drains_++ % with_output_.size()), with_output_.end());
  draining_ = true;
  while (!with_output_.empty()) {
    Participant& participant = *with_output_.back();
    prefetch_output();
    if (!participant.peer->poll_transmit(now, batch)) return false;
    participant.has_output = false;
    with_output_.pop_back();
    if (participant.is_leaving) {
      // It may have been sent something in this very batch, which is sealed with its keys.
      batch.seal(context_.peers.srtp, context_.peers.counters);
      std::erase_if(leaving_, [&](const auto& gone) { return gone.get() == &participant; });
    } else {
      // What waited too long for the path was given up, up to a keyframe that is still to come.
      while (const auto slot = participant.peer->take_keyframe_wanted()) router_->on_keyframe_needed(now, *participant.subscriptions[*slot]);
      reschedule(participant);
    }
  }
  draining_ = false;
  ++round_;
  open_frames_ = 0;
  return true;
}

}  // namespace tutti::room
