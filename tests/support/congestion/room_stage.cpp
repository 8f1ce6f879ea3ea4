#include "support/congestion/room_stage.hpp"

#include "support/congestion/estimator_flow.hpp"

namespace tutti::test {
namespace {

World::Options world_options(uint64_t seed) {
  World::Options options;
  options.seed = seed;
  return options;
}

LayeredPublisher::Options with_seed(LayeredPublisher::Options options, uint64_t seed) {
  options.seed = seed * 7919;
  return options;
}

}  // namespace

RoomStage::RoomStage(Options options)
    : options_(options),
      world_(world_options(options.seed)),
      publisher_(std::make_unique<LayeredPublisher>(world_, "publisher", with_seed(options.publisher, options.seed))) {
  // What each layer needs is known by the time that somebody comes.
  world_.run_for(TimeDelta::seconds(3));
}

// What goes backward is no affair of the room: a client that sends with an estimator of its own.
std::unique_ptr<Flow> RoomStage::make_flow(const CongestionCase::MediaFlow& what, size_t index, NetworkPath& there,
                                           NetworkPath& back) {
  if (!what.backward) return make_subscriber(index, there, back);
  auto flow = std::make_unique<EstimatorFlow>(there, back, world_.now(),
                                              EstimatorFlow::Options{.seed = options_.seed * 100 + index});
  world_.attach(*flow);
  return flow;
}

std::unique_ptr<RoomSubscriber> RoomStage::make_subscriber(size_t index, NetworkPath& down, NetworkPath& up) {
  std::vector<room::SubscriptionChange> wishes(options_.publisher.tracks);
  for (size_t i = 0; i < wishes.size(); ++i)
    wishes[i].track = room::TrackChoice{room::TrackChoice::Kind::kTrack,
                                        {ParticipantId("publisher"), LayeredPublisher::track_name(i)}};
  return std::make_unique<RoomSubscriber>(world_, "viewer" + std::to_string(index + 1), static_cast<uint32_t>(index),
                                          std::move(wishes), down, up);
}

CongestionResult run_rooms(const CongestionCase& what) {
  RoomStage stage({.seed = what.seed});
  return CaseRunner(what, stage).run();
}

}  // namespace tutti::test
