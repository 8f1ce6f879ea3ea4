#include "tutti/room/demultiplexer.hpp"

#include <algorithm>

#include "tutti/room/participant.hpp"

namespace tutti::room {

Participant* Demultiplexer::by_ufrag(std::string_view ufrag) const {
  auto it = by_ufrag_.find(ufrag);
  return it == by_ufrag_.end() ? nullptr : it->second;
}

void Demultiplexer::add_ufrag(std::string ufrag, Participant& participant) {
  std::vector<std::string>& ufrags = keys_[&participant].ufrags;
  std::erase_if(ufrags, [&](const std::string& old) {
    const bool gone = !participant.peer->answers_to(old);
    if (gone) forget_ufrag(old, participant);
    return gone;
  });
  ufrags.push_back(ufrag);
  by_ufrag_[std::move(ufrag)] = &participant;
}

// Not if it has become somebody else's.
void Demultiplexer::forget_ufrag(const std::string& ufrag, const Participant& participant) {
  const auto it = by_ufrag_.find(ufrag);
  if (it != by_ufrag_.end() && it->second == &participant) by_ufrag_.erase(it);
}

void Demultiplexer::forget_path(const Path& path, const Participant& participant) {
  const auto it = by_path_.find(path);
  if (it != by_path_.end() && it->second == &participant) by_path_.erase(it);
}

void Demultiplexer::add_path(const Path& path, Participant& participant) {
  if (!participant.peer->owns(path)) return;
  auto [it, added] = by_path_.try_emplace(path, &participant);
  if (!added && (it->second == &participant || it->second->peer->owns(path))) return;
  if (!added) std::erase(keys_[it->second].paths, path);
  it->second = &participant;
  sockets_ = std::max<uint16_t>(sockets_, path.local + 1);
  Keys& keys = keys_[&participant];
  stop_waiting(keys, participant);
  std::erase_if(keys.paths, [&](const Path& old) {
    const bool gone = !participant.peer->owns(old);
    if (gone) forget_path(old, participant);
    return gone;
  });
  keys.paths.push_back(path);
}

Participant* Demultiplexer::by_path(const Path& path) const {
  auto it = by_path_.find(path);
  return it == by_path_.end() ? nullptr : it->second;
}

Participant* Demultiplexer::by_remote(const Endpoint& remote) const {
  for (uint16_t socket = 0; socket < sockets_; ++socket) {
    const Path path{socket, remote};
    Participant* participant = by_path(path);
    if (participant && participant->peer->owns(path)) return participant;
  }
  return nullptr;
}

void Demultiplexer::add_waiting(Participant& participant) {
  std::vector<Ssrc>& awaited = keys_[&participant].awaited;
  const auto add = [&](std::optional<Ssrc> ssrc) {
    if (!ssrc) return;
    waiting_.emplace(*ssrc, &participant);
    awaited.push_back(*ssrc);
  };
  for (const peer::PublishSpec& track : participant.peer->publish()) {
    for (const peer::LayerSpec& layer : track.layers) {
      add(layer.ssrc);
      add(layer.rtx_ssrc);
    }
  }
}

void Demultiplexer::stop_waiting(Keys& keys, const Participant& participant) {
  for (const Ssrc ssrc : keys.awaited) {
    const auto [begin, end] = waiting_.equal_range(ssrc);
    const auto it = std::find_if(begin, end, [&](const auto& entry) { return entry.second == &participant; });
    if (it != end) waiting_.erase(it);
  }
  keys.awaited.clear();
}

std::vector<Participant*> Demultiplexer::waiting_for(Ssrc ssrc) const {
  std::vector<Participant*> found;
  const auto [begin, end] = waiting_.equal_range(ssrc);
  for (auto it = begin; it != end && found.size() < kMaxCandidates; ++it) {
    if (it->second->peer->awaits(ssrc)) found.push_back(it->second);
  }
  return found;
}

bool Demultiplexer::is_limited(Timestamp now, const Endpoint& source) const {
  auto it = failures_.find(source.ip);
  return it != failures_.end() && now - it->second.since < TimeDelta::seconds(1) && it->second.count >= max_failures_;
}

void Demultiplexer::count_failure(Timestamp now, const Endpoint& source) {
  if (failures_.size() >= kMaxSources) failures_.clear();
  Failures& f = failures_[source.ip];
  if (now - f.since >= TimeDelta::seconds(1)) f = {now, 0};
  ++f.count;
}

void Demultiplexer::remove(Participant& participant) {
  const auto it = keys_.find(&participant);
  if (it == keys_.end()) return;
  for (const std::string& ufrag : it->second.ufrags) forget_ufrag(ufrag, participant);
  for (const Path& path : it->second.paths) forget_path(path, participant);
  stop_waiting(it->second, participant);
  keys_.erase(it);
}

}  // namespace tutti::room
