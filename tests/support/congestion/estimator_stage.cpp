#include "support/congestion/case_runner.hpp"
#include "support/congestion/estimator_flow.hpp"

namespace tutti::test {
namespace {

class EstimatorStage final : public Stage {
 public:
  explicit EstimatorStage(uint64_t seed) : seed_(seed) {}

  Timestamp now() const override { return loop_.now(); }
  void run_until(Timestamp end) override { loop_.run_until(end); }
  void attach(Actor& actor) override { loop_.attach(actor); }
  std::unique_ptr<Flow> make_flow(const CongestionCase::MediaFlow&, size_t index, NetworkPath& there,
                                  NetworkPath& back) override {
    auto flow =
        std::make_unique<EstimatorFlow>(there, back, loop_.now(), EstimatorFlow::Options{.seed = seed_ * 100 + index});
    loop_.attach(*flow);
    return flow;
  }

 private:
  uint64_t seed_;
  EventLoop loop_;
};

}  // namespace

CongestionResult run_estimators(const CongestionCase& what) {
  EstimatorStage stage(what.seed);
  return CaseRunner(what, stage).run();
}

}  // namespace tutti::test
