// A published audio track as the mixer takes it up.
#include "routing/mcu/audio_source.hpp"

#include <catch2/catch.hpp>

namespace tutti::routing {
namespace {

constexpr TimeDelta kFrame = TimeDelta::millis(20);

uint8_t channels_decoded(const std::string& fmtp) {
  peer::PublishSpec spec;
  spec.name = "mic";
  spec.codec.clock_rate_hz = 48'000;
  spec.codec.channels = 2;
  spec.codec.fmtp = fmtp;
  spec.layers.push_back({{}, Ssrc(1), std::nullopt});
  room::Track track(1, {ParticipantId("ada"), "mic"}, nullptr, 0, spec);
  return AudioSource::make(track, kFrame)->channels();
}

}  // namespace

// RFC 7587 §6.1.
TEST_CASE("Opus is decoded in stereo only from a sender that says it may send stereo", "[routing][mcu]") {
  CHECK(channels_decoded("") == 1);
  CHECK(channels_decoded("minptime=10;useinbandfec=1") == 1);
  CHECK(channels_decoded("minptime=10; sprop-stereo=1;useinbandfec=1") == 2);
  CHECK(channels_decoded("sprop-stereo=0") == 1);
  CHECK(channels_decoded("sprop-stereo=10") == 1);
  // What it would like to get.
  CHECK(channels_decoded("stereo=1") == 1);
}

}  // namespace tutti::routing
