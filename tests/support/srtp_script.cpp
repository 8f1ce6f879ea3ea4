#include "support/srtp_script.hpp"

#include <algorithm>

namespace tutti::test {
namespace {

Ssrc source(size_t index) { return Ssrc(static_cast<uint32_t>(0x1000 * index + 0x80000000u * (index % 2) + 7)); }

void append_u32(Bytes& to, uint32_t v) {
  for (int shift = 24; shift >= 0; shift -= 8) to.push_back(static_cast<uint8_t>(v >> shift));
}

// How the next number differs from the last one, and whether it is sent out of order, so that the last one stays.
struct Step {
  int by;
  bool back;
};
Step read_step(uint8_t code) {
  if (code < 210) return {1, false};
  if (code < 220) return {(code - 209) * 7, false};
  if (code < 225) return {0, true};
  if (code < 240) return {-(code - 224), true};
  if (code < 246) return {-1020 - (code - 240), true};  // about the end of the window
  if (code < 249) return {1022 + (code - 246), false};
  if (code < 250) return {20000, false};
  if (code < 251) return {32767, false};
  return {32766 + (code - 251), true};  // about where forward becomes backward
}

// A header of some shape. Low two bits: no extension, one-byte, two-byte, none; above them the number of CSRCs.
Bytes make_header(uint8_t shape, uint16_t sequence, Ssrc ssrc, SeededRandom& random) {
  const size_t csrcs = (shape >> 4) < 8 ? 0 : shape & 0x0F;
  const uint8_t extension = shape % 3;
  const size_t words = extension ? shape >> 5 : 0;
  Bytes header = {static_cast<uint8_t>(0x80 | (extension ? 0x10 : 0) | csrcs), 96, static_cast<uint8_t>(sequence >> 8),
                  static_cast<uint8_t>(sequence)};
  append_u32(header, 90000);
  append_u32(header, ssrc.value());
  for (size_t i = 0; i < csrcs; ++i) append_u32(header, static_cast<uint32_t>(i));
  if (extension) {
    append_u32(header, (extension == 1 ? 0xBEDE0000u : 0x10000000u) | static_cast<uint32_t>(words));
    Bytes content(4 * words);
    random.fill(content);
    header.insert(header.end(), content.begin(), content.end());
  }
  return header;
}

}  // namespace

SrtpScript::Tally& SrtpScript::Tally::operator+=(const Tally& other) {
  sealed += other.sealed;
  seal_refused += other.seal_refused;
  opened += other.opened;
  open_refused += other.open_refused;
  rtcp_opened += other.rtcp_opened;
  rtcp_refused += other.rtcp_refused;
  return *this;
}

SrtpScript::SrtpScript(SrtpTwins& twins, uint64_t seed) : twins_(twins), seed_(seed), random_(seed) {}

size_t SrtpScript::number_of(size_t session) {
  auto& number = senders_[session].number;
  if (!number) number = twins_.add(kSrtpSuites[session % kSrtpSuites.size()], 100 * seed_ + session);
  return *number;
}

void SrtpScript::play(std::span<const uint8_t> bytes) {
  ByteReader script(bytes);
  while (!script.at_end() && twins_.difference().empty()) {
    const uint8_t operation = script.u8() % 16;
    if (operation < 3) {
      seal_batch(script);
    } else if (operation < 4) {
      seal_rtcp(script);
    } else if (operation < 14) {
      deliver(script, false);
    } else if (operation < 15) {
      deliver(script, true);
    } else if (script.u8() < 16) {
      const size_t session = script.u8() % kSessions;
      twins_.retire(number_of(session), source(script.u8() % 4));
    }
  }
}

PlainRtp SrtpScript::read_packet(ByteReader& script) {
  PlainRtp packet;
  const uint8_t where = script.u8();
  const size_t session = where % kSessions, from = where >> 6;
  uint16_t& sequence = senders_[session].sequence[from];
  const Step step = read_step(script.u8());
  const auto number = static_cast<uint16_t>(sequence + step.by);
  if (!step.back) sequence = number;
  packet.session = session;
  packet.header = make_header(script.u8(), number, source(from), random_);
  const uint8_t length = script.u8();
  packet.payload.resize(length < 250 ? length : size_t{length} * 5);
  random_.fill(packet.payload);
  const uint8_t rest = script.u8();
  packet.prefix = std::min<size_t>((rest & 0x0F) < 9 ? rest & 0x0F : 0, packet.payload.size());
  if (rest >> 4 == 0) packet.room = rest & 0x1F;
  if (rest == 0xFF) packet.session = SrtpTwins::kPlain;
  return packet;
}

void SrtpScript::seal_batch(ByteReader& script) {
  const size_t count = 1 + script.u8() % 64;
  std::vector<PlainRtp> packets;
  std::vector<size_t> from;
  while (packets.size() < count && !script.at_end()) {
    PlainRtp packet = read_packet(script);
    from.push_back(packet.session);
    if (packet.session != SrtpTwins::kPlain) packet.session = number_of(packet.session);
    packets.push_back(std::move(packet));
  }
  auto sealed = twins_.seal(packets);
  for (size_t i = 0; i < packets.size(); ++i) {
    ++(sealed[i].empty() ? tally_.seal_refused : tally_.sealed);
    if (from[i] == SrtpTwins::kPlain || sealed[i].empty()) continue;
    auto& kept = senders_[from[i]].sealed;
    kept.push_back(std::move(sealed[i]));
    if (kept.size() > kKept) kept.pop_front();
  }
}

void SrtpScript::seal_rtcp(ByteReader& script) {
  const uint8_t where = script.u8();
  const size_t session = where % kSessions;
  Bytes plain(4 + size_t{script.u8()});
  random_.fill(plain);
  if (plain.size() >= 8) {
    plain.erase(plain.begin() + 4, plain.begin() + 8);
    Bytes ssrc;
    append_u32(ssrc, source(where >> 6).value());
    plain.insert(plain.begin() + 4, ssrc.begin(), ssrc.end());
  }
  const uint8_t room = script.u8();
  Bytes sealed = twins_.seal_rtcp(number_of(session), plain, room < 16 ? room + 8 : srtp::kMaxOverhead);
  if (sealed.empty()) return;
  auto& kept = senders_[session].sealed_rtcp;
  kept.push_back(std::move(sealed));
  if (kept.size() > kKept) kept.pop_front();
}

void SrtpScript::deliver(ByteReader& script, bool rtcp) {
  const size_t session = script.u8() % kSessions;
  auto& kept = rtcp ? senders_[session].sealed_rtcp : senders_[session].sealed;
  if (kept.empty()) return;
  // Mostly all that waits, in order; else one of them, which stays and so comes again.
  const uint8_t which = script.u8();
  const auto open = [&](size_t receiver, Bytes packet) {
    const auto result =
        rtcp ? twins_.open_rtcp(number_of(receiver), packet) : twins_.open_rtp(number_of(receiver), packet);
    const bool opened = std::holds_alternative<size_t>(result);
    if (rtcp)
      ++(opened ? tally_.rtcp_opened : tally_.rtcp_refused);
    else
      ++(opened ? tally_.opened : tally_.open_refused);
  };
  if (which < 192) {
    while (kept.size() > which % 8) {
      open(session, kept.front());
      kept.pop_front();
    }
    return;
  }
  Bytes packet = kept[which % kept.size()];
  spoil(script, packet);
  open(which % 16 == 0 ? (session + 4) % kSessions : session, std::move(packet));
}

void SrtpScript::spoil(ByteReader& script, Bytes& packet) {
  const uint8_t how = script.u8();
  if (how < 128) return;
  const size_t at = script.u16() % packet.size();
  if (how < 160)
    packet[at] ^= static_cast<uint8_t>(1 << (how % 8));
  else if (how < 192)
    packet[packet.size() - 1 - at % std::min<size_t>(packet.size(), 20)] ^= static_cast<uint8_t>(1 << (how % 8));
  else if (how < 224)
    packet.resize(at);
  else if (how < 240)
    packet.resize(packet.size() - std::min<size_t>(packet.size(), how % 32));
  else
    packet.push_back(how);
}

}  // namespace tutti::test
