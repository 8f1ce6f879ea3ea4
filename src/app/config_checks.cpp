#include "app/config_checks.hpp"

#include <algorithm>
#include <boost/asio/ssl/context.hpp>

#include "app/value_text.hpp"
#include "tutti/app/cost_model_file.hpp"

namespace tutti::app {
namespace {

void check_access(ConfigReader& reader) {
  const HttpConfig& http = reader.config().http;
  if (!reader.sound({"http.listen", "http.api_keys"}) || http.listen.ip.is_loopback() || !http.api_keys.empty()) return;
  reader.add_error("http.listen",
                   quoted(http.listen.str()) +
                       " is reached from other machines, and without http.api_keys anybody there could use "
                       "it: add a key, or listen on 127.0.0.1 or [::1]");
}

void check_tls_pair(ConfigReader& reader) {
  const HttpConfig& http = reader.config().http;
  if (!reader.sound({"http.tls_certificate", "http.tls_key"})) return;
  if (http.tls_certificate.empty() == http.tls_key.empty()) return;
  const bool key_missing = http.tls_key.empty();
  reader.add_error(key_missing ? "http.tls_certificate" : "http.tls_key",
                   std::string("set without ") + (key_missing ? "http.tls_key" : "http.tls_certificate") +
                       ": set both for HTTPS, or neither");
}

void check_media_addresses(ConfigReader& reader) {
  const MediaConfig& media = reader.config().media;
  if (!reader.sound({"media.listen"})) return;
  if (media.listen.empty()) {
    return reader.add_error("media.listen", "the list is empty: at least one address, such as \"0.0.0.0\"");
  }
  if (!reader.sound({"media.advertise"})) return;
  for (const AdvertisedAddress& entry : media.advertise) {
    const IpAddress& wanted = entry.local ? *entry.local : entry.offered;
    const bool bound = std::any_of(media.listen.begin(), media.listen.end(), [&](const IpAddress& listen) {
      return entry.local ? listen == wanted || (listen.is_unspecified() && listen.is_v4() == wanted.is_v4())
                         : listen.is_v4() == wanted.is_v4();
    });
    if (bound) continue;
    reader.add_error("media.advertise",
                     entry.local ? quoted(wanted.str()) + " is not among media.listen: add it there"
                                 : quoted(wanted.str()) + " is of an IP version that media.listen does not have");
  }
}

void check_rungs(ConfigReader& reader) {
  const std::vector<room::Rung>& rungs = reader.config().mixing.rungs;
  if (!reader.sound({"mixing.rungs"}) || !rungs.empty()) return;
  reader.add_error("mixing.rungs", "the list is empty: at least one rung, such as \"1280x720@30:1500kbps\"");
}

void check_bandwidth(ConfigReader& reader) {
  const BandwidthConfig& bandwidth = reader.config().bandwidth;
  if (!reader.sound({"bandwidth.start", "bandwidth.min", "bandwidth.max"})) return;
  if (bandwidth.min <= bandwidth.start && bandwidth.start <= bandwidth.max) return;
  reader.add_error("bandwidth.start", format_rate(bandwidth.start) + " is not between bandwidth.min, " + format_rate(bandwidth.min) +
                                          ", and bandwidth.max, " + format_rate(bandwidth.max));
}

}  // namespace

void check_combinations(ConfigReader& reader) {
  check_access(reader);
  check_tls_pair(reader);
  check_media_addresses(reader);
  check_rungs(reader);
  check_bandwidth(reader);
}

void check_tls_files(ConfigReader& reader) {
  const HttpConfig& http = reader.config().http;
  if (!reader.sound({"http.tls_certificate", "http.tls_key"}) || !http.tls()) return;
  boost::asio::ssl::context context(boost::asio::ssl::context::tls_server);
  boost::system::error_code error;
  context.use_certificate_chain_file(http.tls_certificate, error);
  if (error) {
    return reader.add_error("http.tls_certificate", "no certificate can be read from " + quoted(http.tls_certificate) +
                                                        " (" + error.message() + "): a PEM file");
  }
  context.use_private_key_file(http.tls_key, boost::asio::ssl::context::pem, error);
  if (error) {
    reader.add_error("http.tls_key", "no private key of that certificate can be read from " + quoted(http.tls_key) +
                                         " (" + error.message() + "): a PEM file");
  }
}

void check_cost_model(ConfigReader& reader) {
  if (!reader.sound({"admission.cost_model"})) return;
  const auto loaded = load_cost_model(reader.config().admission.cost_model);
  const auto* errors = std::get_if<ConfigErrors>(&loaded);
  if (errors == nullptr) return;
  reader.add_error("admission.cost_model", "no cost model can be read from it: " + errors->front().str());
}

}  // namespace tutti::app
