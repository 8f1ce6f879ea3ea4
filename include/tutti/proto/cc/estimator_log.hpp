// EstimatorLog: what a BandwidthEstimator was told and what it answered, so that feedback recorded from a live call
// runs through the estimator again, offline (replay). JSON lines; src/proto/cc/README.md has the format. A ring of
// bounded size that keeps the newest; the owner of the estimator owns it too and hands it over with
// BandwidthEstimator::record_to. None by default: it costs nothing then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tutti/base/units.hpp"
#include "tutti/proto/cc/bandwidth_estimator.hpp"

namespace tutti::cc {

// Inputs, one type for each of the estimator's.
struct SentRecord {
  DataSize size;
};
// One packet of a feedback message; `last` on its last packet, when the estimator was called.
struct FeedbackRecord {
  PacketResult packet;
  bool last = false;
};
struct RoundTripRecord {
  TimeDelta sample;
};
struct ReceiverReportRecord {
  double fraction_lost = 0;
};
struct RembRecord {
  DataRate rate;
};
struct NeededRecord {
  DataRate needed;
};
struct DeadlineRecord {};
// Outputs.
struct EstimateRecord {
  Estimate estimate;
};
struct ProbeRecord {
  ProbeCluster cluster;
};

struct EstimatorRecord {
  Timestamp at;
  std::variant<SentRecord, FeedbackRecord, RoundTripRecord, ReceiverReportRecord, RembRecord, NeededRecord,
               DeadlineRecord, EstimateRecord, ProbeRecord>
      what;
};

class EstimatorLog {
 public:
  // `capacity`: records that are kept, 1 or more; a call of one video needs about 250 a second. All memory is asked for
  // here.
  explicit EstimatorLog(const EstimatorConfig& config, Timestamp start, size_t capacity);

  void add(Timestamp at, const auto& what) { add(EstimatorRecord{at, what}); }
  void add(const EstimatorRecord& record);

  const EstimatorConfig& config() const { return config_; }
  Timestamp start() const { return start_; }
  size_t size() const { return count_; }
  // Records that had to make room.
  uint64_t forgotten() const { return forgotten_; }
  // In order of time; 0 is the oldest.
  const EstimatorRecord& operator[](size_t i) const { return ring_[(first_ + i) % ring_.size()]; }

  std::string to_json_lines() const;
  // nullopt if a line is not of the format. Lines of a kind that it does not know are passed over.
  static std::optional<EstimatorLog> from_json_lines(std::string_view text);

 private:
  EstimatorConfig config_;
  Timestamp start_;
  std::vector<EstimatorRecord> ring_;
  size_t first_ = 0, count_ = 0;
  uint64_t forgotten_ = 0;
};

struct TimedEstimate {
  Timestamp at;
  Estimate estimate;
};
// What an estimator says to the inputs of the log, at each change. The outputs of the log are not looked at. Of a log
// that has forgotten its beginning the first seconds differ: the estimator starts anew there.
std::vector<TimedEstimate> replay(const EstimatorLog& log);

}  // namespace tutti::cc
