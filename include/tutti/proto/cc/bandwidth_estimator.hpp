// BandwidthEstimator: how much the path to one subscriber carries, from what its feedback says of the packets sent:
// GoogCC (draft-ietf-rmcat-gcc-02 and libwebrtc after it; src/proto/cc/README.md says which revision, and where not).
// It also says when to probe, and how fast. Owned by a Peer; sans-IO: each input brings the time, `handle_deadline` is
// called at next_deadline().
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "tutti/base/units.hpp"
#include "tutti/proto/cc/estimate.hpp"
#include "tutti/proto/cc/sent_packet_history.hpp"

namespace tutti::cc {

class EstimatorLog;

struct EstimatorConfig {
  DataRate start = DataRate::kbps(600);
  DataRate min = DataRate::kbps(30);
  DataRate max = DataRate::kbps(100'000);
};

// Packets to send at once at this rate, each numbered with the cluster's id (SentPacketHistory::on_sent), to see
// whether they arrive as fast. The sender fills with retransmissions and padding what media does not.
struct ProbeCluster {
  uint8_t id = 0;  // never 0
  DataRate rate;
  size_t min_packets = 5;
  TimeDelta min_duration = TimeDelta::millis(15);
};

class BandwidthEstimator {
 public:
  BandwidthEstimator(const EstimatorConfig& config, Timestamp now);
  ~BandwidthEstimator();

  // Any packet of the transport that feedback covers, as it leaves.
  void on_sent(Timestamp now, DataSize size);
  // What transport-wide or RFC 8888 feedback told, each packet once, in the order of sending.
  void on_feedback(Timestamp now, std::span<const PacketResult> packets);
  void on_round_trip(Timestamp now, TimeDelta sample);
  // From a receiver that offers nothing better: the share of packets lost since the last report, 0 to 1; and its own
  // estimate.
  void on_receiver_report(Timestamp now, double fraction_lost);
  void on_remb(Timestamp now, DataRate rate);
  // What could be made use of, were there room for it: probing goes no further than a little above. Zero, as at first:
  // there are no probes.
  void set_needed(Timestamp now, DataRate needed);

  // The next probe to send; nothing most of the time. Ask again when the last one has left.
  std::optional<ProbeCluster> take_probe(Timestamp now);
  Timestamp next_deadline() const;
  void handle_deadline(Timestamp now);
  const Estimate& estimate() const;
  // Everything told to it and answered by it goes into `log` too, from now on; nullptr ends it. The log must outlive
  // that.
  void record_to(EstimatorLog* log);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tutti::cc
