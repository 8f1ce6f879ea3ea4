// NackRequester against a path that loses packets both ways, in virtual time: the publisher's media, our requests and
// its retransmissions are all lost alike.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <vector>

#include "tutti/base/random.hpp"
#include "tutti/proto/rtpstream/nack_requester.hpp"

using namespace tutti;
using namespace tutti::rtpstream;

namespace {

class LossyPath {
 public:
  LossyPath(uint64_t seed, double loss, TimeDelta round_trip) : random_(seed), loss_(loss), one_way_(round_trip / 2) {
    requester_.set_round_trip_time(round_trip);
  }

  // Sends `count` packets, one each `spacing`, and runs on until nothing is under way.
  void run(int64_t count, TimeDelta spacing) {
    sent_.assign(static_cast<size_t>(count), Timestamp());
    arrived_.assign(static_cast<size_t>(count), Timestamp::never());
    for (int64_t s = 0; s < count; ++s) {
      sent_[static_cast<size_t>(s)] = Timestamp() + spacing * s;
      at(sent_[static_cast<size_t>(s)], [this, s](Timestamp now) { send(now, s, media_lost); });
    }
    while (!events_.empty() || requester_.next_deadline().is_finite()) {
      const Timestamp next_event = events_.empty() ? Timestamp::never() : events_.begin()->first;
      if (requester_.next_deadline() < next_event) {
        request(requester_.next_deadline());
      } else {
        const auto event = events_.extract(events_.begin());
        event.mapped()(event.key());
      }
    }
  }

  // The share of packets that were not there `deadline` after their regular arrival.
  double missing_after(TimeDelta deadline) const {
    int missing = 0;
    for (size_t i = 0; i < sent_.size(); ++i) missing += arrived_[i] > sent_[i] + one_way_ + deadline ? 1 : 0;
    return missing / static_cast<double>(sent_.size());
  }

  const NackRequester& requester() const { return requester_; }
  int media_lost = 0, requests_lost = 0, retransmissions_lost = 0;

 private:
  void at(Timestamp when, std::function<void(Timestamp)> what) { events_.emplace(when, std::move(what)); }
  // Up to 3 ms of jitter, so that packets overtake each other.
  TimeDelta delay() { return one_way_ + TimeDelta::micros(static_cast<int64_t>(random_.below(3000))); }
  bool is_lost(int& counter) {
    const bool lost = random_.unit() < loss_;
    counter += lost ? 1 : 0;
    return lost;
  }

  void send(Timestamp now, int64_t s, int& lost) {
    if (is_lost(lost)) return;
    at(now + delay(), [this, s](Timestamp then) {
      auto& arrived = arrived_[static_cast<size_t>(s)];
      if (arrived.is_finite()) return;  // DuplicateFilter's part
      arrived = then;
      requester_.on_packet(then, ExtSeqNum(s));
      request(then);
    });
  }
  // One request is one datagram: it is lost with all that it asks for.
  void request(Timestamp now) {
    std::array<SeqNum, 64> out;
    while (const size_t n = requester_.poll(now, out)) {
      if (is_lost(requests_lost)) continue;
      at(now + delay(),
         [this, asked = std::vector(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(n))](Timestamp then) {
           // The numbers stay below 65536 here.
           for (SeqNum s : asked) send(then, s.value(), retransmissions_lost);
         });
    }
  }

  SeededRandom random_;
  double loss_;
  TimeDelta one_way_;
  NackRequester requester_;
  std::multimap<Timestamp, std::function<void(Timestamp)>> events_;
  std::vector<Timestamp> sent_, arrived_;
};

}  // namespace

TEST_CASE("5 % loss each way at 40 ms leaves under 0.1 % after 400 ms", "[rtpstream][nack]") {
  const uint64_t seed = GENERATE(1, 2, 3, 4, 5);
  const TimeDelta spacing = GENERATE(TimeDelta::millis(3), TimeDelta::millis(20));
  CAPTURE(seed, spacing.ms());
  LossyPath path(seed, 0.05, TimeDelta::millis(40));
  path.run(20'000, spacing);

  REQUIRE(path.media_lost > 800);
  REQUIRE(path.requests_lost > 20);
  REQUIRE(path.retransmissions_lost > 20);
  CHECK(path.missing_after(TimeDelta::millis(400)) < 0.001);
  CHECK(path.missing_after(TimeDelta::millis(200)) < 0.001);
  // Without retransmission it is what the path loses, so that the test measures something.
  CHECK(path.missing_after(TimeDelta::millis(5)) > 0.04);
  // Each lost packet takes 1 / 0.95^2 requests, and few of those are for what was only late.
  CHECK(path.requester().asked() < static_cast<uint64_t>(path.media_lost * 1.2));
}

TEST_CASE("without loss nothing is asked for, whatever the reordering", "[rtpstream][nack]") {
  LossyPath path(6, 0, TimeDelta::millis(40));
  path.run(20'000, TimeDelta::millis(3));
  CHECK(path.requester().asked() == 0);
  CHECK(path.missing_after(TimeDelta::millis(3)) == 0);
}

TEST_CASE("bursts of lost packets are mended as well", "[rtpstream][nack]") {
  LossyPath path(7, 0.3, TimeDelta::millis(40));
  path.run(20'000, TimeDelta::millis(3));
  CHECK(path.missing_after(TimeDelta::seconds(1)) < 0.01);
  CHECK(path.requester().given_up() < 200);
}
