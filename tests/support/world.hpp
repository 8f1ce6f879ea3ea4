// World: the rooms of one worker and clients around them, joined by a seeded network, in virtual time that jumps from
// deadline to deadline. The same room::Rooms as in the daemon; what io::Worker does there is done by `run` here.
// One at a time in a process, because it initialises libsrtp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "support/clock_override.hpp"
#include "support/event_loop.hpp"
#include "support/job_queue.hpp"
#include "support/network.hpp"
#include "tutti/base/log.hpp"
#include "tutti/proto/dtls/certificate.hpp"
#include "tutti/room/rooms.hpp"
#include "tutti/routing/hybrid_router.hpp"
#include "tutti/routing/mcu_router.hpp"
#include "tutti/routing/sfu_router.hpp"

namespace tutti::test {

class World {
 public:
  // Somebody at the far end of the network.
  class Client : public Actor {
   public:
    virtual void receive(Timestamp now, std::vector<uint8_t> datagram) = 0;
  };
  // When a datagram of this size that is sent now arrives; nothing if it is lost.
  using Carry = std::function<std::optional<Timestamp>(Timestamp now, size_t bytes)>;
  struct Options {
    uint64_t seed = 1;
    HopConditions up, down;  // of every client: to the server, and from it
    room::RoomsConfig rooms;
    room::RoomConfig room;
    JobQueue::Options jobs;
  };

  explicit World(Options options)
      : random_(options.seed),
        up_(options.up, random_),
        down_(options.down, random_),
        certificate_(make_certificate()),
        dtls_(certificate_),
        jobs_(now_, random_, options.jobs) {
    options.rooms.addresses = room::LocalAddresses({{kServer, kServer, true, {}}});
    options.rooms.allow_plain_rtp = true;
    rooms_ = std::make_unique<room::Rooms>(
        std::move(options.rooms),
        room::RouterTable{&routing::make_sfu_router, &routing::make_mcu_router, &routing::make_hybrid_router}, dtls_,
        certificate_.fingerprint_sha256(), srtp::make_libsrtp_backend(), jobs_, random_, ntp_);
    apply(room::CreateRoom{room(), options.room, false});
  }

  static const RoomId& room() {
    static const RoomId id("r");
    return id;
  }
  static inline const Endpoint kServer{IpAddress::v4({10, 0, 0, 1}), 40000};

  room::Rooms& rooms() { return *rooms_; }
  SeededRandom& random() { return random_; }
  srtp::Backend& backend() { return *client_backend_; }
  NtpClock ntp() const { return ntp_; }
  Timestamp now() const { return now_; }
  Hop& up() { return up_; }
  Hop& down() { return down_; }
  JobQueue& jobs() { return jobs_; }

  // Throws with the error's text; a test that expects one calls rooms().apply.
  room::Reply apply(const room::Command& command) {
    auto reply = rooms_->apply(now_, command);
    if (!reply) throw std::runtime_error(reply.error().type + ": " + reply.error().detail);
    drain();
    return std::move(*reply);
  }
  bool has_participant(const std::string& id) {
    return rooms_->apply(now_, room::DescribeParticipant{room(), ParticipantId(id)}).has_value();
  }
  room::ParticipantInfo describe(const std::string& id) {
    return std::get<room::ParticipantInfo>(apply(room::DescribeParticipant{room(), ParticipantId(id)}));
  }
  // Called with each event of the room.
  std::function<void(const room::Event&)> on_event;
  // Why somebody left; nothing while it is here.
  std::optional<room::LeaveReason> left(const std::string& id) const {
    auto it = left_.find(id);
    return it == left_.end() ? std::nullopt : std::optional(it->second);
  }

  // Whatever is sent to `address` reaches this client, until it is detached. Its deadlines are kept from now on.
  void attach(Client& client, const Endpoint& address) {
    clients_[address] = &client;
    if (std::find(attached_.begin(), attached_.end(), static_cast<Actor*>(&client)) == attached_.end())
      attached_.push_back(&client);
  }
  // Somebody whose time is to be kept and who talks to nobody here.
  void attach(Actor& actor) { attached_.push_back(&actor); }
  // What goes to and comes from this address takes a way of its own, not up() and down().
  void route(const Endpoint& address, Carry down, Carry up) { routes_[address] = {std::move(down), std::move(up)}; }
  void detach(Client& client) {
    std::erase_if(clients_, [&](const auto& e) { return e.second == &client; });
    std::erase(attached_, static_cast<Actor*>(&client));
  }
  Endpoint make_address() {
    ++addresses_;
    return {IpAddress::v4({10, 1, static_cast<uint8_t>(addresses_ >> 8), static_cast<uint8_t>(addresses_)}), 5000};
  }
  void send(const Endpoint& from, std::vector<uint8_t> bytes) {
    if (const auto route = routes_.find(from); route != routes_.end()) {
      if (const auto at = route->second.up(now_, bytes.size())) launch({*at, order_++, from, true, std::move(bytes)});
      return;
    }
    const auto arrivals = up_.send(now_, bytes.size());
    for (Timestamp at : arrivals) launch({at, order_++, from, true, bytes});
  }

  void run_for(TimeDelta time) {
    run(now_ + time, [] { return false; });
  }
  void run_until(Timestamp end) {
    run(end, [] { return false; });
  }
  // Until `stop`, looked at after every step, or `end`; whether it came to the stop. Everything due at `end` has
  // happened.
  template <class Stop>
  bool run(Timestamp end, Stop stop) {
    drain();
    while (!stop()) {
      const Timestamp next = next_event();
      if (next > end) {
        now_ = end;
        set_openssl_time(now_);
        return false;
      }
      advance(next);
      step();
    }
    return true;
  }

 private:
  struct InFlight {
    Timestamp at;
    uint64_t order;
    Endpoint client;
    bool to_server;
    std::vector<uint8_t> bytes;
    bool operator<(const InFlight& o) const { return at != o.at ? at > o.at : order > o.order; }
  };
  // Key generation is slow, and nothing depends on whose key it is.
  static const dtls::Certificate& make_certificate() {
    static const dtls::Certificate certificate = [] {
      configure_log(LogLevel::kWarn, LogFormat::kText);
      SeededRandom random(1);
      set_openssl_time(Timestamp::from_ms(1000));
      return dtls::Certificate::self_signed(random, 1'700'000'000);
    }();
    return certificate;
  }

  Timestamp next_event() const {
    Timestamp next = std::min(rooms_->next_deadline(), jobs_.next_deadline());
    if (!in_flight_.empty()) next = std::min(next, in_flight_.front().at);
    for (const Actor* c : attached_) next = std::min(next, c->next_deadline());
    return next;
  }
  void advance(Timestamp next) {
    // Somebody who is due again and again without time passing would hang the daemon.
    steps_at_once_ = next > now_ ? 0 : steps_at_once_ + 1;
    if (steps_at_once_ > 10'000) throw std::logic_error("time stands still");
    now_ = std::max(now_, next);
    set_openssl_time(now_);
  }
  void launch(InFlight datagram) {
    in_flight_.push_back(std::move(datagram));
    std::push_heap(in_flight_.begin(), in_flight_.end());
  }
  void step() {
    while (!in_flight_.empty() && in_flight_.front().at <= now_) {
      std::pop_heap(in_flight_.begin(), in_flight_.end());
      InFlight d = std::move(in_flight_.back());
      in_flight_.pop_back();
      if (d.to_server) {
        rooms_->handle_datagram(now_, {{0, d.client}, d.bytes});
        drain();
      } else if (auto it = clients_.find(d.client); it != clients_.end()) {
        it->second->receive(now_, std::move(d.bytes));
      }
    }
    for (size_t i = 0; i < attached_.size(); ++i) {
      if (attached_[i]->next_deadline() <= now_) attached_[i]->handle_deadline(now_);
    }
    while (auto job = jobs_.take_done()) {
      rooms_->handle_completion(now_, std::move(job));
      drain();
    }
    if (rooms_->next_deadline() <= now_) rooms_->handle_deadline(now_);
    drain();
  }
  void drain() {
    for (bool more = true; more;) {
      more = rooms_->poll_transmit(now_, batch_);
      for (const TransmitSlot& slot : batch_.datagrams().slots()) {
        if (slot.size == 0) continue;
        if (const auto route = routes_.find(slot.path.remote); route != routes_.end()) {
          if (const auto at = route->second.down(now_, slot.size))
            launch({*at, order_++, slot.path.remote, false, {slot.bytes.begin(), slot.bytes.begin() + slot.size}});
          continue;
        }
        const auto arrivals = down_.send(now_, slot.size);
        for (Timestamp at : arrivals)
          launch({at, order_++, slot.path.remote, false, {slot.bytes.begin(), slot.bytes.begin() + slot.size}});
      }
      batch_.clear();
    }
    for (const room::Event& event : rooms_->take_events()) {
      if (on_event) on_event(event);
      if (const auto* gone = std::get_if<room::ParticipantLeft>(&event.what))
        left_[gone->participant.str()] = gone->reason;
    }
  }

  srtp::Library library_;
  SeededRandom random_;
  Hop up_, down_;
  const dtls::Certificate& certificate_;
  dtls::Context dtls_;
  Timestamp now_ = Timestamp::from_ms(1000);
  JobQueue jobs_;
  NtpClock ntp_{TimeDelta::seconds(3'900'000'000)};
  std::unique_ptr<srtp::Backend> client_backend_ = srtp::make_libsrtp_backend();
  std::unique_ptr<room::Rooms> rooms_;
  peer::SealBatch batch_;
  std::vector<InFlight> in_flight_;  // a heap, the earliest first
  uint64_t order_ = 0;
  std::unordered_map<Endpoint, Client*> clients_;
  struct Route {
    Carry down, up;
  };
  std::unordered_map<Endpoint, Route> routes_;
  std::vector<Actor*> attached_;
  std::unordered_map<std::string, room::LeaveReason> left_;
  unsigned addresses_ = 0;
  unsigned steps_at_once_ = 0;
};

}  // namespace tutti::test
