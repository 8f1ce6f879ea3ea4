// Which codecs there are. Another one, G.729 for example, is a file of its own and a line in each of these.
#include "media/audio/opus.hpp"
#include "media/audio/telephony.hpp"
#include "tutti/media/audio/decoder.hpp"
#include "tutti/media/audio/encoder.hpp"

namespace tutti::audio {

std::unique_ptr<AudioDecoder> make_audio_decoder(Codec codec, uint8_t channels) {
  switch (codec) {
    case Codec::kOpus:
      return make_opus_decoder(channels);
    case Codec::kPcmu:
    case Codec::kPcma:
      return make_g711_decoder(codec);
    case Codec::kG722:
      return make_g722_decoder();
    case Codec::kVp8:
    case Codec::kVp9:
    case Codec::kH264:
    case Codec::kAv1:
      return nullptr;
  }
  return nullptr;
}

std::unique_ptr<AudioEncoder> make_audio_encoder(const AudioEncoderSettings& settings) {
  if (settings.frame != TimeDelta::millis(10) && settings.frame != TimeDelta::millis(20)) return nullptr;
  switch (settings.codec) {
    case Codec::kOpus:
      return make_opus_encoder(settings);
    case Codec::kPcmu:
    case Codec::kPcma:
      return make_g711_encoder(settings);
    case Codec::kG722:
      return make_g722_encoder(settings);
    case Codec::kVp8:
    case Codec::kVp9:
    case Codec::kH264:
    case Codec::kAv1:
      return nullptr;
  }
  return nullptr;
}

}  // namespace tutti::audio
