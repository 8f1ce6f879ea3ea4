#include "api/event_hub.hpp"

#include <algorithm>

namespace tutti::api {
namespace {

bool is_for(const EventListener& listener, const std::optional<ParticipantId>& only) {
  return !only || !listener.participant() || *listener.participant() == *only;
}

}  // namespace

EventHub::Opened EventHub::open(const RoomId& room, std::optional<ParticipantId> participant,
                                std::optional<uint64_t> last_event_id) {
  Ring& r = ring(room);
  auto listener = std::make_shared<EventListener>(room, std::move(participant));
  const auto& entries = r.entries;
  const bool kept = last_event_id && !entries.empty() && *last_event_id + 1 >= r.base + entries.front().number &&
                    *last_event_id <= r.base + entries.back().number;
  if (!kept) {
    r.waiting.push_back({listener, last_event_id.has_value(), {}, 0});
    return {std::move(listener), true};
  }
  for (const Entry& entry : entries) {
    if (r.base + entry.number > *last_event_id) send(*listener, entry);
  }
  r.listeners.push_back(listener);
  return {std::move(listener), false};
}

void EventHub::start(const std::shared_ptr<EventListener>& listener, const room::Snapshot& snapshot) {
  const auto found = rings_.find(listener->room());
  if (found == rings_.end()) return;  // the room closed meanwhile, and told the listener so
  Ring& r = found->second;
  const auto waiting =
      std::find_if(r.waiting.begin(), r.waiting.end(), [&](const Waiting& w) { return w.listener == listener; });
  if (waiting == r.waiting.end()) return;
  // One piece, because the first piece is taken whatever its size.
  std::string first = waiting->reset ? format_event(describe_reset(), std::nullopt) : std::string();
  first += format_event(describe_snapshot(snapshot), r.base + snapshot.number);
  listener->push(std::make_shared<std::string>(std::move(first)));
  for (const Entry& entry : waiting->held) {
    if (entry.number > snapshot.number) send(*listener, entry);
  }
  r.waiting.erase(waiting);
  r.listeners.push_back(listener);
}

void EventHub::abandon(const std::shared_ptr<EventListener>& listener) {
  listener->close();
  const auto found = rings_.find(listener->room());
  if (found == rings_.end()) return;
  auto& waiting = found->second.waiting;
  waiting.erase(
      std::remove_if(waiting.begin(), waiting.end(), [&](const Waiting& w) { return w.listener == listener; }),
      waiting.end());
  drop_if_unused(listener->room());
}

void EventHub::publish(const room::Event& event) {
  if (std::holds_alternative<room::BandwidthChanged>(event.what)) return pass_on(event);
  EventText text = describe_event(event);
  Ring& r = ring(event.room);
  Entry entry{event.number, std::make_shared<std::string>(format_event(text, r.base + event.number)), text.only};
  std::erase_if(r.listeners, [](const std::weak_ptr<EventListener>& weak) {
    const auto listener = weak.lock();
    return !listener || listener->closed();
  });
  for (const auto& weak : r.listeners) {
    if (const auto listener = weak.lock()) send(*listener, entry);
  }
  for (Waiting& waiting : r.waiting) {
    if (waiting.held_bytes > kRingBytes) continue;  // cut off below, once
    waiting.held_bytes += entry.text->size();
    if (waiting.held_bytes > kRingBytes || waiting.held.size() >= kRingEvents) {
      waiting.held_bytes = kRingBytes + 1;
      ++slow_listeners_;
      waiting.listener->close();
    } else {
      waiting.held.push_back(entry);
    }
  }
  if (!text.closes) return remember(r, std::move(entry));
  for (const auto& weak : r.listeners) {
    if (const auto listener = weak.lock()) listener->close();
  }
  for (Waiting& waiting : r.waiting) {
    send(*waiting.listener, entry);
    waiting.listener->close();
  }
  rings_.erase(event.room);
}

// Without a number, and to who listens now: these come by the second, and only the last one counts.
void EventHub::pass_on(const room::Event& event) {
  const auto found = rings_.find(event.room);
  if (found == rings_.end() || found->second.listeners.empty()) return;
  EventText text = describe_event(event);
  const Entry entry{0, std::make_shared<std::string>(format_event(text, std::nullopt)), text.only};
  for (const auto& weak : found->second.listeners) {
    if (const auto listener = weak.lock()) send(*listener, entry);
  }
}

void EventHub::close_all(room::CloseReason reason) {
  const auto text = std::make_shared<std::string>(format_event(describe_close(reason), std::nullopt));
  const auto end = [&text](EventListener& listener) {
    listener.push(text);
    listener.close();
  };
  for (auto& [room, r] : rings_) {
    for (const auto& weak : r.listeners) {
      if (const auto listener = weak.lock()) end(*listener);
    }
    for (Waiting& waiting : r.waiting) end(*waiting.listener);
  }
  rings_.clear();
}

size_t EventHub::listeners() const {
  size_t n = 0;
  for (const auto& [room, r] : rings_) {
    n += r.waiting.size();
    n += static_cast<size_t>(std::count_if(r.listeners.begin(), r.listeners.end(), [](const auto& weak) {
      const auto listener = weak.lock();
      return listener && !listener->closed();
    }));
  }
  return n;
}

EventHub::Ring& EventHub::ring(const RoomId& room) {
  const auto [it, added] = rings_.try_emplace(room);
  // Below 2^52, so that an id stays exact where numbers are doubles.
  if (added) it->second.base = (random_.below(uint64_t{1} << 31) + 1) << 20;
  return it->second;
}

void EventHub::remember(Ring& r, Entry entry) {
  r.bytes += entry.text->size();
  r.entries.push_back(std::move(entry));
  while (r.entries.size() > kRingEvents || r.bytes > kRingBytes) {
    r.bytes -= r.entries.front().text->size();
    r.entries.pop_front();
  }
}

void EventHub::send(EventListener& listener, const Entry& entry) {
  if (is_for(listener, entry.only) && !listener.push(entry.text)) ++slow_listeners_;
}

void EventHub::drop_if_unused(const RoomId& room) {
  const auto found = rings_.find(room);
  if (found == rings_.end()) return;
  const Ring& r = found->second;
  if (r.entries.empty() && r.waiting.empty() && r.listeners.empty()) rings_.erase(found);
}

}  // namespace tutti::api
