// The codecs of telephones behind the codec interfaces: G.711 (RFC 3551 §4.5.14) and G.722 (§4.5.2), which have neither redundancy nor
// silence of their own. Coding is spandsp's.
#pragma once

#include <memory>

#include "tutti/media/audio/decoder.hpp"
#include "tutti/media/audio/encoder.hpp"

namespace tutti::audio {

std::unique_ptr<AudioDecoder> make_g711_decoder(Codec law);
std::unique_ptr<AudioEncoder> make_g711_encoder(const AudioEncoderSettings& settings);
std::unique_ptr<AudioDecoder> make_g722_decoder();
std::unique_ptr<AudioEncoder> make_g722_encoder(const AudioEncoderSettings& settings);

}  // namespace tutti::audio
