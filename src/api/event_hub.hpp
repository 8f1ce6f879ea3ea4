// Distributes the events of rooms to event streams. Keeps the last 1,024 of each room (fewer if they are large), so
// that a client which comes back with its Last-Event-ID misses nothing; a client further behind gets `reset` and a
// snapshot. Ids are the room's numbers above a random base for each room, so that an id from before a restart is not
// taken for one of now. Control thread.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "api/event_json.hpp"
#include "api/event_listener.hpp"
#include "tutti/base/random.hpp"
#include "tutti/room/event.hpp"

namespace tutti::api {

class EventHub {
 public:
  static constexpr size_t kRingEvents = 1024;
  static constexpr size_t kRingBytes = 512 * 1024;

  explicit EventHub(Random& random) : random_(random) {}

  struct Opened {
    std::shared_ptr<EventListener> listener;
    bool needs_snapshot = false;  // then start() or abandon() must follow
  };
  // Goes on after `last_event_id` if that is still kept. Otherwise the listener's events are held until start().
  Opened open(const RoomId& room, std::optional<ParticipantId> participant, std::optional<uint64_t> last_event_id);
  // The snapshot, then what came after it.
  void start(const std::shared_ptr<EventListener>& listener, const room::Snapshot& snapshot);
  void abandon(const std::shared_ptr<EventListener>& listener);

  void publish(const room::Event& event);
  // Tells every listener, ends its stream and forgets all.
  void close_all(room::CloseReason reason);

  size_t listeners() const;
  uint64_t slow_listeners() const { return slow_listeners_; }

 private:
  struct Entry {
    uint64_t number = 0;
    EventListener::Text text;
    std::optional<ParticipantId> only;
  };
  struct Waiting {
    std::shared_ptr<EventListener> listener;
    bool reset = false;
    std::deque<Entry> held;
    size_t held_bytes = 0;
  };
  struct Ring {
    uint64_t base = 0;
    std::deque<Entry> entries;
    size_t bytes = 0;
    std::vector<std::weak_ptr<EventListener>> listeners;
    std::vector<Waiting> waiting;
  };

  Ring& ring(const RoomId& room);
  void remember(Ring& ring, Entry entry);
  void pass_on(const room::Event& event);
  void send(EventListener& listener, const Entry& entry);
  void drop_if_unused(const RoomId& room);

  Random& random_;
  std::unordered_map<RoomId, Ring> rings_;
  uint64_t slow_listeners_ = 0;
};

}  // namespace tutti::api
