// Room: its participants, their tracks and slots, and the router that connects them. It is the RouterHost. Owned by Rooms, on
// one worker's thread for life; sans-IO. Four source files: room.cpp (life, time), room_media.cpp (packets), room_commands.cpp
// (what REST asks) and room_describe.cpp (what it shows).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tutti/base/deadline_queue.hpp"
#include "tutti/room/command.hpp"
#include "tutti/room/demultiplexer.hpp"
#include "tutti/room/event.hpp"
#include "tutti/room/local_addresses.hpp"
#include "tutti/room/participant.hpp"
#include "tutti/room/router.hpp"
#include "tutti/room/speaker_detector.hpp"

namespace tutti::room {

// What all rooms of a worker share. Everything outlives the rooms.
struct RoomContext {
  peer::PeerContext& peers;
  Demultiplexer& demultiplexer;
  const LocalAddresses& addresses;
  std::string fingerprint_sha256;  // of our certificate
  bool allow_plain_rtp = false;
  size_t max_sdp_bytes = 256 * 1024;
  TimeDelta fast_start = TimeDelta::seconds(2);
  // Events of all rooms, in order; Rooms hands them on.
  std::vector<Event>& events;
  JobExecutor& jobs;
  MixingSettings mixing;
  MixingLoad mixing_load;
};

class Room final : public RouterHost {
 public:
  // `number`: unique in the worker for ever, unlike the id; jobs find back by it.
  Room(RoomContext& context, RoomId id, uint64_t number, RoomConfig config, RouterFactory router, Timestamp now);
  ~Room() override;
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  const RoomId& id() const { return id_; }
  uint64_t number() const { return number_; }

  // Input for one of its participants.
  void handle_stun(Timestamp now, Participant& participant, const Path& path, const stun::Message& message);
  void handle_datagram(Timestamp now, Participant& participant, const Datagram& datagram, bool path_is_new);
  Timestamp next_deadline() const;
  void handle_deadline(Timestamp now);
  void handle_completion(Timestamp now, std::unique_ptr<Job> job);
  // Adds what may leave now. False if the batch filled up first.
  bool poll_transmit(Timestamp now, peer::SealBatch& batch);
  bool has_output() const { return !with_output_.empty(); }

  Result<Reply> apply(Timestamp now, const Join& command);
  Result<Reply> apply(Timestamp now, const UpdateParticipant& command);
  Result<Reply> apply(Timestamp now, const RemoveParticipant& command);
  Result<Reply> apply(Timestamp now, const RestartIce& command);
  Result<Reply> apply(Timestamp now, const SetSubscriptions& command);
  Result<Reply> apply(Timestamp now, const UpdateRoom& command);
  Result<Reply> apply(Timestamp now, const DescribeRoom& command) const;
  Result<Reply> apply(Timestamp now, const DescribeParticipant& command) const;
  Result<Reply> apply(Timestamp now, const DescribeParticipants& command) const;
  Result<Reply> apply(Timestamp now, const DescribeSubscriptions& command) const;
  Result<Reply> apply(Timestamp now, const SetLayout& command);
  Result<Reply> apply(Timestamp now, const DeleteLayout& command);
  Result<Reply> apply(Timestamp now, const DescribeLayout& command) const;
  Result<Reply> apply(Timestamp now, const DescribeLayouts& command) const;
  Result<Reply> apply(Timestamp now, const DescribeTracks& command) const;
  Result<Reply> apply(Timestamp now, const DescribeStats& command) const;
  Result<Reply> apply(Timestamp now, const TakeCongestionLog& command) const;
  Result<Reply> apply(Timestamp now, const TakeSnapshot& command) const;

  RoomInfo describe() const;

  // Everybody out, with BYE; drain poll_transmit before it is destroyed.
  void close(Timestamp now, CloseReason reason);
  // How long what is to be sent may wait for the rest of the frames that have begun to come: what one receiver gets at once leaves as
  // one run, at half the cost. Zero if no frame is open, or for few receivers. Never longer than sending alone would take.
  TimeDelta gather_time() const;
  // After each input: which layers are wanted by now, once for each track, however many of its slots it has moved.
  void settle_wishes();
  // Set once nothing more will come of this room.
  bool is_closed() const { return closed_; }
  size_t participant_count() const { return order_.size(); }
  size_t slot_count() const;

  // Its place in the lists of its Rooms.
  DeadlineQueue<Room>::Handle deadline{*this};
  bool is_listed = false;  // among those with output

  // RouterHost
  const std::vector<Participant*>& participants() const override { return order_; }
  const std::vector<Track*>& tracks() const override { return track_order_; }
  const SpeakerDetector& speakers() const override { return speakers_; }
  bool show(Timestamp now, Subscription& slot, Track* track, SlotReason reason) override;
  void forward(Subscription& slot, const peer::PacketRef& packet, const peer::Rewrite& rewrite) override;
  void drop(DropReason reason) override { context_.peers.counters.drop(reason); }
  void count(Counter counter, uint64_t n) override { context_.peers.counters.add(counter, n); }
  void request_keyframe(Timestamp now, Track& track, uint8_t layer) override;
  void update_wanted_layers(Timestamp now, Track& track) override;
  void slot_changed(Subscription& slot) override;
  Track& publish(peer::PublishSpec spec) override;
  void unpublish(Timestamp now, Track& mix) override;
  peer::PacketRef make_packet() override;
  void keep(Timestamp now, Track& mix, const peer::PacketRef& packet) override;
  void set_timing(Track& mix, Timestamp captured, RtpTimestamp rtp) override;
  void run(std::unique_ptr<Job> job) override;
  const RoomConfig& config() const override { return config_; }
  const Layouts& layouts() const override { return layouts_; }
  const MixingSettings& mixing() const override { return context_.mixing; }
  TimeDelta fast_start() const override { return context_.fast_start; }
  MixingLoad& mixing_load() override { return context_.mixing_load; }

 private:
  // Housekeeping: speakers, layers, caches.
  static constexpr TimeDelta kTick = TimeDelta::millis(100);
  // A layer is wanted for so long after its last viewer left: long enough for a viewer who comes right back, and for a
  // publisher that has just begun to find its bandwidth.
  static constexpr TimeDelta kUnwantAfter = TimeDelta::seconds(5);
  // What changes by itself in a slot is an event each second, after quiet more of them: as many as this allowance pays.
  static constexpr TimeDelta kBetweenChanges = TimeDelta::seconds(1), kAllowance = TimeDelta::seconds(2);
  // Of an estimate: what is not shared out anew, how often more is, and what is told at once instead of within a second.
  static constexpr double kNoise = 0.02, kWorthTelling = 0.1;
  static constexpr TimeDelta kBetweenRises = TimeDelta::millis(50), kBetweenEvents = TimeDelta::seconds(1);

  Participant* find(const ParticipantId& id) const;
  Result<Participant*> require(const ParticipantId& id) const;
  void remove(Timestamp now, Participant& participant, LeaveReason reason);
  void remove_track(Timestamp now, Track& track);
  // Tracks and slots as the participant's peer has them now.
  void sync_streams(Timestamp now, Participant& participant);
  // What another offer made of a slot.
  void update_slot(Timestamp now, Subscription& slot, const peer::ReceiveSpec& spec);
  // What a slot shows that nobody has said anything of: shared/api.md, Joining.
  Subscription::Wish default_wish(const std::vector<peer::ReceiveSpec>& slots, size_t index) const;
  void follow_state(Timestamp now, Participant& participant);
  void follow_estimate(Timestamp now, Participant& participant);
  void reschedule(Participant& participant);
  void mark_output(Participant& participant);
  // Brings those who are to be polled next into the cache.
  void prefetch_output() const;
  void tick(Timestamp now);
  void settle_wanted_layers(Timestamp now, Track& track);
  void publish_event(decltype(Event::what) what);
  void tell(Subscription& slot);

  void follow_frame(TrackLayer& layer, const peer::MediaPacket& packet);
  void act_on_output(Timestamp now, Participant& participant, const Path& path, bool path_is_new);
  void on_media(Timestamp now, Participant& participant, const peer::PacketRef& packet);
  void retransmit(Timestamp now, Participant& participant, uint16_t slot, SeqNum sequence);
  void on_layers_announced(Participant& participant, const peer::PeerOutput::LayersAnnounced& announced);
  void on_sender_report(Participant& participant, const peer::PeerOutput::SenderReported& report);
  void update_timing(Subscription& slot);

  Result<std::unique_ptr<Participant>> make_webrtc(Timestamp now, const Join& join, const WebrtcJoin& webrtc, ParticipantId id,
                                                   std::string& answer);
  Result<std::unique_ptr<Participant>> make_keyed(Timestamp now, const Join& join, const KeyedJoin& keyed, ParticipantId id,
                                                  const Participant* replaced, std::optional<Endpoint>& local);
  TrackInfo describe(Timestamp now, const Track& track) const;
  SlotLayer describe(Timestamp now, const Track& track, uint8_t layer) const;
  SlotLayer describe(const Track& track, const LayerKey& key) const;
  SlotInfo describe(Timestamp now, const Subscription& slot) const;
  ParticipantInfo describe(Timestamp now, const Participant& participant) const;
  std::optional<BandwidthInfo> describe_bandwidth(const Participant& participant) const;
  std::vector<TrackInfo> describe_tracks(Timestamp now) const;

  peer::NegotiationPolicy policy() const;
  peer::LocalTransport local_transport(bool loopback, std::string cname);
  Result<std::string> renegotiate(Timestamp now, Participant& participant, const WebrtcJoin& offer);
  // `participant`: null before it has joined.
  Result<void> check(const std::vector<SubscriptionChange>& changes, const std::vector<peer::ReceiveSpec>& slots,
                     const Participant* participant, bool replace_all) const;
  void change(Participant& participant, const std::vector<SubscriptionChange>& changes, bool replace_all);
  bool mixes() const { return config_.mode != RoomMode::kSfu; }
  LayoutInfo describe(const std::string& name, const Layout& layout) const;
  Result<Layouts::const_iterator> require_layout(const std::string& name) const;

  RoomContext& context_;
  RoomId id_;
  uint64_t number_;
  RoomConfig config_;
  Layouts layouts_ = {{"default", {}}};
  std::unordered_map<ParticipantId, std::unique_ptr<Participant>> participants_;
  std::vector<Participant*> order_;
  std::vector<Track*> track_order_;
  std::vector<std::unique_ptr<Track>> mixes_;
  std::unordered_map<uint64_t, Track*> tracks_by_number_;
  uint64_t next_track_number_ = 1;
  SpeakerDetector speakers_;
  std::optional<ParticipantId> speaker_;
  std::unique_ptr<Router> router_;
  DeadlineQueue<Participant> deadlines_;
  Timestamp next_tick_ = Timestamp::never();
  Timestamp empty_since_;
  std::vector<Participant*> with_output_;
  uint64_t drains_ = 0;    // times that it was emptied
  uint64_t forwarded_ = 0;  // packets, to whomever
  uint64_t round_ = 1;     // of input, until its output was polled
  size_t open_frames_ = 0; // layers whose frame has begun in this round
  bool wishes_moved_ = false;  // of a track
  bool draining_ = false;  // the batch filled up before it was empty
  std::vector<std::unique_ptr<Participant>> leaving_;  // closed, with something left to say
  peer::PeerOutput output_;
  uint64_t event_number_ = 0;
  Timestamp now_;  // of the input that is being handled, for events made under way
  bool closed_ = false;
};

}  // namespace tutti::room
