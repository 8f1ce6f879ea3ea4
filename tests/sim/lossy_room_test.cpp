// Ten minutes of a room in virtual time: one publisher with three layers, twenty subscribers, 40 ms round trip and 5 % loss
// each way on every hop. The same code as the daemon runs, from a seed.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>
#include <queue>
#include <unordered_map>

#include "support/lossy_link.hpp"
#include "support/sim_publisher.hpp"
#include "support/sim_subscriber.hpp"
#include "tutti/base/log.hpp"
#include "tutti/room/rooms.hpp"
#include "tutti/proto/dtls/certificate.hpp"
#include "tutti/routing/sfu_router.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

constexpr size_t kSubscribers = 20;
const Endpoint kServer{IpAddress::v4({127, 0, 0, 1}), 40000};

class LossyRoom {
 public:
  LossyRoom(uint64_t seed, LinkConditions conditions)
      : quiet_((configure_log(LogLevel::kWarn, LogFormat::kText), true)), random_(seed), certificate_(dtls::Certificate::self_signed(random_, 1'700'000'000)), dtls_(certificate_), link_(conditions, random_) {
    room::RoomsConfig config;
    config.addresses = room::LocalAddresses({{kServer, kServer, true}});
    room::RouterTable routers;
    routers.sfu = &routing::make_sfu_router;
    rooms_ = std::make_unique<room::Rooms>(config, routers, dtls_, certificate_.fingerprint_sha256(), srtp::make_libsrtp_backend(), random_, ntp_);
    REQUIRE(rooms_->apply(now_, room::CreateRoom{RoomId("r"), {}, false}).has_value());
    publisher_ = std::make_unique<SimPublisher>(join(0, {SimPublisher::spec()}, {}, {}), *client_backend_, random_, sender(0));
    for (uint32_t i = 1; i <= kSubscribers; ++i) {
      room::SubscriptionChange change;
      change.slot = SlotId("0");
      change.track = room::TrackChoice{room::TrackChoice::Kind::kTrack, {ParticipantId("p0"), "cam"}};
      change.rid = Rid::make(SimPublisher::kRids[i % 3]);
      subscribers_.push_back(std::make_unique<SimSubscriber>(i, join(i, {}, {SimSubscriber::spec(i)}, {change}), sender(i)));
    }
  }
  ~LossyRoom() { rooms_.reset(); }

  void run(TimeDelta duration, bool switching) {
    const Timestamp end = now_ + duration;
    Timestamp next_frame = now_, next_report = now_, next_switch = now_ + TimeDelta::seconds(5);
    while (now_ < end) {
      Timestamp next = std::min({end, next_frame, rooms_->next_deadline(), switching ? next_switch : Timestamp::never()});
      if (!in_flight_.empty()) next = std::min(next, in_flight_.top().at);
      for (const auto& s : subscribers_) next = std::min(next, s->next_deadline());
      now_ = std::max(now_, next);
      if (now_ >= next_frame) {
        publisher_->send_frame(now_);
        next_frame = next_frame + SimPublisher::kFrameInterval;
      }
      if (now_ >= next_report) {
        publisher_->send_reports(now_, ntp_);
        next_report = now_ + TimeDelta::seconds(1);
      }
      if (switching && now_ >= next_switch) {
        switch_somebody();
        next_switch = now_ + TimeDelta::seconds(2);
      }
      while (!in_flight_.empty() && in_flight_.top().at <= now_) deliver();
      for (const auto& s : subscribers_) {
        if (s->next_deadline() <= now_) s->handle_deadline(now_);
      }
      if (rooms_->next_deadline() <= now_) rooms_->handle_deadline(now_);
      drain();
    }
  }
  Timestamp now() const { return now_; }
  room::Rooms& rooms() { return *rooms_; }
  SimPublisher& publisher() { return *publisher_; }
  std::vector<std::unique_ptr<SimSubscriber>>& subscribers() { return subscribers_; }
  void leave_all() {
    for (size_t i = 0; i <= kSubscribers; ++i) REQUIRE(rooms_->apply(now_, room::RemoveParticipant{RoomId("r"), ParticipantId("p" + std::to_string(i))}).has_value());
    drain();
  }

 private:
  struct InFlight {
    Timestamp at;
    uint64_t order;
    size_t client;   // whose, or to whom
    bool to_server;
    std::vector<uint8_t> bytes;
    bool operator<(const InFlight& o) const { return at != o.at ? at > o.at : order > o.order; }
  };
  static Endpoint address(size_t client) { return {IpAddress::v4({127, 0, 0, 1}), static_cast<uint16_t>(50000 + client)}; }

  SimPublisher::Send sender(size_t client) {
    return [this, client](std::vector<uint8_t> bytes) { launch(client, true, std::move(bytes)); };
  }
  void launch(size_t client, bool to_server, std::vector<uint8_t> bytes) {
    for (Timestamp at : link_.send(now_)) in_flight_.push({at, order_++, client, to_server, bytes});
  }
  std::unique_ptr<srtp::Session> join(uint32_t index, std::vector<peer::PublishSpec> publish, std::vector<peer::ReceiveSpec> receive,
                                      std::vector<room::SubscriptionChange> changes) {
    std::vector<uint8_t> a(28), b(28);
    random_.fill(a);
    random_.fill(b);
    room::KeyedJoin keyed;
    keyed.receive_key = SrtpMasterKey(a);
    keyed.send_key = SrtpMasterKey(b);
    keyed.remote = address(index);
    keyed.publish = std::move(publish);
    keyed.receive = std::move(receive);
    room::Join join;
    join.room = RoomId("r");
    join.participant = ParticipantId("p" + std::to_string(index));
    join.transport = std::move(keyed);
    join.subscriptions = std::move(changes);
    const auto reply = rooms_->apply(now_, join);
    REQUIRE(reply.has_value());
    return std::move(client_backend_->make_session({SrtpSuite::kAeadAes128Gcm, SrtpMasterKey(a), SrtpMasterKey(b)}).value());
  }
  void switch_somebody() {
    room::SetSubscriptions set;
    set.room = RoomId("r");
    set.participant = ParticipantId("p" + std::to_string(1 + random_.below(kSubscribers)));
    room::SubscriptionChange change;
    change.slot = SlotId("0");
    change.rid = Rid::make(SimPublisher::kRids[random_.below(3)]);
    const uint64_t temporal = random_.below(4);
    change.temporal = temporal == 3 ? std::nullopt : std::optional(static_cast<uint8_t>(temporal));
    set.changes = {change};
    REQUIRE(rooms_->apply(now_, set).has_value());
  }
  void deliver() {
    InFlight d = in_flight_.top();
    in_flight_.pop();
    if (d.to_server) {
      rooms_->handle_datagram(now_, {{0, address(d.client)}, d.bytes});
      drain();
    } else if (d.client == 0) {
      publisher_->receive(std::move(d.bytes));
    } else {
      subscribers_[d.client - 1]->receive(now_, std::move(d.bytes));
    }
  }
  void drain() {
    for (bool more = true; more;) {
      more = rooms_->poll_transmit(now_, batch_);
      for (const TransmitSlot& slot : batch_.datagrams().slots()) {
        if (slot.size > 0) launch(slot.path.remote.port - 50000u, false, {slot.bytes.begin(), slot.bytes.begin() + slot.size});
      }
      batch_.clear();
    }
    rooms_->take_events();
  }

  bool quiet_;
  srtp::Library library_;
  SeededRandom random_;
  dtls::Certificate certificate_;
  dtls::Context dtls_;
  NtpClock ntp_{TimeDelta::seconds(3'900'000'000)};
  LossyLink link_;
  std::unique_ptr<srtp::Backend> client_backend_ = srtp::make_libsrtp_backend();
  std::unique_ptr<room::Rooms> rooms_;
  std::unique_ptr<SimPublisher> publisher_;
  std::vector<std::unique_ptr<SimSubscriber>> subscribers_;
  peer::SealBatch batch_;
  std::priority_queue<InFlight> in_flight_;
  uint64_t order_ = 0;
  Timestamp now_ = Timestamp::from_ms(1000);
};

}  // namespace

TEST_CASE("ten minutes, three layers and twenty subscribers with 5 % loss on every hop lose under 0.1 %", "[sim]") {
  const uint64_t seed = 20261121;
  LossyRoom sim(seed, {0.05, 0.002, TimeDelta::millis(20), TimeDelta::millis(4)});
  sim.run(TimeDelta::seconds(600), true);

  uint64_t expected = 0, left = 0, late = 0, retransmitted = 0;
  for (auto& s : sim.subscribers()) {
    const auto result = s->finish(sim.now());
    INFO(s->first_fault());
    CHECK(s->first_fault().empty());
    CHECK(result.expected > 10'000);
    CHECK(result.residual() < 0.001);
    expected += result.expected;
    left += result.missing + result.late;
    late += result.late;
    retransmitted += s->rtx_received();
  }
  std::cout << "seed " << seed << ": " << expected << " packets expected by subscribers, " << left << " not there after 400 ms, " << late << " of these came later ("
            << 100.0 * static_cast<double>(left) / static_cast<double>(expected) << " %), " << retransmitted << " retransmissions received, "
            << sim.publisher().resent() << " packets resent and " << sim.publisher().keyframes_asked() << " keyframes asked of the publisher\n";
  // One publisher, twenty viewers, a switch every two seconds: requests are merged, not multiplied.
  CHECK(sim.publisher().keyframes_asked() < 1500);
  CHECK(sim.rooms().packets().in_use() < 2000);
  sim.leave_all();
  CHECK(sim.rooms().packets().in_use() == 0);
}

TEST_CASE("without loss nothing is retransmitted and nothing is missing", "[sim]") {
  LossyRoom sim(7, {0, 0, TimeDelta::millis(20), TimeDelta::zero()});
  sim.run(TimeDelta::seconds(20), true);
  for (auto& s : sim.subscribers()) {
    const auto result = s->finish(sim.now());
    INFO(s->first_fault());
    CHECK(s->first_fault().empty());
    CHECK(result.missing + result.late == 0);
    CHECK(s->rtx_received() == 0);
    CHECK(s->packets() > 400);
  }
}
