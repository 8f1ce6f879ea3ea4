// tuttid: reads its configuration, wires the modules together, serves until it is told to stop.
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "app/serve_config.hpp"
#include "app/version.hpp"
#include "tutti/api/server.hpp"
#include "tutti/app/cost_model_file.hpp"
#include "tutti/app/options.hpp"
#include "tutti/base/log.hpp"
#include "tutti/io/engine.hpp"
#include "tutti/proto/dtls/certificate.hpp"
#include "tutti/proto/dtls/context.hpp"
#include "tutti/proto/srtp/session.hpp"
#include "tutti/routing/hybrid_router.hpp"
#include "tutti/routing/mcu_router.hpp"
#include "tutti/routing/sfu_router.hpp"

namespace tutti::app {
namespace {

api::LoadReport to_report(const io::LoadFigures& load) { return {load.load(), load.measured, load.expected, load.reserved}; }

// The engine as the REST interface sees it.
class EngineBackend final : public api::Backend {
 public:
  void attach(io::Engine& engine) { engine_ = &engine; }
  void begin_shutdown() { serving_ = false; }

  void execute(room::Command command, std::function<void(Result<room::Reply>)> done) override {
    engine_->execute(std::move(command), std::move(done));
  }
  void read_metrics(std::function<void(api::MetricsReport)> done) override {
    engine_->read_figures([this, done = std::move(done)](const std::vector<io::WorkerFigures>& figures) {
      api::MetricsReport report;
      report.codec_jobs_waiting = engine_->codec_jobs_waiting();
      const io::NodeFigures node = engine_->node_figures();
      report.load = to_report(node.load);
      report.codec_load = node.codecs;
      report.capacity_cores = node.capacity_cores;
      report.load_limit = node.limit;
      report.joins_refused = node.refused;
      for (const io::WorkerFigures& f : figures)
        report.workers.push_back({f.index, f.counters, f.rooms, f.participants, f.tracks, f.slots, f.mixing.members, f.mixing.video_encoders, f.mixing.video_decoders, f.packets_in_use, f.packets_capacity, to_report(node.workers[f.index])});
      done(std::move(report));
    });
  }
  bool ready() const override { return serving_ && engine_->healthy(); }
  bool healthy() const override { return engine_->healthy(); }

 private:
  io::Engine* engine_ = nullptr;
  bool serving_ = true;
};

int serve(const Config& config) {
  configure_log(config.log.level, config.log.format);
  SecureRandom random;
  srtp::Library srtp_library;
  const int64_t unix_seconds = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  const auto certificate = dtls::Certificate::self_signed(random, unix_seconds);
  const dtls::Context dtls_context(certificate);

  auto cost_model = load_cost_model(config.admission.cost_model);
  if (const auto* errors = std::get_if<ConfigErrors>(&cost_model)) {
    log(LogLevel::kError, "cannot start", {{"reason", errors->front().str()}});
    return 1;
  }

  boost::asio::io_context control{1};
  EngineBackend backend;
  api::Server server(control, to_server_config(config), backend, random);
  room::RouterTable routers;
  routers.sfu = &routing::make_sfu_router;
  routers.mcu = &routing::make_mcu_router;
  routers.hybrid = &routing::make_hybrid_router;
  io::Engine engine(control, to_engine_config(config, std::thread::hardware_concurrency(), std::get<io::CostModel>(std::move(cost_model))), routers, dtls_context, certificate.fingerprint_sha256(),
                    [&](const room::Event& event) { server.publish(event); });
  backend.attach(engine);

  auto failed = [](const Error& error) {
    log(LogLevel::kError, "cannot start", {{"reason", error.detail}});
    return 1;
  };
  if (auto started = engine.start(); !started) return failed(started.error());
  if (auto started = server.start(); !started) return failed(started.error());
  for (const Endpoint& endpoint : server.local_endpoints())
    log(LogLevel::kInfo, "serving", {{"version", version()}, {"page", (config.http.tls() ? "https://" : "http://") + endpoint.str() + "/"}});

  boost::asio::signal_set signals(control, SIGTERM, SIGINT);
  boost::asio::steady_timer grace(control), deadline(control);
  bool stopping = false;
  std::function<void()> wait_for_signal = [&] {
    signals.async_wait([&](const boost::system::error_code& error, int) {
      if (error) return;
      // The second one means now.
      if (stopping) std::_Exit(0);
      stopping = true;
      log(LogLevel::kInfo, "shutting down");
      backend.begin_shutdown();
      server.begin_shutdown();
      deadline.expires_after(std::chrono::microseconds(config.shutdown.timeout.us()));
      deadline.async_wait([&](const boost::system::error_code& cancelled) {
        if (cancelled) return;
        log(LogLevel::kWarn, "not everybody was told in time", {{"shutdown.timeout", std::to_string(config.shutdown.timeout.ms()) + " ms"}});
        std::_Exit(0);
      });
      // A moment for event streams and refusals to be written; the media threads say goodbye after it.
      grace.expires_after(std::chrono::milliseconds(200));
      grace.async_wait([&](const boost::system::error_code& cancelled) {
        if (cancelled) return;
        engine.begin_stop([&] {
          server.stop();
          control.stop();
        });
      });
      wait_for_signal();
    });
  };
  wait_for_signal();
  control.run();
  log(LogLevel::kInfo, "stopped");
  return 0;
}

}  // namespace
}  // namespace tutti::app

int main(int argc, char** argv) {
  try {
    const auto env = [](const std::string& name) -> std::optional<std::string> {
      const char* value = std::getenv(name.c_str());
      return value ? std::optional<std::string>(value) : std::nullopt;
    };
    auto loaded = tutti::app::load(argc, argv, env, std::cout, std::cerr);
    if (const int* status = std::get_if<int>(&loaded)) return *status;
    return tutti::app::serve(std::get<tutti::app::Config>(loaded));
  } catch (const std::exception& e) {
    std::cerr << "tuttid: " << e.what() << '\n';
    return 1;
  }
}
