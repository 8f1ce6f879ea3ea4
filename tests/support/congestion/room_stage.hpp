// RoomStage: a room with one publisher of several cameras, and a subscriber for each flow of a case: the sender is the
// forwarding server, whole. What a subscriber shows is a ladder of many small steps (five cameras of three layers of
// three frame rates), so that how well a link is used depends on the estimate more than on the size of a step.
#pragma once

#include <memory>
#include <optional>

#include "support/congestion/case_runner.hpp"
#include "support/congestion/layered_publisher.hpp"
#include "support/congestion/room_subscriber.hpp"
#include "support/world.hpp"

namespace tutti::test {

class RoomStage final : public Stage {
 public:
  struct Options {
    uint64_t seed = 1;
    LayeredPublisher::Options publisher = {
        12, {DataRate::kbps(40), DataRate::kbps(120), DataRate::kbps(360)}, 1, 0, false};
  };
  explicit RoomStage(Options options);

  Timestamp now() const override { return world_.now(); }
  void run_until(Timestamp end) override { world_.run_until(end); }
  void attach(Actor& actor) override { world_.attach(actor); }
  std::unique_ptr<Flow> make_flow(const CongestionCase::MediaFlow& what, size_t index, NetworkPath& there,
                                  NetworkPath& back) override;

  World& world() { return world_; }
  LayeredPublisher& publisher() { return *publisher_; }
  // A slot for each of the publisher's tracks.
  std::unique_ptr<RoomSubscriber> make_subscriber(size_t index, NetworkPath& down, NetworkPath& up);

 private:
  Options options_;
  World world_;
  std::unique_ptr<LayeredPublisher> publisher_;
};

// The whole room.
CongestionResult run_rooms(const CongestionCase& what);

}  // namespace tutti::test
