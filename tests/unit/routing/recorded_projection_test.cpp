// What real encoders sent, projected onto a receiver while its limits change and packets are lost, with a decoder at
// the end: every frame that was forwarded must decode, to the very picture that it decodes to in the whole stream.
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "support/frame_graph.hpp"
#include "support/projected_slot.hpp"
#include "support/unit_decoder.hpp"
#include "tutti/wire/payload/vp9.hpp"

namespace tutti::test {
namespace {

using Conditions = ProjectedSlot::Conditions;
using Wish = ProjectedSlot::Wish;

const std::vector<std::string> kLayered = {"vp9_l3t3", "vp9_l3t3_key", "vp9_l3t3_key_no_dd", "vp9_l2t2",
                                           "vp9_l1t3", "av1_l3t3",     "av1_l3t3_key",       "av1_l2t2",
                                           "av1_l1t3", "h264_l1t1",    "h264_l1t2"};
const std::vector<std::string> kSimulcast = {"vp8_simulcast", "vp8_simulcast_no_dd"};

struct RtpPiece {
  RtpTimestamp timestamp;
  bool marker = false;
  std::span<const uint8_t> payload;
};

// Temporal units out of packets that follow each other without a hole.
std::vector<video::AssembledFrame> assemble(Codec codec, const std::vector<RtpPiece>& pieces) {
  video::FrameAssembler assembler(codec, {});
  std::vector<video::AssembledFrame> out;
  int64_t number = 100;
  for (const RtpPiece& p : pieces) assembler.insert({ExtSeqNum(number++), p.timestamp, {}, p.marker, p.payload}, out);
  return out;
}

// One recording, its frames, and what each of them decodes to where nothing is left out above what it needs.
struct Original {
  explicit Original(const std::string& name) : stream(name), graph(stream.recording()) {
    pictures.resize(graph.frames.size());
    std::set<uint32_t> starts;
    for (const auto& frame : graph.frames) {
      if (frame.starts) starts.insert(frame.timestamp.value());
      if (starts.contains(frame.timestamp.value())) continue;
      for (const size_t r : frame.references)
        stands_alone = stands_alone && graph.frames[r].timestamp != frame.timestamp;
    }
    const Codec codec = stream.publish().codec.codec;
    for (const auto& frame : graph.frames) {
      layers = std::max<size_t>(layers, frame.layer + 1u);
      spatial_layers = std::max<size_t>(spatial_layers, frame.spatial + 1u);
      temporal_layers = std::max<size_t>(temporal_layers, frame.temporal + 1u);
    }
    for (size_t layer = 0; layer < layers; ++layer) {
      for (size_t top = 0; top < spatial_layers; ++top) {
        if (codec == Codec::kAv1 && top + 1 < spatial_layers) continue;
        decode(codec, layer, top);
      }
    }
  }

  // The frames of one layer of simulcast up to a spatial layer.
  void decode(Codec codec, size_t layer, size_t top) {
    std::vector<RtpPiece> pieces;
    std::map<uint32_t, std::vector<size_t>> units;
    for (size_t i = 0; i < stream.size(); ++i) {
      const auto& frame = graph.frames[graph.frame_of[i]];
      if (frame.layer != layer || frame.spatial > top) continue;
      const auto packet = rtp::parse(stream.recording().packets[i].bytes);
      if (!pieces.empty() && pieces.back().timestamp != packet->timestamp) pieces.back().marker = true;
      pieces.push_back({packet->timestamp, false, packet->payload});
      auto& unit = units[packet->timestamp.value()];
      if (unit.empty() || unit.back() != graph.frame_of[i]) unit.push_back(graph.frame_of[i]);
    }
    pieces.back().marker = true;
    UnitDecoder decoder(codec);
    for (const auto& assembled : assemble(codec, pieces)) {
      const auto decoded = decoder.decode(assembled.bytes);
      const auto& unit = units.at(assembled.timestamp.value());
      if (!decoded.error.empty() || decoded.pictures.empty()) throw std::runtime_error("the recording does not decode");
      if (codec == Codec::kAv1) {
        for (size_t i = 0; i < unit.size(); ++i) pictures[unit[i]] = decoded.pictures.at(i);
      } else if (graph.frames[unit.back()].spatial == top) {
        pictures[unit.back()] = decoded.pictures.back();
      }
    }
  }

  RecordedStream stream;
  FrameGraph graph;
  std::vector<PictureSum> pictures;  // by frame
  size_t layers = 0, spatial_layers = 0, temporal_layers = 0;
  bool stands_alone = true;  // but for keyframes no spatial layer refers to a lower one (L3T3_KEY)
};

// What became of a recording on its way through a slot.
class Outcome {
 public:
  Outcome(const Original& original, const ProjectedSlot& slot) : original_(original), slot_(slot) {
    const auto& graph = original.graph;
    for (const auto& [number, sent] : slot.sent()) {
      if (sent.padding) continue;
      auto& packets = forwarded_[{sent.segment, graph.frame_of[sent.packet]}];
      packets.push_back(number);
    }
  }

  // Nothing that a receiver sees tells of what was left out.
  void check_numbers(bool everything_came) {
    std::optional<RtpTimestamp> last;
    std::optional<int64_t> before;
    for (const auto& [number, received] : slot_.received()) {
      if (everything_came && before && number != *before + 1)
        fault("a hole after the number " + std::to_string(*before));
      if (last && is_newer(*last, received.timestamp)) fault("time steps back at the number " + std::to_string(number));
      last = received.timestamp;
      before = number;
    }
    if (everything_came && slot_.received().size() != slot_.sent().size())
      fault("not everything that was sent was received");
  }

  // Which forwarded frames can be decoded, and that none lacks what was left out on purpose.
  void check_references() {
    const auto& frames = original_.graph.frames;
    std::set<std::pair<uint64_t, size_t>> excused;
    for (const auto& [key, numbers] : forwarded_) {
      const auto& [segment, index] = key;
      const auto& frame = frames[index];
      bool whole = numbers.size() == frame.packets.size();
      for (const int64_t n : numbers) whole = whole && slot_.received().contains(n);
      bool is_excused = false;
      for (const size_t p : frame.packets) is_excused = is_excused || !slot_.arrived(p);
      // The switch to another stream may come in the middle of a frame.
      is_excused = is_excused || forwarded_.rbegin()->first.first != segment;
      if (!whole && !is_excused) fault(name(index) + " is forwarded in part");
      bool can = whole;
      for (const size_t r : frame.references) {
        if (decodable_.contains({segment, r})) continue;
        can = false;
        const bool lost = excused.contains({segment, r}) || never_came(r);
        is_excused = is_excused || lost;
        if (!lost) fault(name(index) + " is forwarded, but " + name(r) + ", which it needs, is not");
      }
      if (can) decodable_.insert(key);
      if (!can && is_excused) excused.insert(key);
    }
  }

  // Decodes what can be decoded. `as_received`: in the form in which it came, all of it.
  void check_pictures(bool as_received) {
    const Codec codec = original_.stream.publish().codec.codec;
    const auto& graph = original_.graph;
    std::vector<RtpPiece> pieces;
    std::map<uint32_t, std::vector<size_t>> units;
    for (const auto& [number, received] : slot_.received()) {
      const auto sent = slot_.sent().find(number);
      if (sent == slot_.sent().end() || sent->second.padding) {
        if (as_received) pieces.push_back({received.timestamp, false, {}});
        continue;
      }
      const size_t frame = graph.frame_of[sent->second.packet];
      if (!as_received && !decodable_.contains({sent->second.segment, frame})) continue;
      if (!as_received && !pieces.empty() && pieces.back().timestamp != received.timestamp) pieces.back().marker = true;
      pieces.push_back({received.timestamp, as_received && received.marker, received.payload});
      auto& unit = units[received.timestamp.value()];
      if (std::find(unit.begin(), unit.end(), frame) == unit.end()) unit.push_back(frame);
    }
    if (!as_received && !pieces.empty()) pieces.back().marker = true;
    UnitDecoder decoder(codec);
    size_t decoded_units = 0;
    for (const auto& assembled : assemble(codec, pieces)) {
      const auto& unit = units.at(assembled.timestamp.value());
      const auto decoded = decoder.decode(assembled.bytes);
      ++decoded_units;
      if (!decoded.error.empty()) return fault(name(unit.back()) + " does not decode: " + decoded.error);
      if (decoded.pictures.empty()) return fault(name(unit.back()) + " shows nothing");
      if (codec == Codec::kAv1 && decoded.pictures.size() != unit.size())
        return fault(name(unit.back()) + " and those below it give " + std::to_string(decoded.pictures.size()) +
                     " pictures");
      if (decoded.pictures.back() != original_.pictures[unit.back()])
        return fault(name(unit.back()) + " decodes to another picture");
      shown_.push_back({assembled.timestamp, unit.back()});
    }
    if (as_received && decoded_units != units.size())
      fault("of " + std::to_string(units.size()) + " units only " + std::to_string(decoded_units) + " come together");
  }

  // What the descriptors that the receiver sees say it needs, it has: it believes them, and waits for what is missing.
  void check_descriptors() {
    DescriptorReader reader;
    std::set<uint16_t> numbers;
    std::set<std::pair<uint16_t, uint8_t>> vp9_frames;  // picture id, spatial layer
    std::optional<uint16_t> newest;
    for (const auto& [number, received] : slot_.received()) {
      if (received.payload.empty()) continue;
      const std::string at = "at the number " + std::to_string(number) + " ";
      if (original_.stream.publish().codec.codec == Codec::kVp9) {
        const auto d = payload::Vp9Descriptor::parse(received.payload);
        if (!d || !d->picture_id) return fault(at + "is no VP9 with a picture id");
        const uint16_t id = *d->picture_id;
        if (d->start_of_frame) {
          for (size_t i = 0; d->inter_picture_predicted && i < d->reference_count; ++i) {
            const auto reference =
                static_cast<uint16_t>((id - d->references[i]) & (d->long_picture_id ? 0x7FFF : 0x7F));
            if (!vp9_frames.contains({reference, d->spatial_id}))
              fault(at + "a picture is referred to that was not sent");
          }
          if (d->inter_layer_predicted && !vp9_frames.contains({id, static_cast<uint8_t>(d->spatial_id - 1)}))
            fault(at + "the layer below is missing");
          vp9_frames.insert({id, d->spatial_id});
        }
      }
      // What VP9 says of it stands in its payload; nothing beside it may contradict.
      if (!original_.graph.has_descriptors) continue;
      if (original_.stream.publish().codec.codec == Codec::kVp9) {
        if (!received.descriptor.empty()) fault(at + "is a dependency descriptor, too");
        continue;
      }
      if (received.descriptor.empty()) return fault(at + "is no dependency descriptor");
      const auto fields = reader.read(received.descriptor);
      if (newest && wrap_distance(*newest, fields.frame_number) < 0) fault(at + "the frame number steps back");
      newest = fields.frame_number;
      if (!fields.first) continue;
      for (const uint16_t back : fields.back) {
        if (!numbers.contains(static_cast<uint16_t>(fields.frame_number - back)))
          fault(at + "a frame is referred to that was not sent");
      }
      numbers.insert(fields.frame_number);
    }
  }

  // What is shown is what was asked for, from the moment on at which it can be. Without loss.
  void check_limits(const std::vector<Wish>& wishes) {
    const auto& graph = original_.graph;
    std::set<size_t> shown;
    for (const Shown& s : shown_) shown.insert(s.frame);
    const Wish* wish = nullptr;
    size_t units_since = 0;
    uint8_t layer = 0, spatial = 0;  // that can have been reached
    bool has_no_end = false;
    for (size_t first = 0; first < graph.frames.size();) {
      // A unit: neighbours of one time, of all layers of simulcast together.
      size_t end = first + 1;
      const auto& frame = graph.frames[first];
      while (end < graph.frames.size() && graph.frames[end].timestamp == frame.timestamp &&
             graph.frames[end].layer == frame.layer)
        ++end;
      const auto begins = offered_at(frame.packets.front());
      const auto ends = offered_at(graph.frames[end - 1].packets.back());
      const Wish* now = wish_at(wishes, begins);
      if (now != wish) units_since = 0;
      wish = now;
      const auto top_spatial = static_cast<uint8_t>(original_.spatial_layers - 1);
      const uint8_t allowed = std::min(wish->limit.spatial.value_or(top_spatial), top_spatial);
      const uint8_t allowed_temporal = wish->limit.temporal.value_or(7);
      // A lower layer of which only keyframes are of use higher up was left out, and begins with the next one.
      if (!original_.stands_alone) spatial = std::min(spatial, allowed);
      if (frame.starts && frame.layer == wish->layer) {
        layer = wish->layer;
        spatial = allowed;
      }
      // An encoder leaves out what does not fit its bitrate. If that is the layer shown, and a higher one comes, the
      // picture has no end for the receiver, and only a keyframe helps.
      const uint8_t top = std::min(spatial, allowed);
      bool has_top = false, has_higher = false;
      for (size_t f = first; f < end; ++f) {
        has_top = has_top || graph.frames[f].spatial == top;
        has_higher = has_higher || graph.frames[f].spatial > top;
      }
      has_no_end = (has_no_end && !frame.starts) || (!original_.stands_alone && !has_top && has_higher);
      uint8_t reached = 0;
      for (size_t f = first; f < end; ++f)
        if (graph.frames[f].spatial <= spatial) reached = graph.frames[f].spatial;
      std::optional<uint8_t> highest;
      for (size_t f = first; f < end; ++f)
        if (shown.contains(f)) highest = graph.frames[f].spatial;
      // It may be lowered before that while nothing of it was left out.
      if (original_.stands_alone && highest && allowed < spatial && *highest < spatial) spatial = *highest;
      const bool settled = wish_at(wishes, ends) == wish && !is_left(first, wish->layer, ends);
      if (settled && frame.layer == layer) {
        const bool has_it = !original_.stands_alone || reached == spatial;
        const bool due = has_it && spatial <= allowed && frame.temporal <= allowed_temporal &&
                         (frame.temporal == 0 || units_since >= units_to_rise());
        if (due && !highest && !has_no_end) fault(name(first) + " should be shown");
        if (highest && frame.temporal > allowed_temporal) fault(name(first) + " is above the temporal limit");
        if (highest && *highest > std::max(allowed, spatial))
          fault(name(first) + " is shown with layers above the limit");
        if (highest && *highest < std::min(reached, allowed) && !has_no_end)
          fault(name(first) + " is shown without layers that the limit allows");
      } else if (settled && highest && layer == wish->layer) {
        fault(name(first) + " is of another stream than that asked for");
      }
      // Down is possible at once where the lower layer's last frames were sent, too: what is above is left out then.
      if (original_.stands_alone && highest && frame.layer == layer) spatial = std::min(spatial, *highest);
      units_since += frame.layer == layer;
      first = end;
    }
  }

  const std::string& first_fault() const { return slot_.first_fault().empty() ? fault_ : slot_.first_fault(); }
  struct Shown {
    RtpTimestamp timestamp;  // of the slot
    size_t frame;            // the highest of its unit
  };
  const std::vector<Shown>& shown() const { return shown_; }
  size_t frames_forwarded() const { return forwarded_.size(); }
  size_t frames_decodable() const { return decodable_.size(); }

 private:
  using Key = std::pair<uint64_t, size_t>;  // segment and frame

  // Dropped temporal layers are back after so many pictures. Of VP8 one after the other, each with a frame of its own
  // that says so (RFC 7741 §4.2, Y), of which there is one in eight.
  size_t units_to_rise() const { return original_.stream.publish().codec.codec == Codec::kVp8 ? 24 : 8; }

  // Without loss: with the next tick of a ProjectedSlot.
  Timestamp offered_at(size_t packet) const {
    return Timestamp::from_ms((original_.stream.recorded_at(packet).us() + 999) / 1000);
  }
  static const Wish* wish_at(const std::vector<Wish>& wishes, Timestamp t) {
    const Wish* out = nullptr;
    for (const Wish& w : wishes)
      if (w.at <= t) out = &w;
    return out;
  }
  // Whether another stream's keyframe comes before this frame's last packet.
  bool is_left(size_t frame, uint8_t target, Timestamp ends) const {
    const auto& frames = original_.graph.frames;
    for (size_t f = frame + 1; f < frames.size() && f < frame + 8; ++f) {
      const bool before = offered_at(frames[f].packets.front()) <= ends;
      if (frames[f].layer == target && target != frames[frame].layer && frames[f].starts && before) return true;
    }
    return false;
  }
  bool never_came(size_t frame) const {
    const auto& packets = original_.graph.frames[frame].packets;
    return std::any_of(packets.begin(), packets.end(), [&](size_t p) { return !slot_.arrived(p); });
  }
  std::string name(size_t index) const {
    const auto& f = original_.graph.frames[index];
    const auto ms = (original_.stream.recorded_at(f.packets.front()) - RecordedStream::kStart).ms();
    return "frame " + std::to_string(index) + " (" + std::to_string(ms) + " ms, layer " + std::to_string(f.layer) +
           ", S" + std::to_string(f.spatial) + "T" + std::to_string(f.temporal) + ", packets " +
           std::to_string(f.packets.front()) + "-" + std::to_string(f.packets.back()) + ")";
  }
  void fault(const std::string& what) {
    if (fault_.empty()) fault_ = what;
  }

  const Original& original_;
  const ProjectedSlot& slot_;
  std::map<Key, std::vector<int64_t>> forwarded_;  // the slot's numbers
  std::set<Key> decodable_;
  std::vector<Shown> shown_;
  std::string fault_;
};

Timestamp after(int64_t ms) { return RecordedStream::kStart + TimeDelta::millis(ms); }

// Another limit, and of simulcast another layer, every few hundred milliseconds.
std::vector<Wish> random_wishes(uint64_t seed, const Original& original) {
  SeededRandom random(seed);
  std::vector<Wish> out;
  const auto pick = [&](size_t count) -> std::optional<uint8_t> {
    const auto n = random.below(static_cast<uint32_t>(count) + 1);
    return n == count ? std::nullopt : std::optional(static_cast<uint8_t>(n));
  };
  for (int64_t ms = 0; ms < 5'300; ms += 100 + static_cast<int64_t>(random.below(500)))
    out.push_back({after(ms),
                   static_cast<uint8_t>(random.below(static_cast<uint32_t>(original.layers))),
                   {pick(original.spatial_layers), pick(original.temporal_layers)}});
  return out;
}

std::string text_of(const std::vector<Wish>& wishes) {
  const auto number = [](std::optional<uint8_t> n) { return n ? std::to_string(*n) : std::string("-"); };
  std::string out;
  for (const Wish& w : wishes)
    out += " " + std::to_string((w.at - RecordedStream::kStart).ms()) + ":L" + std::to_string(w.layer) + "S" +
           number(w.limit.spatial) + "T" + number(w.limit.temporal);
  return out;
}

void project_at_random(const std::string& name, uint64_t seed, const Conditions& conditions) {
  Original original(name);
  const auto wishes = random_wishes(seed, original);
  ProjectedSlot slot(original.stream, seed, conditions, wishes);
  slot.run();
  Outcome outcome(original, slot);
  const bool everything_came = conditions.recovered == 1;
  outcome.check_numbers(everything_came);
  outcome.check_references();
  outcome.check_pictures(everything_came && original.layers == 1);
  if (everything_came) outcome.check_descriptors();
  if (conditions.publisher_loss == 0) outcome.check_limits(wishes);
  INFO(name << ", seed " << seed << ", publisher loses " << conditions.publisher_loss << ", wishes" << text_of(wishes));
  CHECK_THAT(outcome.first_fault(), Catch::Matchers::Equals(""));
  const size_t enough = everything_came ? 30 : 8;
  CHECK(outcome.frames_decodable() > enough);
  CHECK(outcome.shown().size() > enough);
}

}  // namespace

TEST_CASE("what real encoders send stays decodable while limits change", "[routing][recorded]") {
  const auto name = GENERATE(from_range(kLayered));
  for (uint64_t seed = 1; seed <= 2; ++seed) project_at_random(name, seed, {});
}

TEST_CASE("nothing is added to a picture whose end was announced", "[routing][recorded]") {
  // The limit rises between the frames of one picture.
  project_at_random("av1_l2t2", 106, {});
  project_at_random("vp9_l3t3_key_no_dd", 114, {});
}

TEST_CASE("a picture that began before it could be read goes on whole", "[routing][recorded]") {
  // The very first packet comes late, in the middle of its picture, and the highest layer is above the limit.
  project_at_random("vp9_l3t3", 48, {0.05, 1, 0.05});
}

TEST_CASE("a picture has one end, also where its lower layers come late", "[routing][recorded]") {
  // The limit rises, and the lowest layer of the first picture above it is overtaken by the next.
  project_at_random("vp9_l3t3", 25, {0.05, 1, 0.05});
}

TEST_CASE("what real encoders send stays decodable where packets are lost and come late", "[routing][recorded]") {
  const auto name = GENERATE(from_range(kLayered));
  for (uint64_t seed = 1; seed <= 2; ++seed) project_at_random(name, seed, {0.05, 1, 0.05});
}

TEST_CASE("where packets never come, what does not need them stays decodable", "[routing][recorded]") {
  const auto name = GENERATE(from_range(kLayered));
  project_at_random(name, 3, {0.05, 0.7, 0.05});
}

TEST_CASE("real simulcast stays decodable through switches and loss", "[routing][recorded]") {
  const auto name = GENERATE(from_range(kSimulcast));
  for (uint64_t seed = 1; seed <= 2; ++seed) {
    project_at_random(name, seed, {});
    project_at_random(name, seed, {0.05, 1, 0.05});
  }
}

// Minutes: not part of a run that does not name it.
TEST_CASE("what real encoders send stays decodable under many seeds", "[.][recorded-soak]") {
  for (uint64_t seed = 100; seed < 115; ++seed) {
    for (const auto* names : {&kLayered, &kSimulcast})
      for (const std::string& name : *names) {
        project_at_random(name, seed, {});
        project_at_random(name, seed, {0.05, 1, 0.05});
        if (name != "vp8_simulcast_no_dd") project_at_random(name, seed, {0.05, 0.7, 0.05});
      }
  }
}

}  // namespace tutti::test
