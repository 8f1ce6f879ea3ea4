// What a run measured, as values: one Step for each load, a Report for all of them with the facts of machine and build
// that make it comparable, or not. Written as JSON, as a table and as a page by report.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tutti::bench {

// Microseconds.
struct Spread {
  double p50 = 0, p99 = 0, p999 = 0, max = 0;
  uint64_t samples = 0;
};

struct JoinPhases {
  uint64_t joined = 0, failed = 0;
  double joins_per_s = 0;  // over the whole storm
  double due_per_s = 0;    // where that is what the load counts; else 0
  // REST: request to answer. ICE: first check to its reply. DTLS: ClientHello to keys. Media: joined to the first
  // packet.
  Spread rest, ice, dtls, first_media, all;
};

struct Step {
  uint32_t load = 0;
  double seconds = 0;
  uint64_t participants = 0, streams_in = 0, streams_out = 0;
  double packets_in_per_s = 0, packets_out_per_s = 0, mbit_out_per_s = 0;  // received by the generator
  double loss = 0;          // share of what should have come: by sequence numbers, and streams that nothing came of
  uint64_t unreadable = 0;  // of the sample that was decrypted, those that failed or held wrong bytes
  uint64_t decrypted = 0;
  double cpu_cores = 0;  // of the server: cores used
  double cpu_us_per_packet_out = 0;
  double streams_out_per_core = 0, packets_out_per_core = 0;  // for each core used; packets in a second of it
  double user_share = 0;                                      // of cpu_cores, 0..1
  double codec_cores = 0;
  Spread latency;  // added by the server: packet sent (before encryption) to the kernel's time of arrival
  uint64_t late_mixes = 0, mixes = 0;  // mixed packets 20 ms or more behind their stream's own schedule
  Spread mix_lateness;
  double mixes_due = 0, mixes_arrived = 0;      // in the slots of those who were there at the end: one each 20 ms
  double mix_frames_skipped = 0;                // composed pictures that the server left out, by its own counter
  double rss_kib = 0, kib_per_participant = 0;  // the growth since before they joined, shared out
  uint64_t retransmitted = 0, nacks = 0, keyframes = 0;
  std::optional<JoinPhases> joins;
  // The generator itself.
  double generator_cores = 0;
  double send_late_p99_us = 0, send_late_max_us = 0;
  uint64_t socket_drops = 0;
  uint64_t refused_sends = 0;  // nobody listened at the server's port
  std::string invalid;         // why this step says nothing about the server; empty: it does
  std::vector<std::pair<std::string, double>> server_counters;  // differences over the step

  // For the cost model: what the server had to do.
  double audio_mixes = 0, decoded_mpix_per_s = 0, composed_mpix_per_s = 0, encoded_mpix_per_s = 0;
  uint64_t tracks = 0, rooms = 0;
};

// When a load holds.
struct Limits {
  double loss = 0.001;
  double latency_p99_us = 20'000;
  uint64_t late_mixes = 0;
  double mixes = 0.999;  // share of those that are due
  double joins = 0.98;   // likewise
};

struct Facts {
  std::string date, command, machine, cpu, kernel, compiler, commit;
  uint32_t cores = 0;
  std::string server, pinning;
  std::string mitigations, governor;
};

struct Report {
  static constexpr int kSchema = 1;
  Facts facts;
  std::string scenario, about;
  std::string scaled;  // what the load counts: "viewers in each room"
  std::string suite;   // of keyed participants; empty if they have several
  std::vector<Step> steps;
  std::optional<uint32_t> knee;  // the highest load that holds
  std::string remark;            // what the reader should know of the knee
  Limits limits;
};

}  // namespace tutti::bench
