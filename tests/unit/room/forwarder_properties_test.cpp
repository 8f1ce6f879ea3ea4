// Properties of the projection over random publishers, networks and wishes: whatever happens, what one slot receives
// looks like one source. A failure prints its seed.
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <string>
#include <tuple>
#include <unordered_map>

#include "support/simulcast_source.hpp"
#include "tutti/room/forwarder.hpp"

namespace tutti::room {
namespace {

using Source = Forwarder::Source;
using test::SimulcastFrame;
using test::SimulcastOptions;
using test::SimulcastPacket;
using test::SimulcastSource;

// Catch's macros are too slow to be asked a million times.
#define HOLDS(condition)                                                  \
  do {                                                                    \
    if (!(condition)) FAIL(#condition << " seed " << seed_ << context()); \
  } while (false)

// One slot with a random viewer, offered everything as the router would offer it. It keeps what came out, for the
// checks.
class Viewer {
 public:
  Viewer(uint64_t seed, const SimulcastOptions& options, double wishes)
      : seed_(seed), random_(seed), source_(random_, options), options_(options), wishes_(wishes) {
    for (const SimulcastPacket& p : source_.packets) {
      if (!p.is_padding()) first_frame_.try_emplace(key(p), p.frame);
    }
    for (uint64_t track = 1; track <= options.tracks; ++track) {
      alignments_[track].on_report(Timestamp::from_ms(1000), ntp(track, Timestamp::from_ms(1000)));
    }
  }

  void run() {
    for (index_ = 0; index_ < source_.packets.size(); ++index_) {
      const SimulcastPacket& p = source_.packets[index_];
      if (p.lost) continue;
      // The ingress knows only the newest SSRC of a layer.
      auto [layer, is_first] = layers_.try_emplace({p.source.track, p.source.layer});
      if (is_first || layer->second.epoch != p.epoch) {
        if (!is_first && p.epoch < layer->second.epoch) continue;
        layer->second = {p.epoch, {}};
      }
      layer->second.cache[p.sequence.value()] = index_;
      if (chance(wishes_)) change_wish();

      const uint64_t switches = forwarder_.switches();
      offer(index_);
      if (forwarder_.switches() == switches) continue;
      const auto& cache = layer->second.cache;
      for (auto it = cache.upper_bound(p.sequence.value()); it != cache.end(); ++it) offer(it->second);
    }
    check_numbers();
    for (const Segment& segment : segments_) check_frames(segment);
    check_joints();
  }

  size_t switches() const { return segments_.size(); }
  size_t sent() const { return sent_.size(); }
  size_t padding_sent() const { return padding_sent_; }
  size_t dropped() const { return dropped_; }

 private:
  using Key = std::tuple<uint64_t, uint8_t, uint8_t>;
  struct Sent {
    size_t packet = 0;
    int64_t out = 0;
    peer::Rewrite rewrite;
  };
  // What became of a frame's packets while its source was shown.
  struct Fate {
    bool shown = false, dropped_in_front = false, padded = false;
    uint16_t picture_id = 0;
    uint8_t tl0 = 0;
    RtpTimestamp timestamp;
  };
  // From one switch to the next.
  struct Segment {
    Key key;
    ExtSeqNum first_in, highest_in;
    int64_t first_out = 0, highest_out = 0;
    std::map<int64_t, Sent> by_sequence;  // of the publisher
    std::map<size_t, Fate> frames;
    std::map<int64_t, bool> dropped;  // sequence numbers of the publisher
    size_t newest_frame = 0;          // that was shown
    // Of the first packet with the newest timestamp.
    Timestamp newest_captured, newest_arrival;
    bool newest_had_clock = false;
    RtpTimestamp newest_timestamp;
    // How the first packet of the segment met its predecessor.
    Timestamp first_arrival;
    bool first_had_clock = false;
  };

  static Key key(const SimulcastPacket& p) { return {p.source.track, p.source.layer, p.epoch}; }
  static NtpTime ntp(uint64_t track, Timestamp captured) {
    return NtpTime::from_us(captured.us() + 3'900'000'000'000'000 + static_cast<int64_t>(track) * 7'777'777);
  }
  bool chance(double p) { return random_.unit() < p; }
  std::string context() const { return " at packet " + std::to_string(index_); }

  void change_wish() {
    const auto what = random_.below(10);
    if (what == 0) {
      forwarder_.clear_target();
      current_.reset();
      target_ = {};
    } else if (what < 4) {
      limit_.reset();
      if (const auto limit = random_.below(4); limit < 3) limit_ = static_cast<uint8_t>(limit);
      forwarder_.set_limit({std::nullopt, limit_});
    } else {
      const uint64_t track = target_.track != 0 && chance(0.6) ? target_.track : 1 + random_.below(options_.tracks);
      target_ = {track, static_cast<uint8_t>(random_.below(options_.layers))};
      if (current_ && std::get<0>(*current_) != track) current_.reset();
      forwarder_.set_target(target_, PayloadType(96));
    }
  }

  std::optional<CaptureClock> clock_of(const SimulcastPacket& p) {
    auto [it, is_new] = clock_from_.try_emplace(key(p));
    if (is_new)
      it->second = chance(0.3) ? Timestamp::never() : chance(0.5) ? p.arrival : p.arrival + TimeDelta::millis(700);
    if (p.arrival < it->second) return std::nullopt;
    const SimulcastFrame& f = source_.frames[first_frame_.at(key(p))];
    return CaptureClock{&alignments_[p.source.track], ntp(p.source.track, f.captured), f.timestamp, 90'000};
  }

  void offer(size_t index) {
    const SimulcastPacket& p = source_.packets[index];
    source_.fill(media_, p);
    const auto clock = clock_of(p);
    const uint64_t switches = forwarder_.switches();
    const auto result = forwarder_.project(p.arrival, media_, p.source, clock ? &*clock : nullptr);

    const bool is_target = p.source == target_;
    const bool was_current = current_ == key(p);
    if (forwarder_.switches() != switches) {
      HOLDS(is_target && !was_current);
      HOLDS(media_.keyframe);
      HOLDS(std::holds_alternative<peer::Rewrite>(result));
      begin_segment(p, clock.has_value());
    } else if (!was_current) {
      // Another track, another layer, an old or new SSRC, or no keyframe yet.
      HOLDS(std::holds_alternative<DropReason>(result));
      HOLDS(std::get<DropReason>(result) == (is_target || (current_ && same_source(*current_, p.source))
                                                 ? DropReason::kAwaitingKeyframe
                                                 : DropReason::kLayerNotSelected));
      HOLDS(!is_target || !media_.keyframe);
      return;
    }
    Segment& segment = segments_.back();
    if (const auto* reason = std::get_if<DropReason>(&result)) {
      if (*reason == DropReason::kOldPacket) {
        HOLDS(p.sequence < segment.first_in);
        return;
      }
      HOLDS(*reason == (p.is_padding() ? DropReason::kRtpPadding : DropReason::kTemporalLayer));
      HOLDS(p.sequence > segment.highest_in);
      segment.highest_in = p.sequence;
      segment.dropped[p.sequence.value()] = true;
      if (!p.is_padding()) {
        Fate& fate = segment.frames[p.frame];
        // A base frame is never dropped, and a frame that needs no dropped one comes back at once.
        const SimulcastFrame& frame = source_.frames[p.frame];
        const bool began_here = !fate.shown && !fate.padded && !fate.dropped_in_front;
        HOLDS(frame.temporal_id > 0);
        HOLDS(!began_here || !frame.sync || (limit_ && frame.temporal_id > *limit_));
        fate.dropped_in_front = true;
        ++dropped_;
      }
      return;
    }
    record(segment, index, std::get<peer::Rewrite>(result), clock.has_value());
  }

  static bool same_source(const Key& k, Source s) { return std::get<0>(k) == s.track && std::get<1>(k) == s.layer; }

  void begin_segment(const SimulcastPacket& p, bool has_clock) {
    Segment segment;
    segment.key = key(p);
    segment.first_in = p.sequence;
    segment.highest_in = p.sequence + -1;
    segment.first_arrival = p.arrival;
    segment.first_had_clock = has_clock;
    segments_.push_back(segment);
    current_ = key(p);
  }

  void record(Segment& segment, size_t index, const peer::Rewrite& rewrite, bool has_clock) {
    const SimulcastPacket& p = source_.packets[index];
    const ExtSeqNum out = unwrapper_.unwrap(rewrite.sequence);
    const bool begins = segment.by_sequence.empty();
    const bool newest = p.sequence > segment.highest_in;
    if (newest) segment.highest_in = p.sequence;

    HOLDS(rewrite.payload_type == PayloadType(96));
    HOLDS(sent_.emplace(out.value(), Record{p.source, p.epoch, p.sequence, rewrite, p.arrival}).second);
    if (begins) {
      HOLDS(!highest_out_ || out.value() == *highest_out_ + 1);
      segment.first_out = out.value();
    }
    // A latecomer leads if what came after it was dropped.
    const bool leads = !highest_out_ || out.value() > *highest_out_;
    HOLDS(leads || !newest);
    if (leads) {
      highest_out_ = segment.highest_out = out.value();
      if (!rewrite.padding_only) segment.newest_frame = p.frame;
      if (begins || rewrite.timestamp != segment.newest_timestamp) {
        HOLDS(begins || is_newer(rewrite.timestamp, segment.newest_timestamp));
        segment.newest_timestamp = rewrite.timestamp;
        segment.newest_captured = p.captured;
        segment.newest_arrival = p.arrival;
        segment.newest_had_clock = has_clock;
      }
    }
    segment.by_sequence[p.sequence.value()] = {index, out.value(), rewrite};
    if (rewrite.padding_only) ++padding_sent_;
    HOLDS(!rewrite.padding_only || !newest);
    HOLDS(!rewrite.padding_only || (!rewrite.marker && rewrite.patch == peer::Patch::kNone));
    if (p.is_padding()) {
      HOLDS(rewrite.padding_only);
    } else {
      HOLDS(rewrite.padding_only || (rewrite.patch == peer::Patch::kVp8 && rewrite.marker == p.last));
      note(segment, p, rewrite);
    }
    if (sent_.size() % 128 == 0) check_history(p.arrival);
  }

  void note(Segment& segment, const SimulcastPacket& p, const peer::Rewrite& rewrite) {
    Fate& fate = segment.frames[p.frame];
    const SimulcastFrame& frame = source_.frames[p.frame];
    if (rewrite.padding_only) {
      fate.padded = true;
    } else if (fate.shown) {
      HOLDS(rewrite.picture_id == fate.picture_id);
      HOLDS(rewrite.tl0_pic_idx == fate.tl0);
      HOLDS(rewrite.timestamp == fate.timestamp);
    } else {
      // What begins in front obeys the limit.
      HOLDS(p.sequence < segment.highest_in || !limit_ || frame.temporal_id <= *limit_);
      fate.shown = true;
      fate.picture_id = rewrite.picture_id;
      fate.tl0 = rewrite.tl0_pic_idx;
      fate.timestamp = rewrite.timestamp;
    }
    HOLDS(!(fate.shown && (fate.padded || fate.dropped_in_front)));
  }

  // What was sent in the last second is remembered, and nothing is remembered otherwise than it was.
  void check_history(Timestamp now) {
    for (int64_t out = *highest_out_; out > *highest_out_ - 420; --out) {
      const auto found = forwarder_.find_sent(to_wire(ExtSeqNum(out)));
      const auto sent = sent_.find(out);
      HOLDS(sent != sent_.end() || !found);
      HOLDS(found || sent == sent_.end() || now - sent->second.at > SentHistory::kKeep - TimeDelta::millis(2));
      if (!found) continue;
      HOLDS(found->source == sent->second.source);
      HOLDS(found->epoch == sent->second.epoch);
      HOLDS(found->sequence == sent->second.sequence);
      HOLDS(found->rewrite == sent->second.rewrite);
    }
    for (int64_t out = *highest_out_ + 1; out < *highest_out_ + 50; ++out) {
      HOLDS(!forwarder_.find_sent(to_wire(ExtSeqNum(out))));
    }
  }

  // Order is kept within a segment, and each hole is a packet of the publisher that has not come while it was shown.
  void check_numbers() {
    for (const Segment& segment : segments_) {
      int64_t in = segment.first_in.value() - 1, out = segment.first_out - 1;
      for (const auto& [sequence, sent] : segment.by_sequence) {
        int64_t missing = 0;
        for (int64_t s = in + 1; s < sequence; ++s) missing += segment.dropped.count(s) ? 0 : 1;
        HOLDS(sent.out == out + missing + 1);
        HOLDS(sent.out <= segment.highest_out);
        in = sequence;
        out = sent.out;
      }
    }
  }

  void check_frames(const Segment& segment) {
    // The frames between the first and the last that were shown, in the publisher's order; they all have one distance.
    const size_t step = options_.tracks * options_.layers;
    std::optional<size_t> previous;
    int skipped = 0, lost = 0, base_frames = 0;
    const size_t last = segment.frames.rbegin()->first;
    for (size_t f = segment.frames.begin()->first; f <= last; f += step) {
      const auto it = segment.frames.find(f);
      const SimulcastFrame& frame = source_.frames[f];
      if (frame.temporal_id == 0) ++base_frames;
      if (it == segment.frames.end() || !it->second.shown) {
        (it != segment.frames.end() && it->second.dropped_in_front ? skipped : lost)++;
        continue;
      }
      const Fate& fate = it->second;
      for (size_t reference : frame.references) {
        const auto r = segment.frames.find(reference);
        HOLDS(reference >= segment.frames.begin()->first);
        HOLDS(r == segment.frames.end() || r->second.shown);
      }
      if (previous) {
        const Fate& before = segment.frames.at(*previous);
        HOLDS(((fate.picture_id - before.picture_id) & 0x7FFF) == 1 + lost);
        HOLDS(static_cast<uint8_t>(fate.tl0 - before.tl0) == base_frames);
        HOLDS(fate.timestamp.value() - before.timestamp.value() ==
              frame.timestamp.value() - source_.frames[*previous].timestamp.value());
      }
      previous = f;
      skipped = lost = base_frames = 0;
    }
  }

  // Across a switch everything goes on where it stood, and time by the capture times or, without them, by arrival.
  void check_joints() {
    for (size_t i = 1; i < segments_.size(); ++i) {
      const Segment &before = segments_[i - 1], &after = segments_[i];
      const Fate& last = before.frames.at(before.newest_frame);
      const Fate& first = after.frames.begin()->second;
      HOLDS(after.first_out == before.highest_out + 1);
      HOLDS(first.picture_id == ((last.picture_id + 1) & 0x7FFF));
      HOLDS(first.tl0 == static_cast<uint8_t>(last.tl0 + 1));

      const TimeDelta elapsed = before.newest_had_clock && after.first_had_clock
                                    ? source_.frames[after.frames.begin()->first].captured - before.newest_captured
                                    : after.first_arrival - before.newest_arrival;
      const int64_t expected = std::max<int64_t>(1, std::llround(elapsed.seconds_f() * 90'000));
      const int64_t ticks = wrap_distance(before.newest_timestamp.value(), first.timestamp.value());
      HOLDS(ticks >= 1);
      HOLDS(std::abs(ticks - expected) <= 1);
    }
  }

  struct Record {
    Source source;
    uint8_t epoch = 0;
    ExtSeqNum sequence;
    peer::Rewrite rewrite;
    Timestamp at;
  };
  struct Layer {
    uint8_t epoch = 0;
    std::map<int64_t, size_t> cache;  // by the publisher's sequence number
  };

  uint64_t seed_;
  SeededRandom random_;
  SimulcastSource source_;
  SimulcastOptions options_;
  double wishes_;
  Forwarder forwarder_{MediaKind::kVideo, 90'000, SeqNum(static_cast<uint16_t>(random_.u32())),
                       RtpTimestamp(random_.u32())};
  std::map<std::pair<uint64_t, uint8_t>, Layer> layers_;
  std::map<uint64_t, SenderAlignment> alignments_;
  std::map<Key, size_t> first_frame_;
  std::map<Key, Timestamp> clock_from_;
  peer::MediaPacket media_;
  size_t index_ = 0;

  Source target_;
  std::optional<Key> current_;
  std::optional<uint8_t> limit_;
  std::vector<Segment> segments_;
  std::unordered_map<int64_t, Record> sent_;
  SeqNumUnwrapper unwrapper_;
  std::optional<int64_t> highest_out_;
  size_t padding_sent_ = 0, dropped_ = 0;
};
#undef HOLDS

struct Totals {
  size_t switches = 0, sent = 0, padding = 0, dropped = 0;
};

Totals watch(uint64_t seeds, const SimulcastOptions& options, double wishes) {
  Totals totals;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    Viewer viewer(seed, options, wishes);
    viewer.run();
    totals.switches += viewer.switches();
    totals.sent += viewer.sent();
    totals.padding += viewer.padding_sent();
    totals.dropped += viewer.dropped();
  }
  return totals;
}

TEST_CASE("a receiver cannot tell that layers and tracks are switched", "[room][forwarder]") {
  const Totals totals = watch(300, {}, 0.01);
  CHECK(totals.switches > 300 * 4);
  CHECK(totals.sent > 300 * 150);
  CHECK(totals.padding > 300);
  CHECK(totals.dropped > 300 * 20);
}

TEST_CASE("a viewer who changes every few frames is shown whole frames too", "[room][forwarder]") {
  SimulcastOptions options;
  options.keyframe = 0.3;
  const Totals totals = watch(200, options, 0.08);
  CHECK(totals.switches > 200 * 20);
}

TEST_CASE("heavy loss and reordering leave only the publisher's holes", "[room][forwarder]") {
  SimulcastOptions options;
  options.loss = 0.2;
  options.late = 0.5;
  options.padding = 0.3;
  const Totals totals = watch(200, options, 0.02);
  CHECK(totals.switches > 200 * 4);
  CHECK(totals.padding > 200 * 10);
}

TEST_CASE("one track of one layer goes on through new SSRCs and the wrap of the numbers", "[room][forwarder]") {
  SimulcastOptions options;
  options.tracks = 1;
  options.layers = 1;
  options.frames = 15'000;
  options.max_packets = 15;
  options.new_epoch = 0.001;
  const Totals totals = watch(2, options, 0.0002);
  CHECK(totals.sent > 2 * 65'536);
}

}  // namespace
}  // namespace tutti::room
