#include "tutti/wire/sdp/session.hpp"

#include <array>
#include <set>

#include "wire/sdp/attributes.hpp"
#include "wire/sdp/text.hpp"

namespace tutti::sdp {
namespace {

// RFC 8866 §5: the session level, then sections that each begin with m=. Only what decides something is held to the
// grammar's order: v= first, o= before the first section.
class Parser {
 public:
  explicit Parser(const Limits& limits) : limits_(limits) {}

  Result<Session> run(std::string_view text) {
    LineReader lines(text, limits_);
    while (auto line = lines.next()) {
      if (auto error = take_line(*line)) return *error;
    }
    if (lines.error()) return *lines.error();
    if (!version_seen_) return sdp_invalid("the description is empty; it must begin with 'v=0'");
    if (!origin_seen_) return sdp_invalid("there must be an o= line");
    return std::move(session_);
  }

 private:
  std::optional<Error> take_line(const Line& line) {
    if (!version_seen_ && line.type != 'v') return sdp_invalid(line.number, "the first line must be 'v=0'");
    switch (line.type) {
      case 'v':
        if (version_seen_ || line.value != "0") return sdp_invalid(line.number, "there must be one 'v=0'");
        version_seen_ = true;
        return std::nullopt;
      case 'o':
        return origin(line);
      case 's':
        session_.name = line.value;
        return std::nullopt;
      case 'c':
        return connection(line);
      case 'm':
        return media(line);
      case 'a':
        return attribute(line);
      default:
        return std::nullopt;
    }
  }

  // o=<username> <sess-id> <sess-version> <nettype> <addrtype> <unicast-address>
  std::optional<Error> origin(const Line& line) {
    constexpr std::string_view kForm = "o= must be '<username> <id> <version> IN IP4|IP6 <address>', once, before m=";
    std::string_view rest = line.value;
    Origin o;
    o.username = take(rest, ' ');
    o.session_id = take(rest, ' ');
    o.version = take(rest, ' ');
    const std::string_view network = take(rest, ' ');
    o.address_type = take(rest, ' ');
    o.address = rest;
    const bool words = is_word(o.username) && is_word(o.session_id) && is_word(o.version) && is_word(o.address);
    if (origin_seen_ || !session_.media.empty() || !words || !is_network(network, o.address_type)) {
      return sdp_invalid(line.number, kForm);
    }
    origin_seen_ = true;
    session_.origin = std::move(o);
    return std::nullopt;
  }

  std::optional<Error> connection(const Line& line) {
    std::string_view rest = line.value;
    const std::string_view network = take(rest, ' ');
    Connection c;
    c.address_type = take(rest, ' ');
    c.address = rest;
    if (!is_network(network, c.address_type) || !is_word(c.address)) {
      return sdp_invalid(line.number, "c= must be 'IN IP4|IP6 <address>'");
    }
    level().connection = std::move(c);
    return std::nullopt;
  }

  // m=<media> <port>[/<number of ports>] <proto> <fmt> ...
  std::optional<Error> media(const Line& line) {
    if (session_.media.size() == limits_.max_sections) {
      return sdp_invalid(line.number, "there may be at most " + std::to_string(limits_.max_sections) + " m-lines");
    }
    std::string_view rest = line.value;
    MediaSection m;
    m.media = take(rest, ' ');
    std::string_view ports = take(rest, ' ');
    const auto port = to_number<uint16_t>(take(ports, '/'), 65535);
    m.protocol = take(rest, ' ');
    while (!rest.empty()) {
      const std::string_view format = take(rest, ' ');
      if (format.empty()) continue;
      if (m.formats.size() == limits_.max_formats) {
        return sdp_invalid(line.number,
                           "an m-line may have at most " + std::to_string(limits_.max_formats) + " formats");
      }
      m.formats.emplace_back(format);
    }
    if (!is_word(m.media) || !port || !is_word(m.protocol) || m.formats.empty()) {
      return sdp_invalid(line.number, "m= must be '<media> <port> <protocol> <format>...'");
    }
    m.port = *port;
    session_.media.push_back(std::move(m));
    attributes_ = 0;
    return std::nullopt;
  }

  std::optional<Error> attribute(const Line& line) {
    if (++attributes_ > limits_.max_attributes) {
      return sdp_invalid(line.number,
                         "a section may have at most " + std::to_string(limits_.max_attributes) + " attributes");
    }
    std::string_view value = line.value;
    const std::string_view name = take(value, ':');
    // Chromium writes "a=msid-semantic: WMS", others leave a blank at the end.
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
    if (auto known = apply(level_rules(), level(), name, value, line.number)) return *known;
    if (session_.media.empty())
      return apply(session_rules(), session_, name, value, line.number).value_or(std::nullopt);
    MediaSection& section = session_.media.back();
    auto error = apply(media_rules(), section, name, value, line.number).value_or(std::nullopt);
    if (!error && name == "mid" && !mids_.insert(std::string(section.mid.view())).second) {
      error = sdp_invalid(line.number, "a=mid must be different in each section");
    }
    return error;
  }

  // Nothing if no rule has this name; else the error there was, if any.
  template <class Target, class Subject>
  std::optional<std::optional<Error>> apply(std::span<const AttributeRule<Target>> rules, Subject& subject,
                                            std::string_view name, std::string_view value, size_t line) {
    for (const AttributeRule<Target>& rule : rules) {
      if (rule.name != name) continue;
      if (rule.read(subject, value)) return std::optional<Error>();
      return std::optional<Error>(sdp_invalid(line, rule.form));
    }
    return std::nullopt;
  }

  LevelAttributes& level() {
    if (session_.media.empty()) return session_;
    return session_.media.back();
  }

  static bool is_network(std::string_view network, std::string_view address_type) {
    return network == "IN" && (address_type == "IP4" || address_type == "IP6");
  }

  const Limits& limits_;
  Session session_;
  bool version_seen_ = false;
  bool origin_seen_ = false;
  size_t attributes_ = 0;
  std::set<std::string, std::less<>> mids_;
};

void write_level(const LevelAttributes& level, std::string& out) {
  for (const auto& rule : level_rules()) rule.write(level, out);
}

void write_connection(const LevelAttributes& level, std::string& out) {
  if (level.connection) out += "c=IN " + level.connection->address_type + " " + level.connection->address + "\r\n";
}

}  // namespace

Result<Session> parse(std::string_view text, const Limits& limits) { return Parser(limits).run(text); }

std::string serialise(const Session& session) {
  const Origin& o = session.origin;
  std::string out = "v=0\r\n";
  out += "o=" + o.username + " " + o.session_id + " " + o.version + " IN " + o.address_type + " " + o.address + "\r\n";
  out += "s=" + session.name + "\r\n";
  write_connection(session, out);
  out += "t=0 0\r\n";
  for (const auto& rule : session_rules()) rule.write(session, out);
  write_level(session, out);
  for (const MediaSection& m : session.media) {
    out += "m=" + m.media + " " + std::to_string(m.port) + " " + m.protocol;
    for (const std::string& format : m.formats) out += " " + format;
    out += "\r\n";
    write_connection(m, out);
    write_level(m, out);
    for (const auto& rule : media_rules()) rule.write(m, out);
  }
  return out;
}

}  // namespace tutti::sdp
