#include "routing/mcu/video_job.hpp"

namespace tutti::routing {

void DecodeJob::run() {
  if (!decoder || decoder->codec() != codec) decoder = video::make_video_decoder(codec, limits);
  for (Frame& frame : frames) {
    auto result = decoder->decode(frame.bytes, frame.captured, frame.rotation);
    error = result.error;
    if (!result.picture) continue;
    picture = std::move(result.picture);
    ++decoded;
  }
}

void ComposeJob::run() {
  if (!compositor) compositor = std::make_unique<video::Compositor>();
  picture = compositor->compose(content);
}

void EncodeJob::run() {
  if (!encoder) encoder = video::make_video_encoder(settings);
  if (!encoder) return;
  const video::PictureRef scaled = video::scale(picture, settings.width, settings.height);
  frame = encoder->encode(*scaled, time, keyframe);
}

}  // namespace tutti::routing
