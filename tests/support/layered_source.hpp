// LayeredSource: what an encoder with spatial and temporal layers in one stream sends, picture by picture: its frames,
// what each refers to, and their packets as a room has them. VP9 in both of its modes, and what a dependency descriptor
// says. Written from the scalability modes of W3C webrtc-svc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "peer/layer_reader.hpp"
#include "tutti/base/random.hpp"
#include "tutti/peer/media_packet.hpp"

namespace tutti::test {

struct LayeredMode {
  enum class Kind : uint8_t { kDescriptor, kVp9Flexible, kVp9Group };
  // What a spatial layer needs of the one below: all, in key pictures only, nothing.
  enum class Prediction : uint8_t { kFull, kKey, kNone };

  Kind kind = Kind::kDescriptor;
  uint8_t spatial = 1, temporal = 1;
  Prediction prediction = Prediction::kFull;

  std::string name() const {
    const char* kinds[] = {"DD", "VP9", "VP9 groups"};
    const char* suffixes[] = {"", "_KEY", " apart"};
    return std::string(kinds[static_cast<int>(kind)]) + " L" + std::to_string(spatial) + "T" +
           std::to_string(temporal) + suffixes[static_cast<int>(prediction)];
  }
};

struct LayeredFrame {
  uint32_t picture = 0;
  uint8_t spatial = 0, temporal = 0;
  bool key_picture = false;
  std::vector<size_t> references;  // other frames, by index
};

class LayeredSource {
 public:
  struct Packet {
    size_t frame = 0;
    bool first = false, last = false;
    peer::MediaPacket media;  // without bytes
  };

  LayeredSource(SeededRandom& random, LayeredMode mode) : random_(random), mode_(mode) {
    picture_id_ = static_cast<uint16_t>(random.below(0x8000));
    frame_number_ = static_cast<uint16_t>(random.below(0x10000));
    sequence_ = ExtSeqNum(static_cast<int64_t>(random.below(0x10000)));
    structure_ = structure();
  }

  std::vector<LayeredFrame> frames;

  // The packets of the next picture.
  std::vector<Packet> next_picture(bool key) {
    key = key || frames.empty();
    if (key) position_ = 0;
    const uint8_t temporal = pattern()[position_ % pattern().size()];
    picture_id_ = (picture_id_ + 1) & 0x7FFF;
    if (temporal == 0) ++tl0_;
    timestamp_ = timestamp_ + 3000;
    std::vector<Packet> out;
    for (uint8_t spatial = 0; spatial < mode_.spatial; ++spatial) add_frame(spatial, temporal, key, out);
    out.back().media.marker = true;
    ++position_;
    ++picture_;
    return out;
  }

 private:
  struct Last {
    size_t frame = 0;
    uint32_t picture = 0;
    uint16_t number = 0;
  };

  const std::vector<uint8_t>& pattern() const {
    static const std::vector<uint8_t> kPatterns[] = {{0}, {0, 1}, {0, 2, 1, 2}};
    return kPatterns[mode_.temporal - 1];
  }
  // Which frame of its own spatial layer one refers to: the last of a lower temporal layer, the lowest to the last of
  // its own.
  const Last& before(uint8_t spatial, uint8_t temporal) const {
    const Last* best = &last_[spatial][0];
    for (uint8_t t = 0; t < temporal; ++t) {
      if (last_[spatial][t].picture > best->picture) best = &last_[spatial][t];
    }
    return *best;
  }
  bool needs_lower(bool key) const {
    return mode_.prediction == LayeredMode::Prediction::kFull ||
           (mode_.prediction == LayeredMode::Prediction::kKey && key);
  }

  void add_frame(uint8_t spatial, uint8_t temporal, bool key, std::vector<Packet>& out) {
    LayeredFrame frame{picture_, spatial, temporal, key, {}};
    ++frame_number_;
    const Last reference = before(spatial, temporal);
    if (!key) frame.references.push_back(reference.frame);
    if (spatial > 0 && needs_lower(key)) frame.references.push_back(frames.size() - 1);

    const auto count = 1 + random_.below(3);
    for (uint64_t i = 0; i < count; ++i) {
      Packet& packet = out.emplace_back();
      packet.frame = frames.size();
      packet.first = i == 0;
      packet.last = i + 1 == count;
      fill(packet, frame, reference);
    }
    for (uint8_t t = 0; t < 3; ++t) {
      if (t == temporal || key) last_[spatial][t] = {frames.size(), picture_, frame_number_};
    }
    frames.push_back(std::move(frame));
  }

  void fill(Packet& packet, const LayeredFrame& frame, const Last& reference) {
    peer::MediaPacket& media = packet.media;
    media.track = 1;
    media.sequence = sequence_;
    sequence_ = sequence_ + 1;
    media.timestamp = timestamp_;
    media.payload_size = 100;
    media.temporal_id = frame.temporal;
    media.spatial_id = frame.spatial;
    if (mode_.kind == LayeredMode::Kind::kDescriptor) {
      fill_described(packet, frame, reference);
    } else {
      fill_vp9(packet, frame, reference);
    }
  }

  void fill_described(Packet& packet, const LayeredFrame& frame, const Last& reference) {
    peer::MediaPacket& media = packet.media;
    media.codec = Codec::kAv1;
    media.dependency_descriptor_size = 3;
    media.keyframe = frame.key_picture && frame.spatial == 0 && packet.first;
    payload::LayerFrame& f = media.frame;
    f.described = true;
    f.start_of_frame = packet.first;
    f.end_of_frame = packet.last;
    f.has_structure = media.keyframe;
    f.spatial_id = frame.spatial;
    f.temporal_id = frame.temporal;
    f.target_count = structure_.target_count;
    f.number = frame_number_;
    f.active = static_cast<payload::TargetMask>((1u << structure_.target_count) - 1);
    for (uint8_t i = 0; i < structure_.target_count; ++i) {
      const auto& t = structure_.targets[i];
      const bool above = t.spatial_id > frame.spatial && needs_lower(frame.key_picture);
      if (t.temporal_id < frame.temporal || (t.spatial_id != frame.spatial && !above)) continue;
      f.present = static_cast<payload::TargetMask>(f.present | 1u << i);
      if (frame.key_picture || (frame.temporal == 0 && t.spatial_id == frame.spatial))
        f.switches = static_cast<payload::TargetMask>(f.switches | 1u << i);
    }
    if (!frame.key_picture) f.references[f.reference_count++] = static_cast<uint16_t>(frame_number_ - reference.number);
    if (frame.spatial > 0 && needs_lower(frame.key_picture)) f.references[f.reference_count++] = 1;
    if (f.has_structure) media.structure = structure_;
  }

  void fill_vp9(Packet& packet, const LayeredFrame& frame, const Last& reference) {
    peer::MediaPacket& media = packet.media;
    media.codec = Codec::kVp9;
    payload::Vp9Descriptor d;
    d.inter_picture_predicted = !frame.key_picture;
    d.flexible_mode = mode_.kind == LayeredMode::Kind::kVp9Flexible;
    d.start_of_frame = packet.first;
    d.end_of_frame = packet.last;
    d.not_reference_for_upper = !needs_lower(frame.key_picture) || frame.spatial + 1 == mode_.spatial;
    d.picture_id = picture_id_;
    d.long_picture_id = true;
    d.has_layers = true;
    d.temporal_id = frame.temporal;
    d.spatial_id = frame.spatial;
    d.inter_layer_predicted = frame.spatial > 0 && needs_lower(frame.key_picture);
    d.switching_up_point = true;  // as Chromium's encoder always says
    if (!d.flexible_mode) d.tl0_pic_idx = tl0_;
    if (d.flexible_mode && !frame.key_picture)
      d.references[d.reference_count++] = static_cast<uint8_t>(picture_ - reference.picture);
    media.keyframe = d.keyframe();
    if (media.keyframe) d.scalability = scalability();
    reader_.read(d, media);
  }

  payload::Vp9ScalabilityStructure scalability() const {
    payload::Vp9ScalabilityStructure s;
    s.spatial_layer_count = mode_.spatial;
    if (mode_.kind == LayeredMode::Kind::kVp9Flexible) return s;
    const auto size = pattern().size();
    s.picture_group_size = static_cast<uint8_t>(size);
    for (size_t i = 0; i < size; ++i) {
      auto& picture = s.picture_group[i];
      picture.temporal_id = pattern()[i];
      picture.reference_count = 1;
      // As before() finds it: T0 a group back, T1 to T0, the last T2 to T1.
      picture.references[0] = static_cast<uint8_t>(i == 0 ? size : pattern()[i] == 1 ? i : 1);
    }
    return s;
  }

  payload::LayerStructure structure() const {
    payload::LayerStructure s;
    s.target_count = static_cast<uint8_t>(mode_.spatial * mode_.temporal);
    for (uint8_t i = 0; i < s.target_count; ++i) {
      s.targets[i].spatial_id = static_cast<uint8_t>(i / mode_.temporal);
      s.targets[i].temporal_id = static_cast<uint8_t>(i % mode_.temporal);
    }
    for (uint8_t i = 0; i < s.target_count; ++i) {
      for (uint8_t j = 0; j < s.target_count; ++j) {
        const auto &a = s.targets[i], &b = s.targets[j];
        const bool spatial = a.spatial_id == b.spatial_id || (b.spatial_id < a.spatial_id && needs_lower(false));
        if (spatial && b.temporal_id <= a.temporal_id)
          s.contained[i] = static_cast<payload::TargetMask>(s.contained[i] | 1u << j);
      }
    }
    return s;
  }

  SeededRandom& random_;
  LayeredMode mode_;
  payload::LayerStructure structure_;
  peer::LayerReader reader_;
  uint32_t picture_ = 1;
  size_t position_ = 0;  // in the pattern
  uint16_t picture_id_ = 0, frame_number_ = 0;
  uint8_t tl0_ = 0;
  ExtSeqNum sequence_;
  RtpTimestamp timestamp_;
  Last last_[4][3];
};

}  // namespace tutti::test
