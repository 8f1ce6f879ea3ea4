// a=rid (RFC 8851 §10) and a=simulcast (RFC 8853 §5.1).
#include "wire/sdp/attributes.hpp"
#include "wire/sdp/text.hpp"

namespace tutti::sdp {
namespace {

// rid-id = 1*(alpha-numeric / "-" / "_"), the same alphabet as our ids.
std::optional<Rid> to_rid(std::string_view text) { return is_valid_id(text) ? Rid::make(text) : std::nullopt; }

// "1,~4;2": streams by ';', alternatives by ',', '~' is initially paused.
std::optional<SimulcastStreams> read_streams(std::string_view text) {
  SimulcastStreams streams;
  while (!text.empty()) {
    std::string_view alternatives = take(text, ';');
    auto& stream = streams.emplace_back();
    while (!alternatives.empty()) {
      std::string_view id = take(alternatives, ',');
      const bool paused = !id.empty() && id.front() == '~';
      if (paused) id.remove_prefix(1);
      const auto rid = to_rid(id);
      if (!rid) return std::nullopt;
      stream.push_back({*rid, paused});
    }
    if (stream.empty()) return std::nullopt;
  }
  return streams;
}

std::string write_streams(const SimulcastStreams& streams) {
  std::string out;
  for (const auto& stream : streams) {
    if (!out.empty()) out += ';';
    for (size_t i = 0; i < stream.size(); ++i) {
      if (i > 0) out += ',';
      if (stream[i].paused) out += '~';
      out += stream[i].rid.view();
    }
  }
  return out;
}

}  // namespace

// a=rid:<id> <direction> [pt=<format list>;<restriction>=<value>...]
bool read_rid(MediaSection& section, std::string_view value) {
  RidAttribute attribute;
  const auto rid = to_rid(take(value, ' '));
  const std::string_view direction = take(value, ' ');
  if (!rid || (direction != "send" && direction != "recv")) return false;
  attribute.rid = *rid;
  attribute.send = direction == "send";
  while (!value.empty()) {
    std::string_view restriction = take(value, ';');
    while (!restriction.empty() && restriction.front() == ' ') restriction.remove_prefix(1);
    if (restriction.empty()) continue;
    const std::string_view name = take(restriction, '=');
    if (!is_word(name)) return false;
    if (name != "pt") {
      attribute.restrictions.emplace_back(name, restriction);
      continue;
    }
    while (!restriction.empty()) {
      const auto payload_type = to_payload_type(take(restriction, ','));
      if (!payload_type) return false;
      attribute.payload_types.push_back(*payload_type);
    }
  }
  section.rids.push_back(std::move(attribute));
  return true;
}

void write_rid(const MediaSection& section, std::string& out) {
  for (const RidAttribute& attribute : section.rids) {
    std::string value = std::string(attribute.rid.view()) + (attribute.send ? " send" : " recv");
    char separator = ' ';
    if (!attribute.payload_types.empty()) {
      std::string list;
      for (PayloadType pt : attribute.payload_types) list += (list.empty() ? "" : ",") + std::to_string(pt.value());
      value += " pt=" + list;
      separator = ';';
    }
    for (const auto& [name, restriction] : attribute.restrictions) {
      value += separator + name;
      if (!restriction.empty()) value += "=" + restriction;
      separator = ';';
    }
    write_line(out, "rid", value);
  }
}

// a=simulcast:<direction> <streams> [<other direction> <streams>]
bool read_simulcast(MediaSection& section, std::string_view value) {
  if (section.simulcast) return false;
  Simulcast simulcast;
  while (!value.empty()) {
    const std::string_view direction = take(value, ' ');
    if (direction.empty()) continue;
    if (direction != "send" && direction != "recv") return false;
    auto& target = direction == "send" ? simulcast.send : simulcast.recv;
    auto streams = read_streams(take(value, ' '));
    if (!target.empty() || !streams || streams->empty()) return false;
    target = std::move(*streams);
  }
  if (simulcast.send.empty() && simulcast.recv.empty()) return false;
  section.simulcast = std::move(simulcast);
  return true;
}

void write_simulcast(const MediaSection& section, std::string& out) {
  if (!section.simulcast) return;
  std::string value;
  if (!section.simulcast->send.empty()) value += "send " + write_streams(section.simulcast->send);
  if (!section.simulcast->recv.empty()) {
    value += (value.empty() ? "recv " : " recv ") + write_streams(section.simulcast->recv);
  }
  write_line(out, "simulcast", value);
}

}  // namespace tutti::sdp
