#include "routing/mcu/video_source.hpp"

#include <algorithm>

#include "routing/mcu/capture_age.hpp"
#include "tutti/room/participant.hpp"

namespace tutti::routing {
namespace {

// Layers that have not said how large they are count as halves of 720 lines, from the top.
uint32_t height_of(const room::Track& track, size_t layer) {
  if (track.layers[layer].dimensions) return track.layers[layer].dimensions->height;
  return 720u >> (track.layers.size() - 1 - layer);
}

}  // namespace

VideoSource::VideoSource(room::RouterHost& host, room::Track& track) : host_(host), track_(track) { count(true); }

VideoSource::~VideoSource() { count(false); }

void VideoSource::count(bool decodes) {
  if (decodes == counted_) return;
  counted_ = decodes;
  decodes ? ++host_.mixing_load().video_decoders : --host_.mixing_load().video_decoders;
}

void VideoSource::pause(Timestamp now) {
  if (!current_) return;
  // Who stands as a still now comes back as one.
  if (!picture(now)) picture_.reset();
  count(false);
  paused_at_ = now;
  current_.reset();
  next_.reset();
  waiting_.clear();
  decoder_.reset();
  for (room::TrackLayer& layer : track_.layers) layer.decoding = false;
  host_.update_wanted_layers(now, track_);
}

uint8_t VideoSource::choose(Timestamp now, uint32_t height) const {
  std::optional<uint8_t> highest;
  for (size_t i = 0; i < track_.layers.size(); ++i) {
    const room::TrackLayer& layer = track_.layers[i];
    const bool may_come = layer.active(now) || !layer.wanted || now - layer.wanted_since < kPublisherMayTake;
    if (!may_come) continue;
    highest = static_cast<uint8_t>(i);
    if (height_of(track_, i) >= height) return *highest;
  }
  return highest.value_or(0);
}

void VideoSource::fit(Timestamp now, uint32_t height) {
  const uint8_t wanted = choose(now, height);
  const uint8_t heading_for = next_ ? next_->index : current_ ? current_->index : UINT8_MAX;
  if (wanted == heading_for) return;
  if (!current_) resumed_at_ = now;
  if (current_ && current_->index == wanted) {
    next_.reset();
  } else {
    std::unique_ptr<Layer>& to = current_ ? next_ : current_;
    to = std::make_unique<Layer>(wanted, track_.spec().codec.codec, track_.layers[wanted].epoch);
  }
  want(now, wanted);
  host_.request_keyframe(now, track_, wanted);
}

void VideoSource::want(Timestamp now, uint8_t wanted) {
  for (size_t i = 0; i < track_.layers.size(); ++i)
    track_.layers[i].decoding = i == wanted || (current_ && current_->index == i);
  host_.update_wanted_layers(now, track_);
}

void VideoSource::on_rtp(Timestamp now, const peer::MediaPacket& packet) {
  if (packet.video_orientation) rotation_ = video::rotation_from_cvo(*packet.video_orientation);
  for (std::unique_ptr<Layer>* layer : {&current_, &next_}) {
    if (!*layer || (*layer)->index != packet.layer) continue;
    if ((*layer)->epoch != packet.epoch) *layer = std::make_unique<Layer>(packet.layer, packet.codec, packet.epoch);
    (*layer)->assembler.insert({packet.sequence, packet.timestamp, packet.arrival, packet.marker, packet.payload()},
                               assembled_);
    return take(now, **layer);
  }
}

void VideoSource::handle_time(Timestamp now) {
  if (track_.muted && picture_) {
    // Packets are dropped from now on, and nobody is to be seen as it was before.
    picture_.reset();
    if (current_) current_->assembler.request_keyframe();
  }
  for (Layer* layer : {current_.get(), next_.get()}) {
    if (!layer) continue;
    layer->assembler.handle_time(now);
    // Merged and spaced by the room.
    if (layer->assembler.needs_keyframe() && track_.layers[layer->index].active(now))
      host_.request_keyframe(now, track_, layer->index);
  }
}

void VideoSource::take(Timestamp now, Layer& layer) {
  if (assembled_.empty()) return;
  if (&layer == next_.get()) {
    // Its keyframe is here: the old layer has done its duty.
    waiting_.clear();
    current_ = std::move(next_);
    want(now, current_->index);
  }
  const room::CaptureClock* clock = track_.layers[current_->index].capture_clock();
  received_ += assembled_.size();
  bool lost = false;
  for (video::AssembledFrame& frame : assembled_) {
    if (waiting_.size() >= kMaxWaiting) {
      lose_state(now);
      lost = true;
    }
    // What refers to frames that were dropped would show rubbish, and no decoder would say so.
    lost = lost && !frame.keyframe;
    if (lost) {
      ++dropped_;
      continue;
    }
    Timestamp captured = clock ? clock->at(frame.timestamp) : frame.arrival;
    if (!is_believable(frame.arrival - captured)) captured = frame.arrival;
    waiting_.push_back({std::move(frame.bytes), captured, rotation_});
  }
  assembled_.clear();
  submit();
}

void VideoSource::lose_state(Timestamp now) {
  dropped_ += waiting_.size();
  waiting_.clear();
  current_->assembler.request_keyframe();
  host_.request_keyframe(now, track_, current_->index);
}

void VideoSource::submit() {
  if (decoding_ || waiting_.empty()) return;
  auto job = std::make_unique<DecodeJob>();
  job->source = track_.number();
  job->codec = track_.spec().codec.codec;
  job->limits = host_.mixing().pictures;
  job->decoder = std::move(decoder_);
  job->frames = std::exchange(waiting_, {});
  decoding_ = job.get();
  host_.run(std::move(job));
}

void VideoSource::on_decoded(Timestamp now, DecodeJob& job) {
  // One of a source before this one, of the same track: its decoder knows other frames.
  if (decoding_ != &job) return;
  decoding_ = nullptr;
  // A pause has let the decoder go; what came of its last job is still seen.
  if (current_) decoder_ = std::move(job.decoder);
  decoded_ += job.decoded;
  dropped_ += job.frames.size() - job.decoded;
  host_.count(Counter::kFramesDecoded, job.decoded);
  if (job.picture) host_.count(Counter::kPixelsDecoded, job.decoded * job.picture->width() * job.picture->height());
  error_ = job.error;
  if (error_ != video::DecodeError::kNone) host_.count(Counter::kFramesUndecodable);
  if (job.picture) picture_ = std::move(job.picture);
  if (error_ != video::DecodeError::kNone && current_) lose_state(now);
  submit();
}

video::PictureRef VideoSource::picture(Timestamp now) const {
  // Who asks before it has resumed is about to show it again; and a publisher may take a while to send what nobody
  // wanted.
  const bool on =
      !track_.muted && (!current_ || now - std::max(track_.layers[current_->index].last_packet, resumed_at_) < kStale);
  const bool decodable = error_ == video::DecodeError::kNone || error_ == video::DecodeError::kNeedsKeyframe;
  return on && decodable ? picture_ : nullptr;
}

void VideoSource::add_stats(uint8_t layer, room::StatsEntry& entry) const {
  if (!current_ || current_->index != layer) return;
  entry.frames_received = received_;
  entry.frames_decoded = decoded_;
  entry.frames_dropped = dropped_ + current_->assembler.stats().frames_dropped;
  entry.decoder_error = std::string(video::to_string(error_));
}

}  // namespace tutti::routing
