// AV1 by dav1d: main profile at 8 bits and 4:2:0. Sequence headers are read before the decoder sees them; dav1d itself
// refuses larger frames. One object travels with its jobs; it has no thread of its own.
#pragma once

#include <memory>

#include "tutti/media/video/decoder.hpp"

struct Dav1dContext;

namespace tutti::video {

class Av1Decoder final : public VideoDecoder {
 public:
  explicit Av1Decoder(const PictureLimits& limits) : limits_(limits) {}

  Codec codec() const override { return Codec::kAv1; }
  Result decode(std::span<const uint8_t> temporal_unit, Timestamp captured, Rotation rotation) override;

 private:
  struct Inspection {
    DecodeError error = DecodeError::kNone;
    bool has_sequence = false;
  };
  Inspection inspect(std::span<const uint8_t> temporal_unit) const;
  DecodeError check_sequence_header(std::span<const uint8_t> obu) const;
  Result decode_inspected(std::span<const uint8_t> temporal_unit, Timestamp captured, Rotation rotation);
  bool open();

  struct Closer {
    void operator()(Dav1dContext* decoder) const;
  };
  const PictureLimits limits_;
  // There from a sequence header to the next error: a context that has seen an error is not used again.
  std::unique_ptr<Dav1dContext, Closer> decoder_;
};

}  // namespace tutti::video
