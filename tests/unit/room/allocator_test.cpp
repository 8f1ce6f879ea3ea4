#include "tutti/room/allocator.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "tutti/base/random.hpp"
#include "tutti/room/rise_guard.hpp"

namespace tutti::room {
namespace {

using Options = std::vector<LayerOption>;

// Three encodings q, h and f of 180, 360 and 720 lines at 150, 500 and 1,700 kbit/s; a letter of `sent` for each that
// comes, of `promised` for each that was asked for just now.
Options three(const std::string& sent = "qhf", const std::string& promised = "") {
  Options options;
  const char* names = "qhf";
  const int64_t kbps[] = {150, 500, 1700};
  for (uint8_t i = 0; i < 3; ++i) {
    const LayerState state = sent.find(names[i]) != std::string::npos       ? LayerState::kSent
                             : promised.find(names[i]) != std::string::npos ? LayerState::kPromised
                                                                            : LayerState::kAbsent;
    options.push_back({{i, 0, 0}, 180u << i, 30, DataRate::kbps(kbps[i]), state});
  }
  return options;
}

// One encoding of so many spatial and temporal layers, the largest of 720 lines at 30 frames per second.
Options layered(uint8_t spatial, uint8_t temporal) {
  Options options;
  for (uint8_t s = 0; s < spatial; ++s) {
    for (uint8_t t = 0; t < temporal; ++t) {
      const double fps = 30.0 / (1 << (temporal - 1 - t));
      options.push_back(
          {{0, s, t}, 720u >> (spatial - 1 - s), fps, DataRate::kbps((s + 1) * 200 + t * 60), LayerState::kSent});
    }
  }
  return options;
}

SlotRequest ask(const Options& options) {
  SlotRequest request;
  request.options = options;
  return request;
}

std::optional<LayerKey> chosen(const SlotRequest& request, const SlotAllocation& slot) {
  return slot.option ? std::optional(request.options[*slot.option].key) : std::nullopt;
}

SlotAllocation alone(const SlotRequest& request, std::optional<DataRate> budget = std::nullopt) {
  return allocate(budget, std::span(&request, 1)).slots[0];
}

TEST_CASE("a picture of which nothing is known yet costs little and may need what is usual", "[room][allocator]") {
  LayerOption unknown{{0, 0, 0}, 720, 30, DataRate::kbps(150), LayerState::kSent};
  unknown.usual = DataRate::kbps(1800);
  const Options options{unknown};
  const SlotRequest request = ask(options);
  const SlotRequest both[] = {request, request};
  const Allocation shared = allocate(DataRate::kbps(600), both);
  CHECK(shared.used == DataRate::kbps(300));     // neither is paused for a guess
  CHECK(shared.needed == DataRate::kbps(3600));  // and a probe may find room for both before they are measured
}

TEST_CASE("without an estimate everybody gets what it asks for", "[room][allocator]") {
  struct Row {
    std::optional<uint8_t> encoding;
    std::optional<uint16_t> max_height;
    int ideal;
  };
  const Row row = GENERATE(values<Row>({
      {{}, {}, 2},
      {uint8_t{0}, {}, 0},
      {uint8_t{1}, {}, 1},
      {uint8_t{1}, 1080, 1},  // an encoding outweighs a height
      {uint8_t{2}, 200, 2},
      {{}, 1080, 2},
      {{}, 720, 2},
      {{}, 719, 1},
      {{}, 360, 1},
      {{}, 359, 0},
      {{}, 10, 0},  // none is that low: the lowest
  }));
  CAPTURE(row.max_height.value_or(0));
  const Options options = three();
  SlotRequest request = ask(options);
  request.wish.encoding = row.encoding;
  request.wish.max_height = row.max_height;
  const SlotAllocation slot = alone(request);
  CHECK(slot.ideal == row.ideal);
  REQUIRE(slot.option == row.ideal);
  CHECK(slot.wanted_encoding == row.ideal);
  CHECK(slot.reason == (row.ideal == 2 ? AllocationReason::kNone : AllocationReason::kViewer));
}

TEST_CASE("a layer that does not come is stood in for by the next lower, else the next higher", "[room][allocator]") {
  struct Row {
    const char* sent;
    const char* promised;
    uint8_t wish;
    int now;
  };
  const Row row = GENERATE(values<Row>({
      {"qhf", "", 2, 2},
      {"qh", "", 2, 1},
      {"q", "", 2, 0},
      {"", "", 2, 2},  // nothing comes: wait for what is wanted
      {"hf", "", 0, 1},
      {"f", "", 0, 2},
      {"qf", "", 1, 0},
      {"f", "", 1, 2},
      {"", "f", 2, 2},
      {"", "h", 2, 1},
  }));
  CAPTURE(row.sent, row.promised, row.wish);
  const Options options = three(row.sent, row.promised);
  SlotRequest request = ask(options);
  request.wish.encoding = row.wish;
  const SlotAllocation slot = alone(request);
  CHECK(slot.ideal == row.wish);
  REQUIRE(slot.option == row.now);
  CHECK(slot.wanted_encoding == row.wish);
}

TEST_CASE("who sees nothing yet has what comes already until the better layer does", "[room][allocator]") {
  const Options options = three("q", "hf");
  SlotRequest request = ask(options);
  SlotAllocation slot = alone(request);
  CHECK(slot.option == 0);
  CHECK(slot.wanted_encoding == 2);
  request.current = options[0].key;
  slot = alone(request);
  CHECK(slot.option == 2);
}

TEST_CASE("frame rates and temporal layers are bounded by the wish", "[room][allocator]") {
  const Options options = layered(3, 3);
  SlotRequest request = ask(options);
  CHECK(chosen(request, alone(request)) == LayerKey{0, 2, 2});
  request.wish.max_fps = 15;
  CHECK(chosen(request, alone(request)) == LayerKey{0, 2, 1});
  request.wish.max_fps = 5;  // none is that slow: the slowest
  CHECK(chosen(request, alone(request)) == LayerKey{0, 2, 0});
  request.wish = {};
  request.wish.max_temporal = 1;
  CHECK(chosen(request, alone(request)) == LayerKey{0, 2, 1});
  request.wish.max_height = 360;
  CHECK(chosen(request, alone(request)) == LayerKey{0, 1, 1});
}

TEST_CASE("a camera becomes larger at half its frame rate or more, a screen at any", "[room][allocator]") {
  // 200, 260, 320 at 180 lines; 400, 460, 520 at 360; 600, 660, 720 at 720.
  const Options options = layered(3, 3);
  SlotRequest request = ask(options);
  CHECK(chosen(request, alone(request, DataRate::kbps(430))) == LayerKey{0, 0, 2});
  CHECK(chosen(request, alone(request, DataRate::kbps(460))) == LayerKey{0, 1, 1});
  CHECK(chosen(request, alone(request, DataRate::kbps(640))) == LayerKey{0, 1, 2});
  request.prefers_detail = true;
  CHECK(chosen(request, alone(request, DataRate::kbps(430))) == LayerKey{0, 1, 0});
  CHECK(chosen(request, alone(request, DataRate::kbps(640))) == LayerKey{0, 2, 0});
}

TEST_CASE("every slot has its lowest layer before anybody has more, and then who matters more is larger",
          "[room][allocator]") {
  const Options options = three();
  std::vector<SlotRequest> requests(8, ask(options));
  requests[5].priority = priority::kSpeaker;
  const auto all = [&](int64_t kbps) {
    std::string text;
    for (const SlotAllocation& slot : allocate(DataRate::kbps(kbps), requests).slots)
      text += slot.option ? "qhf"[*slot.option] : '-';
    return text;
  };
  CHECK(all(149) == "-----q--");  // beyond the estimate, so that something is shown
  CHECK(all(70) == "--------");
  CHECK(all(300) == "q----q--");
  CHECK(all(1199) == "qqqqqqq-");
  CHECK(all(1200) == "qqqqqqqq");
  CHECK(all(1549) == "qqqqqqqq");
  CHECK(all(1550) == "qqqqqhqq");
  CHECK(all(2750) == "qqqqqfqq");
  CHECK(all(3100) == "hqqqqfqq");
  CHECK(all(100'000) == "ffffffff");
}

TEST_CASE("a slot says why it has no more", "[room][allocator]") {
  const Options options = three();
  SlotRequest request = ask(options);
  CHECK(alone(request, DataRate::kbps(1700)).reason == AllocationReason::kNone);
  CHECK(alone(request, DataRate::kbps(1699)).reason == AllocationReason::kBandwidth);
  CHECK(alone(request, DataRate::kbps(50)).reason == AllocationReason::kBandwidth);
  request.wish.max_height = 360;
  CHECK(alone(request, DataRate::kbps(1700)).reason == AllocationReason::kViewer);
  request.wish = {};
  request.is_steady = true;
  request.current = options[1].key;
  CHECK(alone(request, DataRate::kbps(1750)).reason == AllocationReason::kSettling);
  const Options two = three("qh");
  request.options = two;
  CHECK(alone(request, DataRate::kbps(1800)).reason == AllocationReason::kPublisher);
}

TEST_CASE("a layer that does not come is asked for on only if it could be sent on", "[room][allocator]") {
  const Options options = three("qh");
  SlotRequest request = ask(options);
  CHECK(alone(request, DataRate::kbps(1700)).wanted_encoding == 2);
  CHECK(alone(request, DataRate::kbps(1600)).wanted_encoding == 1);
}

TEST_CASE("a muted track costs nothing and keeps its layer", "[room][allocator]") {
  const Options options = three();
  std::vector<SlotRequest> requests(2, ask(options));
  requests[0].is_silent = true;
  const Allocation all = allocate(DataRate::kbps(500), requests);
  CHECK(all.slots[0].option == 2);
  CHECK(all.slots[1].option == 1);
  CHECK(all.used == DataRate::kbps(500));
  CHECK(all.needed == DataRate::kbps(1700));
}

TEST_CASE("an encoding that costs no less than a better one is passed over", "[room][allocator]") {
  Options options = three();
  options[0].rate = DataRate::kbps(600);
  SlotRequest request = ask(options);
  CHECK(alone(request, DataRate::kbps(550)).option == 1);
  CHECK(alone(request, DataRate::kbps(1699)).option == 1);
}

TEST_CASE("going up needs a margin and a while since the fall, unless there is plenty", "[room][allocator]") {
  const Options options = three();
  SlotRequest request = ask(options);
  request.is_steady = true;
  request.current = options[0].key;
  const auto layer_at = [&](int64_t kbps) { return *alone(request, DataRate::kbps(kbps)).option; };
  CHECK(layer_at(524) == 0);
  CHECK(layer_at(525) == 1);
  request.may_grow = false;
  CHECK(layer_at(624) == 0);
  CHECK(layer_at(625) == 1);
  request.may_leap = false;
  CHECK(layer_at(5'000) == 0);
  // It stays without the margin.
  request.current = options[1].key;
  CHECK(layer_at(500) == 1);
  CHECK(layer_at(499) == 0);
}

TEST_CASE("a pause ends without a margin before somebody less important keeps more than its lowest layer",
          "[room][allocator]") {
  const Options options = three();
  const Options single = {{{0, 0, 0}, 360, 30, DataRate::kbps(600), LayerState::kSent}};
  std::vector<SlotRequest> requests = {ask(options), ask(single), ask(options)};
  for (SlotRequest& request : requests) {
    request.is_steady = true;
    request.may_grow = false;
    request.current = options[0].key;
  }
  requests[0].wish.max_height = 180;
  requests[1].current.reset();
  requests[2].current = options[1].key;
  Allocation all = allocate(DataRate::kbps(1260), requests);
  CHECK(all.slots[1].option == 0);
  CHECK(all.slots[2].option == 1);
  // Where the other one has its lowest, it waits.
  requests[2].current = options[0].key;
  all = allocate(DataRate::kbps(920), requests);
  CHECK(!all.slots[1].option);
  CHECK(all.slots[2].option == 0);
}

TEST_CASE("audio and its repair come first", "[room][allocator]") {
  CHECK(video_budget(DataRate::kbps(600), DataRate::kbps(100), 0) == DataRate::kbps(500));
  CHECK(video_budget(DataRate::kbps(600), DataRate::kbps(100), 0.1) == DataRate::kbps(450));
  CHECK(video_budget(DataRate::kbps(600), DataRate::kbps(100), 0.9) == DataRate::kbps(400));
  CHECK(video_budget(DataRate::kbps(60), DataRate::kbps(100), 0) == DataRate());
}

// Random rooms: tracks of one to three encodings of up to three spatial and temporal layers, rates that need not rise,
// and wishes.
class Scene {
 public:
  explicit Scene(SeededRandom& random) : random_(random) {
    const auto count = 1 + random.below(12);
    tracks_.resize(count);
    for (Options& options : tracks_) {
      options = make_track();
      SlotRequest request = ask(options);
      request.priority = static_cast<uint8_t>(random.below(4) == 0 ? random.below(101) : priority::kOther);
      request.prefers_detail = random.below(5) == 0;
      request.is_silent = random.below(12) == 0;
      if (random.below(3) == 0) request.wish.max_height = static_cast<uint16_t>(random.below(1200));
      if (random.below(4) == 0) request.wish.max_fps = static_cast<uint16_t>(1 + random.below(40));
      if (random.below(6) == 0) request.wish.encoding = static_cast<uint8_t>(random.below(3));
      if (random.below(6) == 0) request.wish.max_temporal = static_cast<uint8_t>(random.below(3));
      requests.push_back(request);
    }
  }
  // Any state that hysteresis may find.
  void remember() {
    for (SlotRequest& request : requests) {
      request.is_steady = random_.below(5) != 0;
      request.may_grow = random_.below(2) == 0;
      request.may_quicken = random_.below(2) == 0;
      request.current.reset();
      if (random_.below(4) != 0) request.current = request.options[random_.below(request.options.size())].key;
    }
  }
  std::vector<SlotRequest> requests;

 private:
  Options make_track() {
    Options options;
    const auto encodings = 1 + random_.below(3), spatial = encodings > 1 ? 1 : 1 + random_.below(3),
               temporal = 1 + random_.below(3);
    uint32_t height = 90;
    int64_t rate = 0;
    for (uint64_t e = 0; e < encodings; ++e) {
      const LayerState state = static_cast<LayerState>(random_.below(6) == 0 ? 0 : random_.below(6) == 0 ? 1 : 2);
      if (random_.below(10) != 0 && encodings > 1) rate = 0;
      const auto base = static_cast<int64_t>(30'000 + random_.below(200'000) * (e + 1) * (e + 1));
      for (uint64_t s = 0; s < spatial; ++s) {
        height += static_cast<uint32_t>(1 + random_.below(300));
        for (uint64_t t = 0; t < temporal; ++t) {
          rate += s == 0 && t == 0 ? base : static_cast<int64_t>(random_.below(300'000));
          options.push_back({{static_cast<uint8_t>(e), static_cast<uint8_t>(s), static_cast<uint8_t>(t)},
                             height,
                             30.0 / static_cast<double>(1u << (temporal - 1 - t)),
                             DataRate::bps(rate),
                             state});
        }
      }
    }
    return options;
  }

  SeededRandom& random_;
  std::vector<Options> tracks_;
};

// Slots by priority, the first of the equal first.
std::vector<size_t> by_priority(const std::vector<SlotRequest>& requests) {
  std::vector<size_t> order(requests.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return requests[a].priority > requests[b].priority; });
  return order;
}

bool costs_nothing(const SlotRequest& request) {
  return request.is_silent || std::all_of(request.options.begin(), request.options.end(),
                                          [](const LayerOption& o) { return o.state == LayerState::kAbsent; });
}

void check_rules(const std::vector<SlotRequest>& requests, DataRate budget) {
  const Allocation all = allocate(budget, requests);
  REQUIRE(all.slots == allocate(budget, requests).slots);

  // Never above the estimate, but that the first slot may be by a bounded amount, and then it is alone with its lowest
  // layer.
  DataRate used;
  size_t shown = 0;
  for (size_t i = 0; i < requests.size(); ++i) {
    const SlotAllocation& slot = all.slots[i];
    used = used + slot.rate;
    if (slot.option && slot.rate > DataRate()) ++shown;
    REQUIRE(slot.ideal < requests[i].options.size());
    if (!slot.option) {
      REQUIRE(slot.reason == AllocationReason::kBandwidth);
      REQUIRE(!costs_nothing(requests[i]));
      continue;
    }
    const LayerOption& option = requests[i].options[*slot.option];
    if (!costs_nothing(requests[i])) REQUIRE(option.state != LayerState::kAbsent);
  }
  REQUIRE(used == all.used);
  if (used > budget) {
    REQUIRE(used <= budget + std::min(budget, kMostOversend));
    REQUIRE(shown == 1);
  }

  // Who matters more is never paused while another one has more than its lowest layer.
  bool paused = false;
  for (size_t i : by_priority(requests)) {
    if (costs_nothing(requests[i])) continue;
    const SlotAllocation& slot = all.slots[i];
    if (paused && slot.option) {
      SlotRequest request = requests[i];
      request.is_steady = false;
      request.current = request.options.front().key;
      // The first that it is given when there is ever more is its lowest layer.
      DataRate lowest;
      for (DataRate budget_alone = DataRate::kbps(1); lowest == DataRate(); budget_alone = budget_alone * 1.2)
        lowest = alone(request, budget_alone).rate;
      REQUIRE(slot.rate <= lowest);
    }
    paused |= !slot.option;
  }
}

TEST_CASE("whatever the room and whatever was before, the rules hold", "[room][allocator]") {
  SeededRandom random(11);
  for (int i = 0; i < 4000; ++i) {
    Scene scene(random);
    const DataRate budget = DataRate::bps(static_cast<int64_t>(random.below(random.below(2) ? 800'000 : 8'000'000)));
    CAPTURE(i, budget.bps());
    check_rules(scene.requests, budget);
    scene.remember();
    check_rules(scene.requests, budget);
  }
}

TEST_CASE("more bandwidth is never less for anybody", "[room][allocator]") {
  SeededRandom random(12);
  for (int i = 0; i < 2000; ++i) {
    Scene scene(random);
    if (random.below(2)) scene.remember();
    std::vector<int> before(scene.requests.size(), -1);
    for (int64_t bps = 0; bps < 6'000'000; bps += 40'000 + static_cast<int64_t>(random.below(200'000))) {
      const Allocation all = allocate(DataRate::bps(bps), scene.requests);
      for (size_t s = 0; s < before.size(); ++s) {
        CAPTURE(i, bps, s);
        const int now = all.slots[s].option ? static_cast<int>(*all.slots[s].option) : -1;
        REQUIRE(now >= before[s]);
        before[s] = now;
      }
    }
  }
}

// A receiver whose estimate is given by a function of the time, and how often the slot that changes most does.
template <class Estimate>
int count_changes(Estimate estimate, TimeDelta duration) {
  const Options options = three();
  std::vector<SlotRequest> requests(3, ask(options));
  requests[0].priority = priority::kSpeaker;
  std::vector<RiseGuard> guards(3);
  std::array<int, 3> changes{};
  for (Timestamp now = Timestamp::from_ms(0); now < Timestamp::from_ms(0) + duration;
       now = now + TimeDelta::millis(100)) {
    for (size_t i = 0; i < 3; ++i) requests[i].may_grow = guards[i].may_rise(now);
    const Allocation all = allocate(estimate(now), requests);
    for (size_t i = 0; i < 3; ++i) {
      const auto layer = chosen(requests[i], all.slots[i]);
      if (requests[i].is_steady && layer != requests[i].current) {
        ++changes[i];
        if (layer < requests[i].current) {
          guards[i].on_fall(now);
        } else {
          guards[i].on_rise(now);
        }
      }
      requests[i].current = layer;
      requests[i].is_steady = true;
    }
  }
  return *std::max_element(changes.begin(), changes.end());
}

TEST_CASE("an estimate that goes up and down by a tenth changes few layers", "[room][allocator]") {
  SeededRandom random(13);
  int most = 0;
  for (int64_t kbps = 100; kbps < 4000; kbps += 23) {
    const double period_s = 1 + static_cast<double>(random.below(12));
    const auto wave = [&](Timestamp now) {
      const double phase = static_cast<double>(now.us()) / 1e6 / period_s;
      return DataRate::kbps(kbps) * (0.9 + 0.4 * std::abs(phase - std::floor(phase) - 0.5));
    };
    const auto noise = [&](Timestamp) {
      return DataRate::kbps(kbps) * (0.9 + 0.2 * static_cast<double>(random.below(1000)) / 1000);
    };
    most =
        std::max({most, count_changes(wave, TimeDelta::seconds(300)), count_changes(noise, TimeDelta::seconds(300))});
  }
  // In five minutes, while the estimate crosses the edge up to twice a second.
  CHECK(most <= 15);
}

TEST_CASE("a higher frame rate needs less of a margin than a larger picture, and less of a wait", "[room][allocator]") {
  const Options options = layered(1, 3);
  SlotRequest request = ask(options);
  request.is_steady = true;
  request.current = options[1].key;
  CHECK(alone(request, DataRate::kbps(326)).option == 1);
  CHECK(alone(request, DataRate::kbps(327)).option == 2);
  // Nor does it wait for what was lost of the size.
  request.may_grow = false;
  CHECK(alone(request, DataRate::kbps(327)).option == 2);
  request.may_quicken = false;
  CHECK(alone(request, DataRate::kbps(327)).option == 1);
  RiseGuard guard(TimeDelta::seconds(2), TimeDelta::seconds(6));
  Timestamp now = Timestamp::from_ms(1'000'000);
  for (const int64_t seconds : {2, 6, 6}) {
    guard.on_fall(now);
    CHECK(guard.not_before() == now + TimeDelta::seconds(seconds));
    now = guard.not_before();
    guard.on_rise(now);
    now = now + TimeDelta::seconds(1);
  }
}

TEST_CASE("where there is plenty a layer comes back after seconds, however often it fell", "[room][allocator]") {
  RiseGuard guard;
  const auto at = [](int64_t ms) { return Timestamp::from_ms(ms); };
  CHECK(guard.may_leap(at(0)));
  guard.on_fall(at(1'000));
  CHECK_FALSE(guard.may_leap(at(2'600)));
  CHECK(guard.may_leap(at(2'700)));
  CHECK_FALSE(guard.may_rise(at(5'900)));
  for (int64_t ms = 3'000; ms < 20'000; ms += 2'000) {
    guard.on_rise(at(ms));
    guard.on_fall(at(ms + 1'000));
  }
  CHECK_FALSE(guard.may_leap(at(22'900)));
  CHECK(guard.may_leap(at(23'000)));
}

TEST_CASE("a slot that falls again and again waits longer each time", "[room][allocator]") {
  RiseGuard guard;
  Timestamp now = Timestamp::from_ms(1'000'000);
  CHECK(guard.may_rise(now));
  guard.on_rise(now);
  int64_t waits[] = {5, 15, 45, 60, 60};
  for (const int64_t seconds : waits) {
    guard.on_fall(now);
    CHECK(!guard.may_rise(now + TimeDelta::seconds(seconds) - TimeDelta::millis(1)));
    now = now + TimeDelta::seconds(seconds);
    CHECK(guard.may_rise(now));
    guard.on_rise(now);
    now = now + TimeDelta::seconds(1);
  }
  // One that lasts is forgiven.
  now = now + TimeDelta::seconds(60);
  guard.on_fall(now);
  CHECK(guard.may_rise(now + TimeDelta::seconds(5)));
}

}  // namespace
}  // namespace tutti::room
