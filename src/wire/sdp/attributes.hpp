// The attributes we know, as tables: each row reads one attribute and writes it back, so that parser and serialiser
// cannot drift apart. The order of the rows is the order of the lines that are written. Private to wire/sdp.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tutti/wire/sdp/session.hpp"

namespace tutti::sdp {

template <class Target>
struct AttributeRule {
  std::string_view name;
  // What would be right, for the error.
  std::string_view form;
  // False if the value does not have that form.
  bool (*read)(Target& target, std::string_view value);
  // Appends a line for each value that the target holds.
  void (*write)(const Target& target, std::string& out);
};

std::span<const AttributeRule<LevelAttributes>> level_rules();
std::span<const AttributeRule<Session>> session_rules();
std::span<const AttributeRule<MediaSection>> media_rules();

// a=rid and a=simulcast (simulcast.cpp).
bool read_rid(MediaSection& section, std::string_view value);
void write_rid(const MediaSection& section, std::string& out);
bool read_simulcast(MediaSection& section, std::string_view value);
void write_simulcast(const MediaSection& section, std::string& out);

// ICE credentials within the bounds of RFC 8839 §5.4.
bool is_ice_ufrag(std::string_view text);
bool is_ice_pwd(std::string_view text);
std::optional<Mid> to_mid(std::string_view text);

inline void write_line(std::string& out, std::string_view name, std::string_view value) {
  out.append("a=").append(name).append(":").append(value).append("\r\n");
}
inline void write_flag(std::string& out, std::string_view name) { out.append("a=").append(name).append("\r\n"); }

}  // namespace tutti::sdp
