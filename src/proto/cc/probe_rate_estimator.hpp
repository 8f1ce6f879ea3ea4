// ProbeRateEstimator: how fast the packets of a ProbeCluster went and came, and what that says of the path. libwebrtc
// probe_bitrate_estimator. Owned by a BandwidthEstimator.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "tutti/proto/cc/bandwidth_estimator.hpp"
#include "tutti/proto/cc/sent_packet_history.hpp"

namespace tutti::cc {

struct ProbeResult {
  uint8_t id = 0;  // of the cluster
  DataRate rate;
};

class ProbeRateEstimator {
 public:
  static constexpr double kMinReceived = 0.8;  // of the packets and of the bytes
  static constexpr double kMaxRatio = 2;  // came so much faster than they went: something on the path had held them
  static constexpr double kUnsaturated =
      0.9;  // came at this share of the rate that they were sent at: there is room for it
  static constexpr double kUtilisation = 0.95;  // of what came of a cluster that the path did not carry whole
  static constexpr TimeDelta kMaxInterval = TimeDelta::seconds(1);

  // The cluster is going to be sent.
  void on_cluster(const ProbeCluster& cluster);
  // A packet of a cluster that arrived. What the path carries, once enough of it have; again, and better, with each
  // that follows.
  std::optional<ProbeResult> on_packet(const PacketResult& packet);

 private:
  struct Cluster {
    uint8_t id = 0;
    size_t min_packets = 0, packets = 0;
    DataSize min_size, size;
    Timestamp first_sent, last_sent;
    Timestamp first_arrived, last_arrived;
    DataSize last_sent_size, first_arrived_size;
  };
  std::array<Cluster, 4> clusters_{};
  size_t next_ = 0;
};

}  // namespace tutti::cc
