#include "proto/cc/probe_rate_estimator.hpp"

#include <algorithm>

namespace tutti::cc {

void ProbeRateEstimator::on_cluster(const ProbeCluster& cluster) {
  Cluster& c = clusters_[next_++ % clusters_.size()];
  c = {};
  c.id = cluster.id;
  c.min_packets = cluster.min_packets;
  c.min_size = cluster.rate * cluster.min_duration;
}

std::optional<ProbeResult> ProbeRateEstimator::on_packet(const PacketResult& packet) {
  const auto found =
      std::find_if(clusters_.begin(), clusters_.end(), [&](const Cluster& c) { return c.id == packet.probe; });
  if (packet.probe == 0 || found == clusters_.end() || !packet.arrived) return std::nullopt;
  Cluster& c = *found;
  if (c.packets == 0 || packet.sent < c.first_sent) c.first_sent = packet.sent;
  if (c.packets == 0 || packet.sent > c.last_sent) {
    c.last_sent = packet.sent;
    c.last_sent_size = packet.size;
  }
  if (c.packets == 0 || *packet.arrived < c.first_arrived) {
    c.first_arrived = *packet.arrived;
    c.first_arrived_size = packet.size;
  }
  if (c.packets == 0 || *packet.arrived > c.last_arrived) c.last_arrived = *packet.arrived;
  ++c.packets;
  c.size += packet.size;

  const bool enough = static_cast<double>(c.packets) >= kMinReceived * static_cast<double>(c.min_packets) &&
                      static_cast<double>(c.size.bytes()) >= kMinReceived * static_cast<double>(c.min_size.bytes());
  const TimeDelta sending = c.last_sent - c.first_sent;
  const TimeDelta arriving = c.last_arrived - c.first_arrived;
  const auto valid = [](TimeDelta t) { return t > TimeDelta::zero() && t <= kMaxInterval; };
  if (!enough || !valid(sending) || !valid(arriving)) return std::nullopt;

  // Neither interval holds the packet at its one end: see RobustThroughput::rates.
  const DataRate sent = (c.size - c.last_sent_size) / sending;
  const DataRate came = (c.size - c.first_arrived_size) / arriving;
  if (came > sent * kMaxRatio) return std::nullopt;
  // Below what was sent it is the capacity itself: a little less leaves room for the queue to drain.
  return ProbeResult{c.id, came < sent * kUnsaturated ? came * kUtilisation : std::min(sent, came)};
}

}  // namespace tutti::cc
