// How much of the path to a participant each of its mixes may take, by the estimate of that path. Sound comes first: a picture gets what
// every sound slot leaves. Pure.
#pragma once

#include <algorithm>
#include <optional>

#include "tutti/room/router.hpp"

namespace tutti::routing {

struct MixBudget {
  // An Opus stream with its headers, retransmissions and reports, unless its encoder is known to take more.
  static constexpr DataRate kSound = DataRate::kbps(56);
  // Of what is left where tracks are forwarded to the same participant too.
  static constexpr int64_t kShareBesideTracks = 2;

  // For each composed picture that the participant watches; nothing: its path is not known to be limited.
  static std::optional<DataRate> for_picture(const room::Participant& participant) {
    const cc::Estimate* estimate = participant.peer->estimate();
    if (!estimate) return std::nullopt;
    int64_t sounds = 0, pictures = 0, tracks = 0;
    for (const auto& slot : participant.subscriptions) {
      if (!slot->active || slot->wish.is_stopped()) continue;
      if (slot->kind() == MediaKind::kAudio) {
        sounds += slot->track ? 1 : 0;
      } else if (slot->wish.track.kind == room::TrackChoice::Kind::kMix) {
        ++pictures;
      } else {
        tracks += slot->track ? 1 : 0;
      }
    }
    const int64_t left = std::max<int64_t>(estimate->target.bps() - sounds * kSound.bps(), 0);
    return DataRate::bps(left / std::max<int64_t>(pictures, 1) / (tracks > 0 ? kShareBesideTracks : 1));
  }

  // What a slot that shows a mix is sent.
  static DataRate taken(const room::Subscription& slot) {
    const room::Forwarder::Source shown = slot.forwarder.current();
    const DataRate rate = slot.track->layers[shown.track == slot.track->number() ? shown.layer : 0].bitrate;
    return slot.kind() == MediaKind::kAudio ? std::max(rate, kSound) : rate;
  }

  // What a slot that shows a mix could make use of: of a picture the highest rung that it asks for.
  static DataRate needed(const room::Subscription& slot) {
    if (slot.kind() == MediaKind::kAudio) return taken(slot);
    const auto& rungs = slot.track->layers;
    DataRate most = rungs.front().bitrate;
    for (const room::TrackLayer& rung : rungs) {
      const bool asked_for = !slot.wish.max_height || !rung.dimensions || rung.dimensions->height <= *slot.wish.max_height;
      if (asked_for) most = std::max(most, rung.bitrate);
    }
    return most;
  }

  // Of the whole path, sound takes no more than a quarter where it can do with less.
  static std::optional<DataRate> for_sound(const room::Participant& participant) {
    const cc::Estimate* estimate = participant.peer->estimate();
    return estimate ? std::optional(DataRate::bps(estimate->target.bps() / 4)) : std::nullopt;
  }
};

}  // namespace tutti::routing
