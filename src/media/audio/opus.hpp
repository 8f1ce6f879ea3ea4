// Opus (RFC 6716, RFC 7587) behind the codec interfaces.
#pragma once

#include <memory>

#include "tutti/media/audio/decoder.hpp"
#include "tutti/media/audio/encoder.hpp"

namespace tutti::audio {

std::unique_ptr<AudioDecoder> make_opus_decoder(uint8_t channels);
std::unique_ptr<AudioEncoder> make_opus_encoder(const AudioEncoderSettings& settings);

}  // namespace tutti::audio
