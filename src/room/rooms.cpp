#include "tutti/room/rooms.hpp"

#include <algorithm>

#include "tutti/base/log.hpp"
#include "tutti/proto/ice/agent.hpp"
#include "tutti/wire/rtp/header.hpp"

namespace tutti::room {
namespace {

Error no_such_room(const RoomId& id) { return {ErrorKind::kNotFound, "room-not-found", "there is no room \"" + id.str() + "\"", {}}; }

}  // namespace

Rooms::Rooms(RoomsConfig config, RouterTable routers, const dtls::Context& dtls, std::string fingerprint_sha256,
             std::unique_ptr<srtp::Backend> srtp, JobExecutor& jobs, Random& random, NtpClock ntp)
    : config_(std::move(config)),
      routers_(routers),
      packets_(config_.max_packets),
      srtp_(std::move(srtp)),
      demultiplexer_(config_.unknown_source_rate),
      stun_(config_.stun, random),
      peer_context_{counters_, random, packets_, *srtp_, dtls, ntp, config_.consent_timeout, config_.max_paths, config_.bandwidth},
      room_context_{peer_context_, demultiplexer_, config_.addresses, std::move(fingerprint_sha256), config_.allow_plain_rtp, config_.max_sdp_bytes, config_.fast_start, events_, jobs, config_.mixing, {}} {}

Rooms::~Rooms() = default;

Room* Rooms::find(const RoomId& id) const {
  auto it = rooms_.find(id);
  return it == rooms_.end() || it->second->is_closed() ? nullptr : it->second.get();
}

void Rooms::settle(Room& room) {
  room.settle_wishes();
  deadlines_.set(room.deadline, room.next_deadline());
  if ((room.has_output() || room.is_closed()) && !room.is_listed) {
    room.is_listed = true;
    with_output_.push_back(&room);
  }
}

void Rooms::handle_datagram(Timestamp now, const Datagram& datagram) {
  counters_.add(Counter::kDatagramsReceived);
  counters_.add(Counter::kBytesReceived, datagram.bytes.size());
  if (datagram.bytes.empty()) return counters_.drop(DropReason::kTooShort);
  // RFC 7983: 0..3 is STUN. It names its participant itself, and may come on a path that was somebody else's.
  if (datagram.bytes[0] <= 3) return handle_stun(now, datagram);
  Participant* participant = demultiplexer_.by_path(datagram.path);
  if (!participant) return handle_unknown(now, datagram);
  Room& room = participant->room();
  room.handle_datagram(now, *participant, datagram, false);
  settle(room);
}

void Rooms::handle_stun(Timestamp now, const Datagram& datagram) {
  const auto message = stun::Message::parse(datagram.bytes);
  if (!message) return counters_.drop(DropReason::kStunMalformed);
  if (const auto ufrag = ice::addressed_ufrag(*message)) {
    Participant* participant = demultiplexer_.by_ufrag(*ufrag);
    if (!participant) return counters_.drop(DropReason::kUnknownUfrag);
    Room& room = participant->room();
    room.handle_stun(now, *participant, datagram.path, *message);
    return settle(room);
  }
  if (reflected_.size() == kMaxReflected) return counters_.drop(DropReason::kQueueFull);
  Reflected& reply = reflected_.emplace_back();
  const ice::BindingReply made = stun_.handle_binding(now, datagram.path.remote, *message, reply.bytes);
  reply.path = datagram.path;
  reply.size = made.size;
  if (made.dropped) counters_.drop(*made.dropped);
  if (made.size == 0) {
    reflected_.pop_back();
  } else {
    counters_.add(Counter::kStunBinding);
  }
}

// Only a keyed participant whose address is not known yet may be behind this: whoever's keys open the packet has sent it.
void Rooms::handle_unknown(Timestamp now, const Datagram& datagram) {
  const auto packet = rtp::is_rtcp(datagram.bytes) ? std::nullopt : rtp::parse(datagram.bytes);
  const auto candidates = packet ? demultiplexer_.waiting_for(packet->ssrc) : std::vector<Participant*>();
  if (candidates.empty()) return counters_.drop(DropReason::kUnknownSource);
  if (demultiplexer_.is_limited(now, datagram.path.remote)) return counters_.drop(DropReason::kLearnLimited);
  // Opening works in place and spoils what it refuses, so every try has a copy.
  const std::vector<uint8_t> original(datagram.bytes.begin(), datagram.bytes.end());
  for (Participant* candidate : candidates) {
    std::copy(original.begin(), original.end(), datagram.bytes.begin());
    Room& room = candidate->room();
    room.handle_datagram(now, *candidate, datagram, true);
    settle(room);
    if (demultiplexer_.by_path(datagram.path)) return;
  }
  demultiplexer_.count_failure(now, datagram.path.remote);
}

void Rooms::handle_deadline(Timestamp now) {
  while (Room* room = deadlines_.pop_due(now)) {
    room->handle_deadline(now);
    settle(*room);
  }
}

void Rooms::handle_completion(Timestamp now, std::unique_ptr<Job> job) {
  auto it = rooms_by_number_.find(job->room_number);
  if (it == rooms_by_number_.end()) return;
  Room& room = *it->second;
  room.handle_completion(now, std::move(job));
  settle(room);
}

bool Rooms::poll_transmit(Timestamp now, peer::SealBatch& batch) {
  TransmitBatch& out = batch.datagrams();
  while (!reflected_.empty() && !out.full()) {
    const Reflected& reply = reflected_.back();
    std::copy_n(reply.bytes.begin(), reply.size, out.next().bytes.begin());
    out.commit(reply.path, reply.size);
    reflected_.pop_back();
  }
  bool more = !reflected_.empty();
  while (!more && !with_output_.empty()) {
    Room& room = *with_output_.back();
    if (!room.poll_transmit(now, batch)) {
      more = true;
      break;
    }
    with_output_.pop_back();
    room.is_listed = false;
    if (room.is_closed()) {
      // The batch still refers to its participants' keys.
      batch.seal(*srtp_, counters_);
      rooms_by_number_.erase(room.number());
      if (room.config().mode != RoomMode::kMcu) --forwarding_rooms_;
      rooms_.erase(rooms_.find(room.id()));
    } else {
      deadlines_.set(room.deadline, room.next_deadline());
    }
  }
  batch.seal(*srtp_, counters_);
  for (const TransmitSlot& slot : out.slots()) {
    if (slot.size == 0) continue;
    counters_.add(Counter::kDatagramsSent);
    counters_.add(Counter::kBytesSent, slot.size);
  }
  return more;
}

TimeDelta Rooms::gather_time() const {
  TimeDelta longest;
  for (const Room* room : with_output_) longest = std::max(longest, room->gather_time());
  return longest;
}

std::vector<Event> Rooms::take_events() { return std::exchange(events_, {}); }

void Rooms::close_all(Timestamp now) {
  for (auto& [id, room] : rooms_) {
    room->close(now, CloseReason::kShutdown);
    settle(*room);
  }
}

Result<Reply> Rooms::apply(Timestamp now, const Command& command) {
  return std::visit([&](const auto& c) { return apply_one(now, c); }, command);
}

Result<Reply> Rooms::apply_one(Timestamp now, const CreateRoom& command) {
  if (const Room* room = find(command.room)) {
    if (!command.match_existing || room->config() != command.config)
      return Error{ErrorKind::kConflict, "room-exists", "room \"" + command.room.str() + "\" exists already" + (command.match_existing ? ", made otherwise" : ""), "/id"};
    return Reply(room->describe());
  }
  // One that has closed is still saying goodbye.
  if (rooms_.contains(command.room))
    return Error{ErrorKind::kConflict, "room-exists", "room \"" + command.room.str() + "\" is closing", "/id"};
  if (rooms_.size() >= config_.max_rooms)
    return Error{ErrorKind::kForbidden, "limit-rooms", "at most " + std::to_string(config_.max_rooms) + " rooms are allowed here", {}};
  const RouterFactory router = routers_.get(command.config.mode);
  if (!router)
    return Error{ErrorKind::kUnsupported, "mode-unavailable", "this server has no rooms of mode \"" + std::string(to_string(command.config.mode)) + "\"", "/mode"};
  auto& room = rooms_[command.room] = std::make_unique<Room>(room_context_, command.room, next_room_number_++, command.config, router, now);
  rooms_by_number_[room->number()] = room.get();
  if (command.config.mode != RoomMode::kMcu) ++forwarding_rooms_;
  log(LogLevel::kInfo, "room created", {{"room", command.room.str()}, {"mode", std::string(to_string(command.config.mode))}});
  settle(*room);
  RoomInfo info = room->describe();
  info.created = true;
  return Reply(info);
}

Result<Reply> Rooms::apply_one(Timestamp now, const DeleteRoom& command) {
  Room* room = find(command.room);
  if (!room) return no_such_room(command.room);
  room->close(now, CloseReason::kDeleted);
  settle(*room);
  return Reply(Done{});
}

Result<Reply> Rooms::apply_one(Timestamp, const DescribeRooms&) {
  std::vector<RoomInfo> all;
  for (const auto& [id, room] : rooms_) {
    if (!room->is_closed()) all.push_back(room->describe());
  }
  std::sort(all.begin(), all.end(), [](const RoomInfo& a, const RoomInfo& b) { return a.id < b.id; });
  return Reply(std::move(all));
}

template <class C>
Result<Reply> Rooms::apply_one(Timestamp now, const C& command) {
  Room* room = find(command.room);
  if (!room) return no_such_room(command.room);
  auto result = room->apply(now, command);
  settle(*room);
  return result;
}

size_t Rooms::participant_count() const {
  size_t n = 0;
  for (const auto& [id, room] : rooms_) n += room->participant_count();
  return n;
}
size_t Rooms::track_count() const {
  size_t n = 0;
  for (const auto& [id, room] : rooms_) n += room->tracks().size();
  return n;
}
size_t Rooms::slot_count() const {
  size_t n = 0;
  for (const auto& [id, room] : rooms_) n += room->slot_count();
  return n;
}

}  // namespace tutti::room
