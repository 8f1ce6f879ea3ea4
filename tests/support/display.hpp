// Display: one video slot as its receiver gets it: assembled, decoded, with the time of each frame, and whether
// numbers, timestamps and picture ids go on without a hole. Virtual time; packets in order and without loss.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tutti/base/seq_num.hpp"
#include "tutti/media/video/decoder.hpp"
#include "tutti/media/video/frame_assembler.hpp"
#include "tutti/wire/payload/vp8.hpp"
#include "tutti/wire/rtp/header.hpp"

namespace tutti::test {

class Display {
 public:
  struct Shown {
    Timestamp arrival;
    RtpTimestamp timestamp;
    bool keyframe = false;
    uint32_t width = 0, height = 0;
    size_t bytes = 0;
  };
  // Without `decodes` frames are assembled only.
  Display(Codec codec, bool decodes) : codec_(codec), assembler_(codec, {}) {
    if (decodes) decoder_ = video::make_video_decoder(codec, {});
  }

  void on_packet(Timestamp now, const rtp::Packet& packet) {
    const ExtSeqNum sequence = unwrapper_.unwrap(packet.sequence);
    if (ssrc_ && packet.ssrc != *ssrc_) fault("another SSRC");
    ssrc_ = packet.ssrc;
    const auto vp8 = codec_ == Codec::kVp8 ? payload::Vp8Descriptor::parse(packet.payload) : std::nullopt;
    if (last_sequence_) {
      if (sequence - *last_sequence_ != 1)
        fault("a hole in the numbering after " + std::to_string(last_sequence_->value()));
      const auto step = wrap_distance(last_timestamp_.value(), packet.timestamp.value());
      if (step < 0) fault("time steps back by " + std::to_string(-step));
      if (vp8 && last_picture_id_ && vp8->picture_id) {
        const int picture_step = (*vp8->picture_id - *last_picture_id_) & 0x7FFF;
        if (picture_step != (step == 0 ? 0 : 1)) fault("the picture id steps by " + std::to_string(picture_step));
      }
    }
    last_sequence_ = sequence;
    last_timestamp_ = packet.timestamp;
    if (vp8) last_picture_id_ = vp8->picture_id;
    std::vector<video::AssembledFrame> frames;
    assembler_.insert({sequence, packet.timestamp, now, packet.marker, packet.payload}, frames);
    for (const auto& frame : frames) take(now, frame);
  }
  // Called with each picture.
  std::function<void(Timestamp, const video::Picture&)> on_picture;
  bool needs_keyframe() const { return last_sequence_ && assembler_.needs_keyframe(); }

  // The last one; null before the first.
  const video::PictureRef& picture() const { return picture_; }
  const std::vector<Shown>& frames() const { return frames_; }
  const std::string& first_fault() const { return fault_; }

 private:
  void take(Timestamp now, const video::AssembledFrame& frame) {
    frames_.push_back({now, frame.timestamp, frame.keyframe, 0, 0, frame.bytes.size()});
    if (!decoder_) return;
    auto result = decoder_->decode(frame.bytes, now, video::Rotation::k0);
    if (result.error != video::DecodeError::kNone) fault("a frame is " + std::string(video::to_string(result.error)));
    if (!result.picture) return;
    picture_ = std::move(result.picture);
    frames_.back().width = picture_->width();
    frames_.back().height = picture_->height();
    if (on_picture) on_picture(now, *picture_);
  }
  void fault(std::string what) {
    if (fault_.empty()) fault_ = std::move(what);
  }

  Codec codec_;
  video::FrameAssembler assembler_;
  std::unique_ptr<video::VideoDecoder> decoder_;
  SeqNumUnwrapper unwrapper_;
  std::optional<Ssrc> ssrc_;
  std::optional<ExtSeqNum> last_sequence_;
  RtpTimestamp last_timestamp_;
  std::optional<uint16_t> last_picture_id_;
  video::PictureRef picture_;
  std::vector<Shown> frames_;
  std::string fault_;
};

}  // namespace tutti::test
