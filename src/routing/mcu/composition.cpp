#include "routing/mcu/composition.hpp"

#include <algorithm>

#include "routing/mcu/mix_packet.hpp"
#include "tutti/routing/projection.hpp"
#include "tutti/wire/payload/h264.hpp"
#include "tutti/wire/payload/vp8.hpp"
#include "tutti/wire/payload/vp9.hpp"

namespace tutti::routing {
namespace {

using room::SlotReason;
using room::Subscription;

// What our encoders write, as an m-line would announce it.
peer::CodecSpec spec_of(Codec codec) {
  peer::CodecSpec spec;
  spec.codec = codec;
  spec.clock_rate_hz = default_clock_rate_hz(codec);
  if (codec == Codec::kH264) spec.fmtp = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f";
  if (codec == Codec::kVp9) spec.fmtp = "profile-id=0";
  return spec;
}

bool is_encoded_here(Codec codec) { return codec == Codec::kVp8 || codec == Codec::kVp9 || codec == Codec::kH264; }

// What the forwarder reads of a packet, as for one that was received.
void describe_payload(Codec codec, std::span<const uint8_t> payload, peer::MediaPacket& packet) {
  if (codec == Codec::kVp8) {
    if (const auto d = payload::Vp8Descriptor::parse(payload)) {
      packet.vp8 = *d;
      packet.keyframe = d->keyframe;
    }
  } else if (codec == Codec::kVp9) {
    if (const auto d = payload::Vp9Descriptor::parse(payload)) {
      packet.vp9 = d->prefix();
      packet.keyframe = d->keyframe();
    }
  } else if (const auto d = payload::H264Payload::parse(payload)) {
    packet.keyframe = d->keyframe();
  }
}

}  // namespace

const room::Layout& layout_named(const room::RouterHost& host, std::string_view name) {
  static const room::Layout kPlain;
  const auto layout = host.layouts().find(name);
  return layout == host.layouts().end() ? kPlain : layout->second;
}

Composition::Composition(room::RouterHost& host, uint64_t id, std::string layout, const room::Participant* without)
    : host_(host), id_(id), layout_(std::move(layout)), without_(without) {}

Composition::~Composition() {
  for (auto& codec : codecs_) {
    for (Encoding& e : codec->encodings) stop(e);
    host_.unpublish(Timestamp(), *codec->track);
  }
}

// Layers count from the lowest, rungs are named from the highest.
const room::Rung& Composition::rung(uint8_t layer) const {
  const auto& rungs = host_.mixing().rungs;
  return rungs[rungs.size() - 1 - layer];
}

uint8_t Composition::layer_for(std::optional<uint16_t> max_height) const {
  const auto top = static_cast<uint8_t>(host_.mixing().rungs.size() - 1);
  if (!max_height) return top;
  for (uint8_t layer = top; layer > 0; --layer) {
    if (rung(layer).height <= *max_height) return layer;
  }
  return 0;
}

Composition::CodecTrack* Composition::find(Codec codec) {
  for (auto& c : codecs_) {
    if (c->codec == codec) return c.get();
  }
  return nullptr;
}

// One that is encoded already, if the receiver takes it: a second codec would cost a second encoder. Else what it likes
// best.
std::optional<Codec> Composition::choose_codec(const peer::ReceiveSpec& slot) const {
  auto takes = [&](Codec codec) { return peer::find_forwardable(spec_of(codec), slot.codecs) != nullptr; };
  for (const auto& c : codecs_) {
    if (takes(c->codec)) return c->codec;
  }
  for (const peer::CodecSpec& c : slot.codecs) {
    if (is_encoded_here(c.codec) && takes(c.codec)) return c.codec;
  }
  return std::nullopt;
}

bool Composition::can_have_encoder() const {
  return host_.mixing_load().video_encoders < host_.mixing().max_video_encoders;
}

bool Composition::needs_encoder(const peer::ReceiveSpec& slot, std::optional<uint16_t> max_height) const {
  const auto codec = choose_codec(slot);
  if (!codec) return false;
  const uint8_t layer = layer_for(max_height);
  return std::none_of(codecs_.begin(), codecs_.end(),
                      [&](const auto& c) { return c->codec == *codec && c->encodings[layer].wanted; });
}

Composition::CodecTrack* Composition::codec_for(const peer::ReceiveSpec& slot) {
  const auto codec = choose_codec(slot);
  if (!codec) return nullptr;
  if (CodecTrack* there = find(*codec)) return there;
  peer::PublishSpec spec;
  spec.name = layout_;
  spec.kind = MediaKind::kVideo;
  spec.codec = spec_of(*codec);
  const auto rungs = static_cast<uint8_t>(host_.mixing().rungs.size());
  for (uint8_t layer = 0; layer < rungs; ++layer) {
    const room::Rung& r = rung(layer);
    spec.layers.push_back({Rid::make(std::to_string(r.height) + "p" + std::to_string(r.fps)).value_or(Rid()), {}, {}});
  }
  auto& made =
      codecs_.emplace_back(std::make_unique<CodecTrack>(CodecTrack{*codec, &host_.publish(std::move(spec)), {}}));
  made->encodings.resize(rungs);
  for (uint8_t layer = 0; layer < rungs; ++layer) {
    const room::Rung& r = rung(layer);
    room::TrackLayer& l = made->track->layers[layer];
    l.dimensions = payload::Dimensions{r.width, r.height};
    l.bitrate = r.bitrate;
  }
  return made.get();
}

void Composition::start(CodecTrack& codec, uint8_t layer) {
  Encoding& e = codec.encodings[layer];
  if (e.wanted) return;
  e.wanted = true;
  e.force_keyframe = true;
  codec.track->layers[layer].wanted = true;
  ++host_.mixing_load().video_encoders;
}

void Composition::stop(Encoding& e) {
  if (!e.wanted) return;
  e.wanted = false;
  e.encoder.reset();
  --host_.mixing_load().video_encoders;
}

SlotReason Composition::serve(Timestamp now, Subscription& slot, uint8_t limit) {
  CodecTrack* codec = codec_for(slot.spec());
  if (!codec) return SlotReason::kCodec;
  uint8_t layer = std::min(layer_for(slot.wish.max_height), limit);
  if (!codec->encodings[layer].wanted && !can_have_encoder()) {
    // Any rung that is there is better than none.
    const auto there =
        std::find_if(codec->encodings.begin(), codec->encodings.end(), [](const Encoding& e) { return e.wanted; });
    if (there == codec->encodings.end()) return SlotReason::kOverloaded;
    layer = static_cast<uint8_t>(there - codec->encodings.begin());
  }
  start(*codec, layer);
  auto watcher = std::find_if(watchers_.begin(), watchers_.end(), [&](const Watcher& w) { return w.slot == &slot; });
  if (watcher == watchers_.end()) watcher = watchers_.insert(watchers_.end(), Watcher{&slot, nullptr, 0});
  const bool moves = watcher->codec != codec || watcher->layer != layer;
  *watcher = {&slot, codec, layer};
  if (!host_.show(now, slot, codec->track, SlotReason::kNone)) {
    remove(slot);
    return SlotReason::kCodec;
  }
  if (!moves && slot.forwarder.target().track == codec->track->number()) return SlotReason::kNone;
  slot.forwarder.set_target({codec->track->number(), layer},
                            peer::find_forwardable(codec->track->spec().codec, slot.spec().codecs)->payload_type);
  codec->encodings[layer].force_keyframe = true;
  return SlotReason::kNone;
}

void Composition::remove(Subscription& slot) {
  std::erase_if(watchers_, [&](const Watcher& w) { return w.slot == &slot; });
}

void Composition::on_keyframe_needed(const Subscription& slot) {
  for (const Watcher& w : watchers_) {
    if (w.slot == &slot) w.codec->encodings[w.layer].force_keyframe = true;
  }
}

uint32_t Composition::canvas_width() const {
  uint32_t width = 0;
  for (const Watcher& w : watchers_) width = std::max(width, rung(w.layer).width);
  return width;
}

uint32_t Composition::canvas_height() const {
  uint32_t height = 0;
  for (const Watcher& w : watchers_) height = std::max(height, rung(w.layer).height);
  return height;
}

const std::vector<video::Tile>& Composition::arrange(const std::vector<video::LayoutSource>& sources) {
  tiles_ = video::arrange(layout_named(host_, layout_).spec, canvas_width(), canvas_height(), sources, tiles_);
  return tiles_;
}

void Composition::draw(int64_t frame_number, Timestamp time, std::vector<video::TileContent> tiles,
                       uint64_t fingerprint) {
  unchanged_ = std::exchange(fingerprint_, fingerprint) != fingerprint ? 0 : unchanged_ + 1;
  bool keyframe_wanted = false;
  for (const auto& c : codecs_) {
    for (const Encoding& e : c->encodings) keyframe_wanted |= e.wanted && e.force_keyframe;
  }
  if (unchanged_ > kPolishFrames && frame_number % kIdleInterval != 0 && !keyframe_wanted) return;
  if (drawing_) {
    skip();
    return;
  }
  auto job = std::make_unique<ComposeJob>();
  job->composition = id_;
  job->frame_number = frame_number;
  job->time = time;
  job->compositor = std::move(compositor_);
  const video::LayoutSpec& spec = layout_named(host_, layout_).spec;
  job->content = {canvas_width(),    canvas_height(), spec.background, spec.border,
                  spec.border_width, spec.names,      std::move(tiles)};
  drawing_ = true;
  host_.run(std::move(job));
}

void Composition::skip() {
  ++skipped_;
  host_.count(Counter::kMixFramesSkipped);
}

void Composition::on_drawn(ComposeJob& job) {
  drawing_ = false;
  compositor_ = std::move(job.compositor);
  host_.count(Counter::kPixelsComposed, uint64_t{job.content.width} * job.content.height);
  const uint32_t tick_fps = host_.mixing().rungs.front().fps;
  for (auto& c : codecs_) {
    for (uint8_t layer = 0, count = static_cast<uint8_t>(c->encodings.size()); layer < count; ++layer) {
      Encoding& e = c->encodings[layer];
      if (!e.wanted) continue;
      const room::Rung& r = rung(layer);
      const int64_t every = std::max<int64_t>(1, tick_fps / std::max(1u, r.fps));
      const bool keyframe = e.force_keyframe && job.frame_number - e.last_keyframe >= kKeyframeSpacing;
      // Counted from the last one, not by even and odd: a pool that manages every other tick would starve a rung of
      // half the rate.
      if (job.frame_number - e.last_encoded < every && !keyframe) continue;
      if (e.busy) {
        ++e.skipped;
        skip();
        continue;
      }
      auto encode = std::make_unique<EncodeJob>();
      encode->composition = id_;
      encode->codec = c->codec;
      encode->layer = layer;
      encode->frame_number = job.frame_number;
      encode->time = job.time;
      encode->settings = {c->codec, r.width, r.height, r.fps, r.bitrate};
      encode->encoder = std::move(e.encoder);
      encode->picture = job.picture;
      encode->keyframe = keyframe;
      e.last_encoded = job.frame_number;
      if (keyframe) {
        e.force_keyframe = false;
        e.last_keyframe = job.frame_number;
      }
      e.busy = encode.get();
      host_.run(std::move(encode));
    }
  }
}

void Composition::on_encoded(Timestamp now, EncodeJob& job) {
  CodecTrack* codec = find(job.codec);
  if (!codec) return;
  Encoding& e = codec->encodings[job.layer];
  // One of a track before this one, in the same codec: its frame would stand between two of ours.
  if (e.busy != &job) return;
  e.busy = nullptr;
  if (!e.wanted) return;
  e.encoder = std::move(job.encoder);
  // A keyframe that was asked for is never left out to keep a rate: this encoder has failed, and another one begins
  // with a keyframe.
  if (job.keyframe && job.frame.bytes.empty()) {
    e.encoder.reset();
    e.force_keyframe = true;
    ++e.skipped;
    skip();
  }
  if (job.frame.bytes.empty()) return;
  ++e.frames;
  host_.count(Counter::kFramesEncoded);
  host_.count(Counter::kPixelsEncoded, uint64_t{job.settings.width} * job.settings.height);
  send(now, *codec, job.layer, job);
}

void Composition::send(Timestamp now, CodecTrack& codec, uint8_t layer, const EncodeJob& job) {
  Encoding& e = codec.encodings[layer];
  if (!e.packetizer) e.packetizer.emplace(codec.codec, rung(layer).width, rung(layer).height);
  const auto payloads = e.packetizer->packetize(job.frame);
  const auto ticks_per_frame = static_cast<int64_t>(90'000 / host_.mixing().rungs.front().fps);
  for (size_t i = 0; i < payloads.size(); ++i) {
    peer::PacketRef packet = host_.make_packet();
    if (!packet) {
      // Numbers without a hole would pass the half of a frame off as a whole one.
      e.next_sequence = e.next_sequence + 1;
      e.force_keyframe = true;
      return;
    }
    fill_mix_packet(*packet, codec.codec, layer, job.time, e.next_sequence,
                    RtpTimestamp(static_cast<uint32_t>(job.frame_number * ticks_per_frame)), payloads[i]);
    e.next_sequence = e.next_sequence + 1;
    packet->marker = i + 1 == payloads.size();
    describe_payload(codec.codec, packet->payload(), *packet);
    host_.keep(now, *codec.track, packet);
    for (const Watcher& w : watchers_) {
      if (w.codec != &codec) continue;
      const room::Forwarder::Source source{codec.track->number(), layer};
      if (w.slot->forwarder.target() == source || w.slot->forwarder.current() == source)
        forward_to_slot(host_, now, *codec.track, *w.slot, packet);
    }
  }
}

void Composition::set_age(Timestamp time, int64_t frame_number, TimeDelta age) {
  const auto ticks_per_frame = static_cast<int64_t>(90'000 / host_.mixing().rungs.front().fps);
  for (auto& c : codecs_)
    host_.set_timing(*c->track, time - age, RtpTimestamp(static_cast<uint32_t>(frame_number * ticks_per_frame)));
}

void Composition::drop_unwatched(Timestamp now) {
  for (auto& c : codecs_) {
    for (uint8_t layer = 0, count = static_cast<uint8_t>(c->encodings.size()); layer < count; ++layer) {
      const room::Forwarder::Source source{c->track->number(), layer};
      // Who is on its way to another rung still looks at this one.
      const bool watched = std::any_of(watchers_.begin(), watchers_.end(), [&](const Watcher& w) {
        return w.codec == c.get() && (w.layer == layer || w.slot->forwarder.current() == source);
      });
      if (watched) continue;
      stop(c->encodings[layer]);
      c->track->layers[layer].wanted = false;
    }
  }
  std::erase_if(codecs_, [&](const auto& c) {
    if (std::any_of(watchers_.begin(), watchers_.end(), [&](const Watcher& w) { return w.codec == c.get(); }))
      return false;
    host_.unpublish(now, *c->track);
    return true;
  });
}

uint32_t Composition::encoders() const {
  uint32_t n = 0;
  for (const auto& c : codecs_)
    n += static_cast<uint32_t>(
        std::count_if(c->encodings.begin(), c->encodings.end(), [](const Encoding& e) { return e.wanted; }));
  return n;
}

void Composition::add_stats(std::vector<room::StatsEntry>& out) const {
  for (const auto& c : codecs_) {
    for (uint8_t layer = 0, count = static_cast<uint8_t>(c->encodings.size()); layer < count; ++layer) {
      const Encoding& encoding = c->encodings[layer];
      if (!encoding.wanted) continue;
      const room::Rung& r = rung(layer);
      room::StatsEntry& e = out.emplace_back();
      e.type = room::StatsEntry::Type::kMixEncoder;
      e.kind = MediaKind::kVideo;
      e.id = "M" + std::to_string(c->track->number()) + "-" + std::to_string(layer);
      e.track = c->track->id().str();
      e.rid = std::string(c->track->layers[layer].rid.view());
      e.codec = std::string(to_string(c->codec));
      e.frame_width = r.width;
      e.frame_height = r.height;
      e.frames_per_second = r.fps;
      e.target_bitrate_bps = static_cast<uint64_t>(r.bitrate.bps());
      e.frames_encoded = encoding.frames;
      e.skipped_frames = encoding.skipped;
      e.listeners = static_cast<uint64_t>(std::count_if(watchers_.begin(), watchers_.end(), [&](const Watcher& w) {
        return w.codec == c.get() && w.layer == layer;
      }));
      if (without_) e.own_of = without_->id().str();
    }
  }
}

}  // namespace tutti::routing
