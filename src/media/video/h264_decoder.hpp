// H.264 by openh264, in constrained baseline, main and high profile at 8 bits and 4:2:0, without fields. Parameter sets
// are read before openh264 sees them, and it is given slices and parameter sets only: no layered coding, no SEI. One
// object travels with its jobs; it has no thread of its own.
#pragma once

#include <memory>
#include <vector>

#include "tutti/media/video/decoder.hpp"

class ISVCDecoder;

namespace tutti::video {

class H264Decoder final : public VideoDecoder {
 public:
  explicit H264Decoder(const PictureLimits& limits) : limits_(limits) {}

  Codec codec() const override { return Codec::kH264; }
  Result decode(std::span<const uint8_t> access_unit, Timestamp captured, Rotation rotation) override;

 private:
  struct Inspection {
    DecodeError error = DecodeError::kNone;
    bool has_idr = false;
    bool has_slices = false;
    bool has_sps = false;
    bool has_b_slices = false;
  };
  // Fills filtered_ and parameter_sets_.
  Inspection inspect(std::span<const uint8_t> access_unit);
  DecodeError check_parameter_set(std::span<const uint8_t> nal) const;
  Result decode_input(Timestamp captured, Rotation rotation);
  void keep_parameter_sets(bool replace);
  bool open();

  struct Closer {
    void operator()(ISVCDecoder* decoder) const;
  };
  const PictureLimits limits_;
  // There from an IDR to the next error: a decoder that has seen an error is not used again.
  std::unique_ptr<ISVCDecoder, Closer> decoder_;
  bool has_b_slices_ = false;  // since the decoder was opened: they will come again
  // All in Annex B. Of this access unit, what the library is to see, and the parameter sets among it.
  std::vector<uint8_t> filtered_, parameter_sets_;
  std::vector<uint8_t> announced_;  // parameter sets that came without a picture
  std::vector<uint8_t> known_;      // parameter sets that have served
  std::vector<uint8_t> input_;
};

}  // namespace tutti::video
