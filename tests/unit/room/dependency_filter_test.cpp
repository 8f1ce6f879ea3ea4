// Layers that share one stream, projected: every scalability mode, limits that change at random, a network that loses
// and reorders, and publishers that give a keyframe when one is waited for.
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "support/layered_source.hpp"
#include "tutti/room/forwarder.hpp"

namespace tutti::room {
namespace {

using test::LayeredMode;
using test::LayeredSource;
using Kind = LayeredMode::Kind;
using Prediction = LayeredMode::Prediction;

struct Network {
  double loss = 0, recovered = 1, late = 0;
};

// Keeps what became of every frame, and finds the first fault.
class Viewer {
 public:
  Viewer(uint64_t seed, LayeredMode mode, Network network, double wishes, bool grants_keyframes = true)
      : random_(seed),
        mode_(mode),
        network_(network),
        wishes_(wishes),
        grants_(grants_keyframes),
        source_(random_, mode) {
    forwarder_.set_target({1, 0}, PayloadType(96));
  }

  void run(int pictures) {
    for (int i = 0; i < pictures; ++i) {
      if (random_.unit() < wishes_) wish(random_wish());
      produce(random_.unit() < 0.01);
      deliver(now_);
    }
    deliver(Timestamp::never());
    check();
  }
  // For what is asked by hand.
  void wish(LayerLimit limit) {
    forwarder_.set_limit(limit);
    limit_ = limit;
    since_ = 0;
    waited_ = 0;
  }
  void produce(bool key) {
    now_ = now_ + TimeDelta::millis(33);
    key = key || (grants_ && forwarder_.is_waiting());
    for (const LayeredSource::Packet& p : source_.next_picture(key)) {
      packets_.push_back(p);
      Timestamp at = now_;
      if (random_.unit() < network_.late) at = at + TimeDelta::millis(static_cast<int64_t>(random_.below(50)));
      if (random_.unit() < network_.loss) {
        if (random_.unit() >= network_.recovered) continue;
        at = at + TimeDelta::millis(30 + static_cast<int64_t>(random_.below(100)));
      }
      arrivals_.emplace(at, packets_.size() - 1);
    }
  }
  void deliver(Timestamp until) {
    for (; !arrivals_.empty() && arrivals_.begin()->first <= until; arrivals_.erase(arrivals_.begin()))
      offer(arrivals_.begin()->second);
    if (network_.loss == 0 && network_.late == 0) check_limit();
  }

  void deliver_first() {
    offer(arrivals_.begin()->second);
    arrivals_.erase(arrivals_.begin());
  }

  const Forwarder& forwarder() const { return forwarder_; }
  const std::string& fault() const { return fault_; }
  size_t sent() const { return sent_.size(); }
  size_t announced() const { return announced_; }
  // The highest of the last picture that was sent.
  std::pair<int, int> top() const { return top_; }

 private:
  struct Fate {
    size_t sent = 0, dropped = 0, padded = 0;
    bool in_front = false;  // first met as the newest
  };

  LayerLimit random_wish() {
    LayerLimit limit;
    if (const auto s = random_.below(mode_.spatial + 1u); s < mode_.spatial) limit.spatial = static_cast<uint8_t>(s);
    if (const auto t = random_.below(mode_.temporal + 1u); t < mode_.temporal) limit.temporal = static_cast<uint8_t>(t);
    return limit;
  }

  void offer(size_t index) {
    const LayeredSource::Packet& p = packets_[index];
    const peer::MediaPacket& media = p.media;
    const bool newest = !highest_in_ || media.sequence > *highest_in_;
    const uint64_t switches = forwarder_.switches();
    const auto result = forwarder_.project(now_, media, {1, 0}, nullptr);
    if (forwarder_.switches() != switches) first_in_ = media.sequence;
    if (!first_in_ || media.sequence < *first_in_) return;
    if (newest) highest_in_ = media.sequence;
    Fate& fate = fates_[p.frame];
    if (const auto* reason = std::get_if<DropReason>(&result)) {
      ++fate.dropped;
      dropped_.insert(media.sequence.value());
      if (*reason != DropReason::kTemporalLayer && *reason != DropReason::kSpatialLayer)
        note("is dropped for another reason", p.frame);
      if (!newest) note("is a latecomer that leaves a hole", p.frame);
      return;
    }
    const auto& rewrite = std::get<peer::Rewrite>(result);
    (rewrite.padding_only ? fate.padded : fate.sent)++;
    const int64_t out = unwrapper_.unwrap(rewrite.sequence).value();
    if (!sent_.emplace(out, index).second) note("takes a number twice", p.frame);
    by_in_[media.sequence.value()] = out;
    if (rewrite.padding_only) return;
    announced_ += rewrite.active_targets != 0;
    const auto& frame = source_.frames[p.frame];
    if (last_sent_ && source_.frames[packets_[*last_sent_].frame].picture != frame.picture) {
      if (!marked_ && network_.loss == 0 && network_.late == 0) note("follows a picture without an end", p.frame);
      marked_ = false;
    }
    if (marked_ && newest && network_.loss == 0 && network_.late == 0) note("follows the end of its picture", p.frame);
    marked_ = marked_ || rewrite.marker;
    last_sent_ = index;
    const auto history = forwarder_.find_sent(rewrite.sequence);
    if (!history || history->rewrite != rewrite) note("is not remembered as it was sent", p.frame);
  }

  // Without loss: nothing above the limit but what cannot be left, and the limit is reached, with a keyframe if one is
  // needed.
  void check_limit() {
    if (packets_.empty()) return;
    const uint32_t picture = source_.frames[packets_.back().frame].picture;
    top_ = {-1, -1};
    for (auto it = fates_.rbegin(); it != fates_.rend() && source_.frames[it->first].picture == picture; ++it) {
      if (it->second.sent == 0) continue;
      const auto& frame = source_.frames[it->first];
      top_ = std::max(top_, std::pair<int, int>(frame.spatial, frame.temporal));
    }
    const int spatial = limit_.spatial.value_or(mode_.spatial - 1),
              temporal = limit_.temporal.value_or(mode_.temporal - 1);
    if (top_.second > temporal) fault("above the temporal limit");
    if (top_.first > spatial && mode_.prediction == Prediction::kFull) fault("above the spatial limit");
    const bool waiting = forwarder_.is_waiting();
    waited_ = waiting ? waited_ + 1 : 0;
    if (grants_ && waited_ > 2) fault("waits for more than a keyframe");
    if (++since_ <= 6 || waiting) return;
    if (top_.first != spatial && top_.first >= 0) fault("shows another spatial layer than it may");
    if (forwarder_.shown() != LayerLimit{static_cast<uint8_t>(spatial), static_cast<uint8_t>(temporal)})
      fault("says that it shows " + std::to_string(forwarder_.shown().spatial.value_or(9)) + " " +
            std::to_string(forwarder_.shown().temporal.value_or(9)) + " for " + std::to_string(spatial) + " " +
            std::to_string(temporal) + " after " + std::to_string(since_));
  }

  void check() {
    for (const auto& [index, fate] : fates_) {
      if (fate.sent == 0) continue;
      if (fate.dropped > 0 || fate.padded > 0) note("is sent in part", index);
      for (const size_t r : source_.frames[index].references) {
        const auto it = fates_.find(r);
        if (it != fates_.end() && it->second.sent == 0) note("is sent without what it needs", index);
      }
    }
    // Each hole is a packet that never came.
    if (by_in_.empty()) return fault("nothing was sent");
    int64_t in = by_in_.begin()->first - 1, out = by_in_.begin()->second - 1;
    for (const auto& [sequence, number] : by_in_) {
      int64_t missing = 0;
      for (int64_t s = in + 1; s < sequence; ++s) missing += dropped_.contains(s) ? 0 : 1;
      if (number != out + missing + 1) return fault("number " + std::to_string(number) + " is out of step");
      in = sequence;
      out = number;
    }
  }

  void note(const char* what, size_t index) {
    const auto& f = source_.frames[index];
    fault("frame " + std::to_string(index) + " S" + std::to_string(f.spatial) + "T" + std::to_string(f.temporal) + " " +
          what);
  }
  void fault(const std::string& what) {
    if (fault_.empty()) fault_ = what;
  }

  SeededRandom random_;
  LayeredMode mode_;
  Network network_;
  double wishes_;
  bool grants_;
  LayeredSource source_;
  Forwarder forwarder_{MediaKind::kVideo, 90'000, SeqNum(0x7FF0), RtpTimestamp(0xFFFF0000)};
  Timestamp now_ = Timestamp::from_ms(1000);
  std::vector<LayeredSource::Packet> packets_;
  std::multimap<Timestamp, size_t> arrivals_;
  std::map<size_t, Fate> fates_;  // by frame
  std::map<int64_t, size_t> sent_;
  std::map<int64_t, int64_t> by_in_;
  std::set<int64_t> dropped_;
  std::optional<ExtSeqNum> highest_in_, first_in_;
  std::optional<size_t> last_sent_;
  bool marked_ = false;
  SeqNumUnwrapper unwrapper_;
  LayerLimit limit_;
  int since_ = 0, waited_ = 0;
  size_t announced_ = 0;
  std::pair<int, int> top_{-1, -1};
  std::string fault_;
};

std::vector<LayeredMode> every_mode() {
  std::vector<LayeredMode> modes;
  for (const Kind kind : {Kind::kDescriptor, Kind::kVp9Flexible, Kind::kVp9Group}) {
    for (uint8_t spatial = 1; spatial <= 3; ++spatial) {
      for (uint8_t temporal = 1; temporal <= 3; ++temporal) {
        for (const Prediction prediction : {Prediction::kFull, Prediction::kKey, Prediction::kNone}) {
          if (spatial > 1 || prediction == Prediction::kFull) modes.push_back({kind, spatial, temporal, prediction});
        }
      }
    }
  }
  return modes;
}

TEST_CASE("every scalability mode shows its limit, and whole pictures with an end", "[room][layers]") {
  for (const LayeredMode& mode : every_mode()) {
    for (uint64_t seed = 1; seed <= 6; ++seed) {
      Viewer viewer(seed, mode, {}, 0.1);
      viewer.run(300);
      INFO(mode.name() << " seed " << seed);
      REQUIRE_THAT(viewer.fault(), Catch::Matchers::Equals(""));
      REQUIRE(viewer.sent() > 200);
    }
  }
}

TEST_CASE("in every scalability mode no frame is sent without what it needs, whatever the network does",
          "[room][layers]") {
  for (const LayeredMode& mode : every_mode()) {
    for (uint64_t seed = 1; seed <= 12; ++seed) {
      const Network network = seed % 3 == 0   ? Network{0.2, 0.7, 0.3}
                              : seed % 3 == 1 ? Network{0.05, 1, 0}
                                              : Network{0.05, 0.8, 0.1};
      Viewer viewer(seed, mode, network, 0.1);
      viewer.run(300);
      INFO(mode.name() << " seed " << seed);
      REQUIRE_THAT(viewer.fault(), Catch::Matchers::Equals(""));
      REQUIRE(viewer.sent() > 100);
    }
  }
}

TEST_CASE("a higher spatial layer waits for a keyframe, a lower one is there at once", "[room][layers]") {
  Viewer viewer(1, {Kind::kVp9Flexible, 3, 3, Prediction::kFull}, {}, 0, false);
  viewer.wish({0, std::nullopt});
  const auto next = [&](bool key) {
    viewer.produce(key);
    viewer.deliver(Timestamp::never());
    return viewer.top().first;
  };
  CHECK(next(true) == 0);
  CHECK_FALSE(viewer.forwarder().is_waiting());
  viewer.wish({});
  CHECK(viewer.forwarder().is_waiting());
  for (int i = 0; i < 10; ++i) CHECK(next(false) == 0);
  CHECK(viewer.forwarder().is_waiting());
  CHECK(next(true) == 2);
  CHECK_FALSE(viewer.forwarder().is_waiting());
  viewer.wish({1, std::nullopt});
  CHECK_FALSE(viewer.forwarder().is_waiting());
  CHECK(next(false) == 1);
  CHECK_THAT(viewer.fault(), Catch::Matchers::Equals(""));
}

TEST_CASE("a layer that is wanted while the keyframe comes in waits for the next one", "[room][layers]") {
  const auto kind = GENERATE(Kind::kVp9Flexible, Kind::kDescriptor);
  const auto prediction = GENERATE(Prediction::kFull, Prediction::kKey);
  Viewer viewer(1, {kind, 3, 3, prediction}, {}, 0, false);
  viewer.wish({0, std::nullopt});
  viewer.produce(true);
  viewer.deliver_first();
  viewer.wish({});
  CHECK(viewer.forwarder().is_waiting());
  viewer.deliver(Timestamp::never());
  CHECK(viewer.top().first == 0);
  CHECK(viewer.forwarder().is_waiting());
  viewer.produce(true);
  viewer.deliver(Timestamp::never());
  CHECK(viewer.top().first == 2);
  CHECK_FALSE(viewer.forwarder().is_waiting());
  CHECK_THAT(viewer.fault(), Catch::Matchers::Equals(""));
}

TEST_CASE("a layer that does not need those below is left with a keyframe, and costs little until then",
          "[room][layers]") {
  Viewer viewer(1, {Kind::kDescriptor, 3, 3, Prediction::kKey}, {}, 0, false);
  const auto next = [&](bool key) {
    viewer.produce(key);
    viewer.deliver(Timestamp::never());
    return viewer.top();
  };
  for (int i = 0; i < 8; ++i) next(i == 0);
  CHECK(viewer.forwarder().shown() == LayerLimit{2, 2});
  viewer.wish({0, std::nullopt});
  CHECK(viewer.forwarder().is_waiting());
  for (int i = 0; i < 8; ++i) {
    const auto [spatial, temporal] = next(false);
    CHECK((spatial == -1 || (spatial == 2 && temporal == 0)));
  }
  CHECK(viewer.forwarder().shown() == LayerLimit{2, 0});
  CHECK(next(true).first == 0);
  CHECK_FALSE(viewer.forwarder().is_waiting());
  CHECK(viewer.announced() > 0);
  CHECK_THAT(viewer.fault(), Catch::Matchers::Equals(""));
}

// A packet that is a frame, of which bit i of `present` says that it is of target i.
peer::MediaPacket frame_of(uint32_t number, payload::TargetMask present, std::vector<uint16_t> references) {
  peer::MediaPacket packet;
  packet.codec = Codec::kAv1;
  packet.payload_size = 100;
  packet.sequence = ExtSeqNum(number);
  packet.dependency_descriptor_size = 3;
  payload::LayerFrame& f = packet.frame;
  f.described = f.start_of_frame = f.end_of_frame = true;
  f.number = number;
  f.target_count = 3;
  f.present = present;
  f.active = 0b111;
  f.reference_count = static_cast<uint8_t>(references.size());
  std::copy(references.begin(), references.end(), f.references.begin());
  return packet;
}

peer::MediaPacket keyframe_of(uint32_t number, const payload::LayerStructure& structure) {
  peer::MediaPacket packet = frame_of(number, 0b111, {});
  packet.keyframe = packet.frame.has_structure = true;
  packet.frame.switches = 0b111;
  packet.structure = structure;
  return packet;
}

TEST_CASE("a keyframe that comes late begins with what it says only if that is something else", "[room][layers]") {
  payload::LayerStructure temporal, spatial;
  temporal.target_count = spatial.target_count = 3;
  for (uint8_t i = 0; i < 3; ++i) temporal.targets[i].temporal_id = spatial.targets[i].spatial_id = i;
  DependencyFilter filter;
  filter.set_limit({std::nullopt, uint8_t{0}});
  const auto passes = [&](const peer::MediaPacket& packet, bool newest) {
    return filter.check(packet, newest).kind == DependencyFilter::Verdict::Kind::kPass;
  };
  REQUIRE(passes(keyframe_of(10, temporal), true));
  const bool another = GENERATE(false, true);
  CAPTURE(another);
  if (another) {
    // What followed it could not be read, and passed.
    CHECK(passes(keyframe_of(12, spatial), false));
    CHECK(passes(frame_of(18, 0b111, {6}), true));
    CHECK(passes(frame_of(19, 0b110, {1, 6}), true));
    CHECK(passes(frame_of(20, 0b100, {1, 6}), true));
    CHECK(filter.shown().spatial == 2);
    // One of before stays without effect.
    passes(keyframe_of(11, temporal), false);
    CHECK(filter.shown().spatial == 2);
  } else {
    CHECK(passes(frame_of(14, 0b111, {2}), true));
    CHECK_FALSE(passes(frame_of(15, 0b100, {1}), true));
    CHECK(passes(keyframe_of(12, temporal), false));
    filter.set_limit({});
    // What needs it was left out, as before.
    CHECK_FALSE(passes(frame_of(16, 0b100, {1}), true));
    CHECK(passes(frame_of(17, 0b111, {3}), true));
  }
}

}  // namespace
}  // namespace tutti::room
