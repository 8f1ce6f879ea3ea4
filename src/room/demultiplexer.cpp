#include "tutti/room/demultiplexer.hpp"

#include <algorithm>

#include "tutti/room/participant.hpp"

namespace tutti::room {

Participant* Demultiplexer::by_ufrag(std::string_view ufrag) const {
  auto it = by_ufrag_.find(ufrag);
  return it == by_ufrag_.end() ? nullptr : it->second;
}

void Demultiplexer::add_ufrag(std::string ufrag, Participant& participant) {
  std::erase_if(by_ufrag_, [&](const auto& entry) { return entry.second == &participant && !participant.peer->answers_to(entry.first); });
  by_ufrag_[std::move(ufrag)] = &participant;
}

void Demultiplexer::add_path(const Path& path, Participant& participant) {
  if (!participant.peer->owns(path)) return;
  auto [it, added] = by_path_.try_emplace(path, &participant);
  if (!added && (it->second == &participant || it->second->peer->owns(path))) return;
  it->second = &participant;
  std::erase_if(waiting_, [&](const auto& entry) { return entry.second == &participant; });
  std::erase_if(by_path_, [&](const auto& entry) { return entry.second == &participant && !participant.peer->owns(entry.first); });
}

Participant* Demultiplexer::by_path(const Path& path) const {
  auto it = by_path_.find(path);
  return it == by_path_.end() ? nullptr : it->second;
}

Participant* Demultiplexer::by_remote(const Endpoint& remote) const {
  for (const auto& [path, participant] : by_path_) {
    if (path.remote == remote && participant->peer->owns(path)) return participant;
  }
  return nullptr;
}

void Demultiplexer::add_waiting(Participant& participant) {
  for (const peer::PublishSpec& track : participant.peer->publish()) {
    for (const peer::LayerSpec& layer : track.layers) {
      if (layer.ssrc) waiting_.emplace(*layer.ssrc, &participant);
      if (layer.rtx_ssrc) waiting_.emplace(*layer.rtx_ssrc, &participant);
    }
  }
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
  std::erase_if(by_ufrag_, [&](const auto& e) { return e.second == &participant; });
  std::erase_if(by_path_, [&](const auto& e) { return e.second == &participant; });
  std::erase_if(waiting_, [&](const auto& e) { return e.second == &participant; });
}

}  // namespace tutti::room
