#include "app/option_types.hpp"

#include <algorithm>

#include "tutti/base/ids.hpp"

namespace tutti::app {
namespace {

constexpr size_t kMaxSecretLength = 256;

// RFC 6750 §2.1, b64token: what may stand after "Bearer ".
bool is_bearer_token(std::string_view text) {
  const size_t end = std::min(text.find('='), text.size());
  const auto in_token = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~+/").find(c) != std::string_view::npos;
  };
  return end > 0 && text.size() <= kMaxSecretLength && std::all_of(text.begin(), text.begin() + end, in_token) &&
         std::all_of(text.begin() + end, text.end(), [](char c) { return c == '='; });
}

}  // namespace

Option make_option(std::string_view path, std::string meaning, std::string allowed) {
  const size_t dot = path.find('.');
  return {
      std::string(path.substr(0, dot)), std::string(path.substr(dot + 1)), std::move(meaning), std::move(allowed), {}};
}

std::string bad_value(const Scalar& value, std::string_view complaint, std::string_view allowed) {
  return (value.text.empty() ? "an empty value" : quoted(value.text, 80)) + " is " + std::string(complaint) + ": " +
         std::string(allowed);
}

Option endpoint(std::string_view path, HttpConfig Config::*section, Endpoint HttpConfig::*member, std::string meaning) {
  Option option =
      make_option(path, std::move(meaning), "an address and a port, such as \"127.0.0.1:8080\" or \"[::1]:8080\"");
  const auto set = [=, allowed = option.allowed](Config& config, const Scalar& value) -> Problem {
    const auto parsed = Endpoint::parse(value.text);
    if (!parsed) return bad_value(value, "no address with a port", allowed);
    if (parsed->ip.is_multicast()) return bad_value(value, "a multicast address", allowed);
    config.*section.*member = *parsed;
    return std::nullopt;
  };
  option.access = ScalarAccess{set, [=](const Config& config) { return quoted((config.*section.*member).str()); }};
  return option;
}

Option api_keys(std::string_view path, HttpConfig Config::*section, std::vector<ApiKey> HttpConfig::*member,
                std::string meaning) {
  Option option =
      make_option(path, std::move(meaning),
                  "entries {id: NAME, secret: TOKEN} (in the environment NAME:TOKEN), "
                  "the name of letters, digits, '_' and '-', the token of these and '.', '~', '+', '/', at most 256");
  ListAccess list;
  list.fields = {"id", "secret"};
  list.separator = ':';
  list.clear = [=](Config& config) { (config.*section.*member).clear(); };
  // No message repeats an item: the secret is in it.
  list.append = [=](Config& config, const std::string& item) -> Problem {
    std::vector<ApiKey>& keys = config.*section.*member;
    const size_t colon = item.find(':');
    if (colon == std::string::npos) return "no id and secret: expected {id: NAME, secret: TOKEN}";
    ApiKey key{item.substr(0, colon), item.substr(colon + 1)};
    if (!is_valid_id(key.id)) return "the id " + quoted(key.id, 80) + " is none: 1 to 64 letters, digits, '_' or '-'";
    if (!is_bearer_token(key.secret)) {
      return "the secret is empty, too long, or has other characters than a bearer token: 1 to 256 letters, digits, "
             "'-', '.', '_', '~', '+' or '/', with '=' at the end";
    }
    for (const ApiKey& other : keys) {
      if (other.id == key.id) return "the id " + quoted(key.id) + " is there twice";
      if (other.secret == key.secret) return "the secret is the same as that of " + quoted(other.id);
    }
    keys.push_back(std::move(key));
    return std::nullopt;
  };
  list.print = [=](const Config& config) {
    std::vector<std::string> items;
    for (const ApiKey& key : config.*section.*member)
      items.push_back("{id: " + quoted(key.id) + ", secret: \"<redacted>\"}");
    return items;
  };
  option.access = list;
  return option;
}

Option addresses(std::string_view path, MediaConfig Config::*section, std::vector<IpAddress> MediaConfig::*member,
                 std::string meaning) {
  Option option = make_option(path, std::move(meaning), "IPv4 and IPv6 addresses, at least one");
  ListAccess list;
  list.clear = [=](Config& config) { (config.*section.*member).clear(); };
  list.append = [=](Config& config, const std::string& item) -> Problem {
    const auto address = IpAddress::parse(item);
    if (!address) return bad_value({item, true}, "no address", "an IPv4 or IPv6 address without port or zone");
    if (address->is_multicast()) return bad_value({item, true}, "a multicast address", "an address of this machine");
    std::vector<IpAddress>& all = config.*section.*member;
    if (std::find(all.begin(), all.end(), *address) != all.end()) return quoted(item) + " is there twice";
    all.push_back(*address);
    return std::nullopt;
  };
  list.print = [=](const Config& config) {
    std::vector<std::string> items;
    for (const IpAddress& address : config.*section.*member) items.push_back(quoted(address.str()));
    return items;
  };
  option.access = list;
  return option;
}

Option advertised(std::string_view path, MediaConfig Config::*section,
                  std::vector<AdvertisedAddress> MediaConfig::*member, std::string meaning) {
  Option option = make_option(path, std::move(meaning), "entries ADDRESS or {local: ADDRESS, public: ADDRESS}");
  ListAccess list;
  list.fields = {"local", "public"};
  list.separator = '=';
  list.clear = [=](Config& config) { (config.*section.*member).clear(); };
  list.append = [=](Config& config, const std::string& item) -> Problem {
    const size_t equals = item.find('=');
    AdvertisedAddress entry;
    const std::string offered_text = equals == std::string::npos ? item : item.substr(equals + 1);
    const auto offered = IpAddress::parse(offered_text);
    if (!offered || offered->is_unspecified() || offered->is_multicast()) {
      return bad_value({offered_text, true}, "no address that can be offered",
                       "an IPv4 or IPv6 address without port or zone");
    }
    entry.offered = *offered;
    if (equals != std::string::npos) {
      const std::string local_text = item.substr(0, equals);
      entry.local = IpAddress::parse(local_text);
      if (!entry.local || entry.local->is_unspecified() || entry.local->is_multicast()) {
        return bad_value({local_text, true}, "no local address", "one IPv4 or IPv6 address of this machine");
      }
      if (entry.local->is_v4() != entry.offered.is_v4())
        return "one of the two is IPv4, the other IPv6: both must be the same";
    }
    std::vector<AdvertisedAddress>& all = config.*section.*member;
    for (const AdvertisedAddress& other : all) {
      if (other == entry) return quoted(item) + " is there twice";
      if (other.local && other.local == entry.local)
        return quoted(entry.local->str()) + " already has another public address";
    }
    all.push_back(entry);
    return std::nullopt;
  };
  list.print = [=](const Config& config) {
    std::vector<std::string> items;
    for (const AdvertisedAddress& a : config.*section.*member) {
      const std::string offered = quoted(a.offered.str());
      items.push_back(a.local ? "{local: " + quoted(a.local->str()) + ", public: " + offered + "}" : offered);
    }
    return items;
  };
  option.access = list;
  return option;
}

}  // namespace tutti::app
