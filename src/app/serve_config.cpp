#include "app/serve_config.hpp"

#include <algorithm>

#include "app/version.hpp"

namespace tutti::app {

api::ServerConfig to_server_config(const Config& config) {
  api::ServerConfig out;
  out.listen = {config.http.listen};
  for (const ApiKey& key : config.http.api_keys) out.api_keys.push_back({key.id, key.secret});
  out.tls_certificate = config.http.tls_certificate;
  out.tls_key = config.http.tls_key;
  out.max_connections = config.http.max_connections;
  out.max_body = config.http.max_body;
  out.max_sdp = config.limits.sdp;
  out.request_timeout = config.http.request_timeout;
  out.room_defaults.limits = {config.limits.participants, config.limits.tracks, config.limits.slots};
  out.version = version();
  return out;
}

namespace {

room::MixingSettings to_mixing_settings(const MixingConfig& mixing) {
  room::MixingSettings out;
  out.max_members = mixing.max_members;
  out.max_video_encoders = mixing.max_video_encoders;
  out.max_video_decoders = mixing.max_video_decoders;
  out.max_speakers = mixing.max_speakers;
  out.audio_frame = mixing.audio_frame;
  out.audio_bitrate = mixing.audio_bitrate;
  out.audio_complexity = mixing.audio_complexity;
  out.rungs = mixing.rungs;
  const PictureSize& most = mixing.max_picture;
  const uint32_t longer_side = std::max(most.width, most.height);
  out.pictures = {longer_side, longer_side, most.width * most.height};
  return out;
}

}  // namespace

io::EngineConfig to_engine_config(const Config& config, unsigned cores, io::CostModel cost_model) {
  io::EngineConfig out;
  out.listen = config.media.listen;
  out.port_base = config.media.port_base;
  out.workers = config.media.workers != 0 ? config.media.workers : std::clamp(cores, 1u, 64u);
  for (const AdvertisedAddress& a : config.media.advertise) out.advertise.push_back({a.local, a.offered});
  out.buffers = {static_cast<size_t>(config.media.receive_buffer.bytes()), static_cast<size_t>(config.media.send_buffer.bytes())};
  out.srtp = config.media.srtp;
  out.rooms.consent_timeout = config.media.consent_timeout;
  out.rooms.stun.per_source = {config.media.stun_rate, config.media.stun_rate * 2};
  out.rooms.allow_plain_rtp = config.media.allow_plain_rtp;
  out.rooms.max_rooms = config.limits.rooms;
  out.rooms.max_sdp_bytes = static_cast<size_t>(config.limits.sdp.bytes());
  out.rooms.max_paths = config.media.unverified_addresses;
  out.rooms.unknown_source_rate = config.media.unknown_source_rate;
  out.rooms.fast_start = config.media.fast_start;
  out.rooms.bandwidth = {config.bandwidth.start, config.bandwidth.min, config.bandwidth.max};
  out.rooms.mixing = to_mixing_settings(config.mixing);
  out.codec_threads = config.mixing.codec_threads != 0 ? config.mixing.codec_threads : std::clamp(cores, 1u, 64u);
  out.max_participants = config.limits.participants_total;
  out.admission.limit = config.admission.limit;
  out.cost_model = std::move(cost_model);
  return out;
}

}  // namespace tutti::app
