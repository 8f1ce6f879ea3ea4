// What a simulcast publisher's VP8 looks like when it reaches a room: several tracks of three layers, frames of a few
// packets with picture ids, TL0PICIDX, temporal layers and what refers to what, keyframes and new SSRCs at random,
// padding; then a network that delays, reorders and loses, and retransmissions. All of it from a seed, made at once, in
// order of arrival.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "tutti/base/random.hpp"
#include "tutti/peer/media_packet.hpp"
#include "tutti/room/forwarder.hpp"

namespace tutti::test {

struct SimulcastFrame {
  Timestamp captured;
  RtpTimestamp timestamp;
  uint16_t picture_id = 0;
  uint8_t tl0 = 0, temporal_id = 0;
  bool keyframe = false, sync = false;
  std::vector<size_t> references;  // other frames, by index
};

struct SimulcastPacket {
  static constexpr size_t kPadding = SIZE_MAX;

  size_t frame = kPadding;  // by index
  room::Forwarder::Source source;
  uint8_t epoch = 0;
  ExtSeqNum sequence;
  RtpTimestamp timestamp;
  Timestamp captured;  // padding: of the frame before it
  bool first = false, last = false, recovered = false, lost = false;
  Timestamp arrival;

  bool is_padding() const { return frame == kPadding; }
};

struct SimulcastOptions {
  int frames = 200;  // of each layer
  uint64_t tracks = 2;
  uint8_t layers = 3;
  double keyframe = 0.04, new_epoch = 0.005, padding = 0.05;
  double loss = 0.03, recovered = 0.8, late = 0.1;
  int max_packets = 5;  // of a frame
};

class SimulcastSource {
 public:
  SimulcastSource(SeededRandom& random, const SimulcastOptions& options) : random_(random), options_(options) {
    std::vector<Layer> layers;
    for (uint64_t track = 1; track <= options.tracks; ++track) {
      for (uint8_t layer = 0; layer < options.layers; ++layer) layers.push_back(start({track, layer}, 0));
    }
    for (int i = 0; i < options.frames; ++i) {
      for (Layer& layer : layers) {
        const auto phase = static_cast<int64_t>(11 * layer.source.track);
        const Timestamp captured = Timestamp::from_ms(1000 + phase) + TimeDelta::micros(33'300 * int64_t{i});
        if (chance(options.new_epoch)) layer = start(layer.source, static_cast<uint8_t>(layer.epoch + 1));
        produce(layer, captured);
      }
    }
    std::stable_sort(packets.begin(), packets.end(),
                     [](const auto& a, const auto& b) { return a.arrival < b.arrival; });
  }

  std::vector<SimulcastFrame> frames;
  std::vector<SimulcastPacket> packets;  // by arrival; those lost for ever too

  void fill(peer::MediaPacket& out, const SimulcastPacket& p) const {
    out.arrival = p.arrival;
    out.track = static_cast<uint16_t>(p.source.track);
    out.layer = p.source.layer;
    out.epoch = p.epoch;
    out.codec = Codec::kVp8;
    out.sequence = p.sequence;
    out.timestamp = p.timestamp;
    out.recovered = p.recovered;
    out.marker = p.last;
    out.vp8 = {};
    out.keyframe = false;
    out.temporal_id.reset();
    out.payload_size = 0;
    if (p.is_padding()) return;
    const SimulcastFrame& frame = frames[p.frame];
    out.payload_size = 100;
    out.keyframe = frame.keyframe && p.first;
    out.temporal_id = frame.temporal_id;
    out.vp8.picture_id = frame.picture_id;
    out.vp8.long_picture_id = true;
    out.vp8.tl0_pic_idx = frame.tl0;
    out.vp8.temporal_id = frame.temporal_id;
    out.vp8.layer_sync = frame.sync;
  }

 private:
  struct Layer {
    room::Forwarder::Source source;
    uint8_t epoch = 0;
    ExtSeqNum next_sequence;
    RtpTimestamp timestamp_base;
    uint16_t picture_id = 0;
    uint8_t tl0 = 0;
    unsigned position = 0;         // in the pattern of temporal layers
    std::array<size_t, 3> last{};  // frame of each temporal layer
    bool begun = false;
  };

  bool chance(double p) { return random_.unit() < p; }

  Layer start(room::Forwarder::Source source, uint8_t epoch) {
    Layer layer;
    layer.source = source;
    layer.epoch = epoch;
    layer.next_sequence = ExtSeqNum(static_cast<int64_t>(random_.below(65536)));
    layer.timestamp_base = RtpTimestamp(random_.u32());
    layer.picture_id = static_cast<uint16_t>(random_.below(32768));
    layer.tl0 = static_cast<uint8_t>(random_.below(256));
    return layer;
  }

  void produce(Layer& layer, Timestamp captured) {
    static constexpr std::array<uint8_t, 4> kPattern{0, 2, 1, 2};
    SimulcastFrame frame;
    frame.captured = captured;
    frame.timestamp = layer.timestamp_base + static_cast<uint32_t>(captured.us() * 9 / 100);
    frame.keyframe = !layer.begun || chance(options_.keyframe);
    if (frame.keyframe) layer.position = 0;
    const uint8_t id = kPattern[layer.position++ % 4];
    frame.temporal_id = id;
    frame.sync = id > 0 && chance(0.4);
    frame.picture_id = layer.picture_id = (layer.picture_id + 1) & 0x7FFF;
    if (id == 0) ++layer.tl0;
    frame.tl0 = layer.tl0;
    if (!frame.keyframe) {
      frame.references.push_back(layer.last[0]);
      for (uint8_t i = 1; i <= id && !frame.sync; ++i) frame.references.push_back(layer.last[i]);
    }
    const size_t index = frames.size();
    layer.last[id] = index;
    if (frame.keyframe) layer.last.fill(index);
    layer.begun = true;
    frames.push_back(frame);

    const auto count = 1 + random_.below(static_cast<uint64_t>(options_.max_packets));
    for (uint64_t i = 0; i < count; ++i) {
      add(layer, frame, index, static_cast<int64_t>(i), i == 0, i + 1 == count);
    }
    // Senders probe with padding that repeats the last timestamp.
    for (auto n = chance(options_.padding) ? 1 + random_.below(3) : 0; n > 0; --n) {
      add(layer, frame, SimulcastPacket::kPadding, static_cast<int64_t>(count), false, false);
    }
  }

  void add(Layer& layer, const SimulcastFrame& frame, size_t index, int64_t place, bool first, bool last) {
    SimulcastPacket p;
    p.frame = index;
    p.source = layer.source;
    p.epoch = layer.epoch;
    p.sequence = layer.next_sequence;
    layer.next_sequence = layer.next_sequence + 1;
    p.timestamp = frame.timestamp;
    p.captured = frame.captured;
    p.first = first;
    p.last = last;
    p.arrival = frame.captured + TimeDelta::micros(20'000 + 200 * place);
    if (chance(options_.late)) p.arrival = p.arrival + TimeDelta::micros(static_cast<int64_t>(random_.below(45'000)));
    if (chance(options_.loss)) {
      p.recovered = chance(options_.recovered);
      p.lost = !p.recovered;
      p.arrival = p.arrival + TimeDelta::millis(40 + static_cast<int64_t>(random_.below(160)));
    }
    packets.push_back(p);
  }

  SeededRandom& random_;
  SimulcastOptions options_;
};

}  // namespace tutti::test
