// FrameGraph: the frames of a recording, and which of them each one needs, by the dependency descriptors that the
// encoder sent with it. Written from "RTP Payload Format For AV1" v1.0, appendix A, and apart from the product's
// parser, so that a test can judge what the product makes of them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/recording.hpp"
#include "tutti/base/seq_num.hpp"
#include "tutti/wire/payload/vp8.hpp"
#include "tutti/wire/payload/vp9.hpp"
#include "tutti/wire/rtp/header.hpp"
#include "wire/payload/bit_reader.hpp"

namespace tutti::test {

// One packet's descriptor, read by the structure that came last.
class DescriptorReader {
 public:
  struct Fields {
    bool first = false, last = false;
    uint16_t frame_number = 0;
    bool has_structure = false;
    uint8_t spatial = 0, temporal = 0;
    std::vector<uint16_t> back;        // how many frame numbers before this one its references are
    std::vector<uint8_t> indications;  // by decode target: 0 not present, 1 discardable, 2 switch, 3 required
  };

  // Throws if it is not one, or its structure never came.
  Fields read(std::span<const uint8_t> bytes) {
    payload::BitReader r(bytes);
    Fields out;
    out.first = r.flag();
    out.last = r.flag();
    const uint32_t id = r.bits(6);
    out.frame_number = static_cast<uint16_t>(r.bits(16));
    bool custom_indications = false, custom_back = false, custom_chains = false;
    if (bytes.size() > 3) {
      out.has_structure = r.flag();
      const bool has_active = r.flag();
      custom_indications = r.flag();
      custom_back = r.flag();
      custom_chains = r.flag();
      if (out.has_structure) read_structure(r);
      if (has_active) r.bits(targets_);
    }
    const size_t index = (id + 64 - offset_) % 64;
    if (index >= templates_.size()) throw std::runtime_error("a descriptor names no template");
    const Template& t = templates_[index];
    out.spatial = t.spatial;
    out.temporal = t.temporal;
    out.indications = t.indications;
    out.back = t.back;
    if (custom_indications)
      for (uint8_t& i : out.indications) i = static_cast<uint8_t>(r.bits(2));
    if (custom_back) {
      out.back.clear();
      while (const uint32_t size = r.bits(2)) out.back.push_back(static_cast<uint16_t>(r.bits(4 * size) + 1));
    }
    if (custom_chains) r.bits(8 * chains_);
    if (!r.ok()) throw std::runtime_error("a descriptor is cut short");
    return out;
  }

 private:
  struct Template {
    uint8_t spatial = 0, temporal = 0;
    std::vector<uint8_t> indications;
    std::vector<uint16_t> back;
  };

  void read_structure(payload::BitReader& r) {
    templates_.clear();
    offset_ = r.bits(6);
    targets_ = r.bits(5) + 1;
    uint8_t spatial = 0, temporal = 0;
    for (uint32_t next = 0; next != 3 && r.ok();) {
      templates_.push_back({spatial, temporal, {}, {}});
      next = r.bits(2);
      if (next == 1) ++temporal;
      if (next == 2) {
        temporal = 0;
        ++spatial;
      }
    }
    for (Template& t : templates_)
      for (size_t i = 0; i < targets_; ++i) t.indications.push_back(static_cast<uint8_t>(r.bits(2)));
    for (Template& t : templates_)
      while (r.flag()) t.back.push_back(static_cast<uint16_t>(r.bits(4) + 1));
    chains_ = r.non_symmetric(static_cast<uint32_t>(targets_ + 1));
    if (chains_ > 0) {
      for (size_t i = 0; i < targets_; ++i) r.non_symmetric(static_cast<uint32_t>(chains_));
      for (size_t i = 0; i < templates_.size() * chains_; ++i) r.bits(4);
    }
    if (r.flag()) {
      for (size_t i = 0; i <= spatial; ++i) r.bits(32);
    }
  }

  uint32_t offset_ = 0;
  size_t targets_ = 0, chains_ = 0;
  std::vector<Template> templates_;
};

struct FrameGraph {
  struct Frame {
    uint8_t layer = 0;  // of simulcast
    RtpTimestamp timestamp;
    uint8_t spatial = 0, temporal = 0;
    bool starts = false;  // decoding can begin here
    std::vector<size_t> references, packets;
  };
  std::vector<Frame> frames;
  std::vector<size_t> frame_of;  // by packet
  bool has_descriptors = false;  // else the payload's descriptors are all there is, and VP8's has no references

  explicit FrameGraph(const Recording& recording) {
    uint8_t id = 0;
    for (const auto& [number, uri] : recording.extensions)
      if (uri == rtp::uri(rtp::Extension::kDependencyDescriptor)) id = number;
    has_descriptors = id != 0;
    for (const auto& p : recording.packets) {
      const auto packet = rtp::parse(p.bytes);
      const uint8_t layer = layer_of(recording, packet->ssrc);
      const auto descriptor = rtp::find_extension(packet->extension_profile, packet->extensions, id);
      if (descriptor) {
        add_described(layer, *packet, *descriptor);
      } else if (recording.publish.codec.codec == Codec::kVp9) {
        add_vp9(layer, *packet);
      } else {
        add_vp8(layer, *packet);
      }
    }
  }

 private:
  using Number = std::pair<uint8_t, uint32_t>;  // layer, and number in it

  static uint8_t layer_of(const Recording& recording, Ssrc ssrc) {
    for (size_t i = 0; i < recording.publish.layers.size(); ++i)
      if (recording.publish.layers[i].ssrc == ssrc) return static_cast<uint8_t>(i);
    throw std::runtime_error("a packet of the recording has an unknown SSRC");
  }

  void add_described(uint8_t layer, const rtp::Packet& packet, std::span<const uint8_t> descriptor) {
    const auto fields = readers_[layer].read(descriptor);
    if (fields.first) {
      Frame frame{layer, packet.timestamp, fields.spatial, fields.temporal, fields.has_structure, {}, {}};
      for (const uint16_t back : fields.back)
        frame.references.push_back(by_number_.at({layer, static_cast<uint16_t>(fields.frame_number - back)}));
      begin({layer, fields.frame_number}, std::move(frame));
    }
    add_packet({layer, fields.frame_number});
  }
  // RFC 9628 §4.2, flexible mode.
  void add_vp9(uint8_t layer, const rtp::Packet& packet) {
    const auto d = payload::Vp9Descriptor::parse(packet.payload);
    if (!d || !d->flexible_mode || !d->picture_id)
      throw std::runtime_error("a packet of the recording is no flexible VP9");
    const auto number = [&](uint32_t picture, uint32_t spatial) {
      return Number{layer, (picture & 0x7FFF) << 3 | spatial};
    };
    const Number own = number(*d->picture_id, d->spatial_id);
    if (d->start_of_frame) {
      Frame frame{layer, packet.timestamp, d->spatial_id, d->temporal_id, d->keyframe(), {}, {}};
      for (size_t i = 0; d->inter_picture_predicted && i < d->reference_count; ++i)
        frame.references.push_back(by_number_.at(number(*d->picture_id - d->references[i], d->spatial_id)));
      if (d->inter_layer_predicted)
        frame.references.push_back(by_number_.at(number(*d->picture_id, d->spatial_id - 1u)));
      begin(own, std::move(frame));
    }
    add_packet(own);
  }
  void add_vp8(uint8_t layer, const rtp::Packet& packet) {
    const auto d = payload::Vp8Descriptor::parse(packet.payload);
    if (!d || !d->picture_id) throw std::runtime_error("a packet of the recording is no VP8 with a picture id");
    const Number own{layer, *d->picture_id};
    if (!by_number_.contains(own))
      begin(own, {layer, packet.timestamp, 0, d->temporal_id.value_or(0), d->keyframe, {}, {}});
    add_packet(own);
  }
  void begin(Number number, Frame frame) {
    by_number_[number] = frames.size();
    frames.push_back(std::move(frame));
  }
  void add_packet(Number number) {
    const size_t frame = by_number_.at(number);
    frames[frame].packets.push_back(frame_of.size());
    frame_of.push_back(frame);
  }

  std::map<uint8_t, DescriptorReader> readers_;
  std::map<Number, size_t> by_number_;
};

}  // namespace tutti::test
