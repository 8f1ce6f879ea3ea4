#include "app/schema.hpp"

#include "app/option_types.hpp"

namespace tutti::app {

std::string Option::env() const {
  std::string name = "TUTTI_" + section + "_" + key;
  for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return name;
}

std::vector<Section> schema_sections() {
  return {
      {"http", "The REST interface, its events, the page, health and metrics."},
      {"media", "RTP, ICE and DTLS over UDP. Each worker has one thread, one port and the rooms that it owns."},
      {"limits",
       "What one daemon lets in. A request beyond a limit gets 403 with type limit-..., and changes nothing."},
      {"bandwidth",
       "What a participant is sent at most, as its feedback tells of the path to it. Who sends no feedback is sent what it asks for."},
      {"mixing",
       "Rooms of mode mcu and hybrid. Limits are those of each worker; who would need a member or an encoder more gets "
       "503 with type mixing-overloaded, and those already in keep what they have."},
      {"admission",
       "When nobody new is let in, so that those who are in keep what they have. A load is the share of a worker's core, or of the node's "
       "cores, that is used or that the cost model expects to be used (/metrics: tutti_load, docs/sizing.md)."},
      {"log", "One line for each change of state, on standard error."},
      {"shutdown", "What SIGTERM does: nobody new comes in, participants get a BYE, then the daemon ends."},
  };
}

std::vector<Option> schema() {
  constexpr auto http = &Config::http;
  constexpr auto media = &Config::media;
  constexpr auto limits = &Config::limits;
  constexpr auto bandwidth = &Config::bandwidth;
  constexpr auto mixing = &Config::mixing;
  constexpr auto admission = &Config::admission;
  const auto s = [](int64_t v) { return TimeDelta::seconds(v); };
  const auto kib = [](int64_t v) { return DataSize::bytes(v << 10); };
  const auto mib = [](int64_t v) { return DataSize::bytes(v << 20); };

  return {
      endpoint("http.listen", http, &HttpConfig::listen,
               "Where HTTP listens. An address other than loopback needs api_keys. Port 0 lets the kernel choose."),
      api_keys("http.api_keys", http, &HttpConfig::api_keys,
               "Who may use /v1: \"Authorization: Bearer <secret>\". With no keys, everybody on this machine may."),
      text("http.tls_certificate", http, &HttpConfig::tls_certificate,
           "The certificate chain for HTTPS. Set it together with tls_key; with both empty, HTTP is plain.",
           "the name of a PEM file, or empty"),
      text("http.tls_key", http, &HttpConfig::tls_key, "The private key of tls_certificate.",
           "the name of a PEM file, or empty"),
      size("http.max_body", http, &HttpConfig::max_body, kib(1), mib(64), "The largest request body; beyond it: 413."),
      integer("http.max_connections", http, &HttpConfig::max_connections, 1, 1'000'000,
              "Connections at once, event streams included; a further one is closed."),
      duration("http.request_timeout", http, &HttpConfig::request_timeout, s(1), s(3600),
               "How long a client may take to send a request, or to read an answer."),

      addresses(
          "media.listen", media, &MediaConfig::listen,
          "Local addresses for media. \"0.0.0.0\" and \"::\" stand for all of the machine's IPv4 and IPv6 addresses."),
      integer("media.port_base", media, &MediaConfig::port_base, 1, 65535 - 63,
              "The first worker's UDP port; the others have the ports that follow."),
      integer("media.workers", media, &MediaConfig::workers, 0, 64, "Threads for media. 0 is one for each core."),
      advertised(
          "media.advertise", media, &MediaConfig::advertise,
          "Addresses to offer beyond those of this machine, for a daemon behind 1:1 NAT. An entry is an address that "
          "is offered too, or {local, public} (or \"local=public\"): the public one is offered in place of the local."),
      boolean("media.allow_plain_rtp", media, &MediaConfig::allow_plain_rtp,
              "Whether participants may use RTP without encryption (transport \"rtp\")."),
      duration("media.consent_timeout", media, &MediaConfig::consent_timeout, s(1), s(3600),
               "A browser is gone when its last authenticated ICE check is this long ago."),
      duration("media.fast_start", media, &MediaConfig::fast_start, s(0), s(2),
               "A viewer who comes new begins with the last keyframe and what followed it, if that is not older than "
               "this and not too much for its path; else the publisher is asked for a new one. 0s always asks."),
      choice<srtp::BackendChoice>("media.srtp", media, &MediaConfig::srtp,
                                  "What encrypts media. auto is ipsec-mb, many times faster, where the processor has AES "
                                  "instructions, else libsrtp2.",
                                  {{"auto", srtp::BackendChoice::kAuto},
                                   {"libsrtp2", srtp::BackendChoice::kLibsrtp2},
                                   {"ipsec-mb", srtp::BackendChoice::kIpsecMb}}),
      size("media.receive_buffer", media, &MediaConfig::receive_buffer, kib(64), mib(1024),
           "The kernel's receive buffer for each socket; net.core.rmem_max bounds it."),
      size("media.send_buffer", media, &MediaConfig::send_buffer, kib(64), mib(1024),
           "The kernel's send buffer for each socket; net.core.wmem_max bounds it."),
      integer("media.stun_rate", media, &MediaConfig::stun_rate, 0, 1'000'000,
              "Plain STUN binding requests that are answered per second and source address. 0 answers none."),
      integer(
          "media.unknown_source_rate", media, &MediaConfig::unknown_source_rate, 1, 1'000'000,
          "Packets of an unknown source that are tried against participants without a remote address, per second and "
          "source."),
      integer("media.unverified_addresses", media, &MediaConfig::unverified_addresses, 1, 1024,
              "Addresses from which a participant has passed a check that are kept; of unverified ones none is."),

      integer("limits.rooms", limits, &LimitsConfig::rooms, 1, 1'000'000, "Rooms at once."),
      integer("limits.participants", limits, &LimitsConfig::participants, 1, 10'000, "Participants in a room."),
      integer("limits.participants_total", limits, &LimitsConfig::participants_total, 0, 1'000'000,
              "Participants in all rooms together. 0 sets no such limit."),
      integer("limits.tracks", limits, &LimitsConfig::tracks, 1, 128, "Tracks that a participant publishes."),
      integer("limits.slots", limits, &LimitsConfig::slots, 0, 512, "Slots in which a participant receives."),
      size("limits.sdp", limits, &LimitsConfig::sdp, kib(4), mib(1), "The largest SDP offer."),

      rate("bandwidth.start", bandwidth, &BandwidthConfig::start, DataRate::kbps(10), DataRate::kbps(1'000'000),
           "What a path is taken to carry before anything is known of it."),
      rate("bandwidth.min", bandwidth, &BandwidthConfig::min, DataRate::kbps(10), DataRate::kbps(1'000'000),
           "What is sent even where less seems to arrive. Sound needs about 50kbps for each voice."),
      rate("bandwidth.max", bandwidth, &BandwidthConfig::max, DataRate::kbps(10), DataRate::kbps(1'000'000),
           "No participant is sent more."),

      integer("mixing.max_members", mixing, &MixingConfig::max_members, 0, 100'000,
              "Participants in rooms that mix. 0 allows no such room to be joined."),
      integer("mixing.max_video_encoders", mixing, &MixingConfig::max_video_encoders, 0, 1000,
              "Encoders of composed pictures: one for each layout, codec and rung that somebody watches."),
      integer("mixing.max_video_decoders", mixing, &MixingConfig::max_video_decoders, 0, 1000,
              "Decoders of what composed pictures show. Sources beyond it are shown as stills."),
      integer("mixing.max_speakers", mixing, &MixingConfig::max_speakers, 1, 16,
              "Voices that are mixed at once, the loudest ones. Each costs an encoder for each class of listener."),
      choice<TimeDelta>("mixing.audio_frame", mixing, &MixingConfig::audio_frame,
                        "The length of a packet of mixed audio. 10ms has less latency and costs more.",
                        {{"10ms", TimeDelta::millis(10)}, {"20ms", TimeDelta::millis(20)}}),
      rate("mixing.audio_bitrate", mixing, &MixingConfig::audio_bitrate, DataRate::kbps(8), DataRate::kbps(192),
           "Of mixed audio in Opus, mono. Stereo has twice that."),
      integer("mixing.audio_complexity", mixing, &MixingConfig::audio_complexity, 0, 10,
              "How hard the Opus encoder tries."),
      rungs("mixing.rungs", mixing, &MixingConfig::rungs,
            "The sizes in which a composed picture is encoded. A watcher gets the highest one that its max_height "
            "allows, "
            "else the lowest."),
      picture_size("mixing.max_picture", mixing, &MixingConfig::max_picture,
                   "The largest picture that is decoded, lying or standing. A source with a larger one is shown as a "
                   "still, and its statistics say why."),
      integer("mixing.codec_threads", mixing, &MixingConfig::codec_threads, 0, 64,
              "Threads that decode, compose and encode pictures, for all workers. 0 is one for each core."),

      fraction("admission.limit", admission, &AdmissionConfig::limit,
               "Beyond this load who wants to join gets 503 with type overloaded, until it is down at nine tenths of it. Those who take their "
               "own place again are let in. 0 sets no such limit."),
      text("admission.cost_model", admission, &AdmissionConfig::cost_model,
           "What packets, participants and pictures cost on this machine, as tutti-bench fit writes it. Empty is the model that the daemon "
           "was built with, config/cost-model.json.",
           "the name of a JSON file, or empty"),

      choice<LogLevel>("log.level", &Config::log, &LogConfig::level, "The least important lines that are written.",
                       {{"trace", LogLevel::kTrace},
                        {"debug", LogLevel::kDebug},
                        {"info", LogLevel::kInfo},
                        {"warn", LogLevel::kWarn},
                        {"error", LogLevel::kError},
                        {"off", LogLevel::kOff}}),
      choice<LogFormat>("log.format", &Config::log, &LogConfig::format, "How they are written.",
                        {{"text", LogFormat::kText}, {"json", LogFormat::kJson}}),

      duration("shutdown.timeout", &Config::shutdown, &ShutdownConfig::timeout, s(0), s(600),
               "The daemon ends at the latest this long after SIGTERM; at once after a second one."),
  };
}

}  // namespace tutti::app
