// Rooms: all rooms of one worker, and the way of a datagram to the right one. Sans-IO: `io::Worker` feeds it datagrams,
// commands and the time, and takes datagrams and events from it; the tests do the same in virtual time.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "tutti/base/counters.hpp"
#include "tutti/base/datagram.hpp"
#include "tutti/base/ntp.hpp"
#include "tutti/base/random.hpp"
#include "tutti/peer/seal_batch.hpp"
#include "tutti/proto/dtls/context.hpp"
#include "tutti/proto/ice/binding_service.hpp"
#include "tutti/room/mixing.hpp"
#include "tutti/room/room.hpp"

namespace tutti::room {

struct RoomsConfig {
  LocalAddresses addresses;
  TimeDelta consent_timeout = TimeDelta::seconds(30);
  ice::StunResponderConfig stun;
  size_t max_paths = 16;              // verified addresses that are kept, per participant
  uint32_t unknown_source_rate = 20;  // packets tried against waiting keyed participants, per second and source
  bool allow_plain_rtp = false;
  size_t max_rooms = 10'000;
  size_t max_sdp_bytes = 256 * 1024;
  // Packets that are kept for retransmission, all tracks together; each takes about 1.8 KiB.
  size_t max_packets = 256 * 1024;
  MixingSettings mixing;
  cc::EstimatorConfig bandwidth = {};
  // RouterHost::fast_start; TrackLayer::kCachedPicture at most.
  TimeDelta fast_start = TimeDelta::seconds(2);
};

class Rooms {
 public:
  Rooms(RoomsConfig config, RouterTable routers, const dtls::Context& dtls, std::string fingerprint_sha256,
        std::unique_ptr<srtp::Backend> srtp, JobExecutor& jobs, Random& random, NtpClock ntp);
  ~Rooms();

  // Bytes may be changed (decryption works in place).
  void handle_datagram(Timestamp now, const Datagram& datagram);
  Result<Reply> apply(Timestamp now, const Command& command);
  Timestamp next_deadline() const { return deadlines_.next(); }
  // How long a packet may lie in the socket once one has come. A room that only mixes looks at its packets every 20 ms, so where many send,
  // being woken for each of them is half of all work, for nothing. Zero as soon as anybody is forwarded to.
  TimeDelta may_rest() const {
    return forwarding_rooms_ == 0 && room_context_.mixing_load.members >= kManyMembers ? kRest : TimeDelta::zero();
  }
  void handle_deadline(Timestamp now);
  // A job that some room gave to the executor, done. The room may be gone.
  void handle_completion(Timestamp now, std::unique_ptr<Job> job);
  // Fills `batch`, sealed. True if there is more: send it, clear it, call again.
  bool poll_transmit(Timestamp now, peer::SealBatch& batch);
  // The longest Room::gather_time of those with output.
  TimeDelta gather_time() const;
  // Events since the last call, in order.
  std::vector<Event> take_events();
  // Everybody out of every room, with BYE.
  void close_all(Timestamp now);

  Counters& counters() { return counters_; }
  size_t room_count() const { return rooms_.size(); }
  size_t participant_count() const;
  size_t track_count() const;
  size_t slot_count() const;
  const MixingLoad& mixing_load() const { return room_context_.mixing_load; }
  const peer::PacketPool& packets() const { return packets_; }
  const LocalAddresses& addresses() const { return config_.addresses; }

 private:
  void handle_stun(Timestamp now, const Datagram& datagram);
  void handle_unknown(Timestamp now, const Datagram& datagram);
  // Null if there is none, or it has closed.
  Room* find(const RoomId& id) const;
  // After every call into a room: its deadline, its output, its end.
  void settle(Room& room);
  Result<Reply> apply_one(Timestamp now, const CreateRoom& command);
  Result<Reply> apply_one(Timestamp now, const DeleteRoom& command);
  Result<Reply> apply_one(Timestamp now, const DescribeRooms& command);
  // Any other command: it is about one room.
  template <class C>
  Result<Reply> apply_one(Timestamp now, const C& command);

  RoomsConfig config_;
  RouterTable routers_;
  Counters counters_;
  // Before the rooms, whose packets go back to it.
  peer::PacketPool packets_;
  std::unique_ptr<srtp::Backend> srtp_;
  Demultiplexer demultiplexer_;
  ice::StunResponder stun_;
  peer::PeerContext peer_context_;
  std::vector<Event> events_;
  RoomContext room_context_;
  DeadlineQueue<Room> deadlines_;
  std::unordered_map<RoomId, std::unique_ptr<Room>> rooms_;
  std::unordered_map<uint64_t, Room*> rooms_by_number_;
  uint64_t next_room_number_ = 1;
  size_t forwarding_rooms_ = 0;
  static constexpr TimeDelta kRest = TimeDelta::millis(3);
  static constexpr uint32_t kManyMembers = 32;
  std::vector<Room*> with_output_;
  struct Reflected {
    Path path;
    size_t size;
    std::array<uint8_t, ice::StunResponder::kMaxReplySize> bytes;
  };
  std::vector<Reflected> reflected_;  // at most kMaxReflected
  static constexpr size_t kMaxReflected = 64;
};

}  // namespace tutti::room
