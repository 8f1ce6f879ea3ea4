// Config: everything an operator can set, as plain values with their defaults. Made once at start by load_config
// (config_loader.hpp), then passed by value to whoever needs a part. The schema table in src/app/schema.cpp says for
// each member its key, range and meaning; config/default.yaml is generated from that table and tested against these
// defaults.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tutti/base/endpoint.hpp"
#include "tutti/base/log.hpp"
#include "tutti/base/units.hpp"
#include "tutti/proto/srtp/session.hpp"
#include "tutti/room/mixing.hpp"

namespace tutti::app {

// `secret` is the bearer token; it never appears in a log, an error or --print-config.
struct ApiKey {
  std::string id;
  std::string secret;
  bool operator==(const ApiKey&) const = default;
};

struct HttpConfig {
  Endpoint listen{IpAddress::v4({127, 0, 0, 1}), 8080};
  std::vector<ApiKey> api_keys;
  std::string tls_certificate;  // PEM file; TLS is on when this and tls_key are set
  std::string tls_key;
  DataSize max_body = DataSize::bytes(1 << 20);
  uint32_t max_connections = 10'000;
  TimeDelta request_timeout = TimeDelta::seconds(30);

  bool tls() const { return !tls_certificate.empty(); }
  bool operator==(const HttpConfig&) const = default;
};

// A public address that is offered as a candidate: in place of `local` if that is set, else beside the local ones.
struct AdvertisedAddress {
  std::optional<IpAddress> local;
  IpAddress offered;
  bool operator==(const AdvertisedAddress&) const = default;
};

struct MediaConfig {
  std::vector<IpAddress> listen{IpAddress::v4({0, 0, 0, 0}), IpAddress::v6({})};
  uint16_t port_base = 40'000;  // worker i listens on port_base + i
  uint32_t workers = 0;         // 0: one for each core, 64 at most
  std::vector<AdvertisedAddress> advertise;
  bool allow_plain_rtp = false;
  TimeDelta consent_timeout = TimeDelta::seconds(30);
  srtp::BackendChoice srtp = srtp::BackendChoice::kAuto;
  DataSize receive_buffer = DataSize::bytes(4 << 20);
  DataSize send_buffer = DataSize::bytes(4 << 20);
  uint32_t stun_rate = 20;  // plain binding requests answered, per second and source address
  uint32_t unknown_source_rate =
      20;  // packets of unknown sources tried against keyed participants, per second and source
  TimeDelta fast_start = TimeDelta::seconds(2);  // zero: never
  uint32_t unverified_addresses = 16;  // addresses that are kept, per participant: those that passed a check

  bool operator==(const MediaConfig&) const = default;
};

struct LimitsConfig {
  uint32_t rooms = 10'000;
  uint32_t participants = 100;      // in each room
  uint32_t participants_total = 0;  // in all rooms; 0: no limit but the other ones
  uint32_t tracks = 16;             // published by each participant
  uint32_t slots = 64;              // received by each participant
  DataSize sdp = DataSize::bytes(64 << 10);

  bool operator==(const LimitsConfig&) const = default;
};

// The largest picture that is decoded, lying or standing.
struct PictureSize {
  uint32_t width = 0, height = 0;
  bool operator==(const PictureSize&) const = default;
};

struct MixingConfig {
  uint32_t max_members = 500;  // of each worker, as the next two
  uint32_t max_video_encoders = 16;
  uint32_t max_video_decoders = 100;
  uint32_t max_speakers = 4;  // mixed at once
  TimeDelta audio_frame = TimeDelta::millis(20);
  DataRate audio_bitrate = DataRate::kbps(32);  // of a mono Opus mix; stereo has twice that
  uint8_t audio_complexity = 5;
  std::vector<room::Rung> rungs = {
      {1280, 720, 30, DataRate::kbps(1500)}, {640, 360, 30, DataRate::kbps(500)}, {320, 180, 15, DataRate::kbps(150)}};
  PictureSize max_picture{4096, 2304};
  uint32_t codec_threads = 0;  // of all workers; 0: one for each core, 64 at most

  bool operator==(const MixingConfig&) const = default;
};

// Of the estimate of what the path to a participant carries.
struct BandwidthConfig {
  DataRate start = DataRate::kbps(600);
  DataRate min = DataRate::kbps(30);
  DataRate max = DataRate::kbps(100'000);

  bool operator==(const BandwidthConfig&) const = default;
};

struct AdmissionConfig {
  double limit = 0.95;     // of the load of a worker and of the node; 0: everybody is let in
  std::string cost_model;  // a JSON file; empty: config/cost-model.json, compiled in

  bool operator==(const AdmissionConfig&) const = default;
};

struct LogConfig {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
  bool operator==(const LogConfig&) const = default;
};

struct ShutdownConfig {
  TimeDelta timeout = TimeDelta::seconds(5);
  bool operator==(const ShutdownConfig&) const = default;
};

struct Config {
  HttpConfig http;
  MediaConfig media;
  LimitsConfig limits;
  BandwidthConfig bandwidth;
  MixingConfig mixing;
  AdmissionConfig admission;
  LogConfig log;
  ShutdownConfig shutdown;
  bool operator==(const Config&) const = default;
};

}  // namespace tutti::app
