// What a Person tells the server of its own accord: reports, what is missing, and that it wants keyframes.
#include "harness/person.hpp"
#include "tutti/base/datagram.hpp"
#include "tutti/wire/rtcp/nack.hpp"
#include "tutti/wire/rtcp/pli.hpp"
#include "tutti/wire/rtcp/receiver_report.hpp"
#include "tutti/wire/rtcp/sender_report.hpp"

namespace tutti::bench {
namespace {

constexpr TimeDelta kReportInterval = TimeDelta::seconds(1);

// 1900 to 1970.
NtpTime ntp_of(int64_t wall_ns) { return NtpTime::from_us(wall_ns / 1'000 + int64_t{2'208'988'800} * 1'000'000); }

}  // namespace

void Person::begin_feedback(Timestamp now) {
  // Not the reports of everybody at once.
  next_report_ = now + TimeDelta::micros(static_cast<int64_t>(shared_.random.below(1'000'000)));
  next_pli_ = now + role_.feedback.pli_interval.value_or(kReportInterval);
}

void Person::send_rtcp(std::span<uint8_t> buffer, size_t size, Wire& wire) {
  if (size == 0) return;
  const size_t sealed = plain_up_ ? size : session_->seal_rtcp(buffer, size);
  wire.send(buffer.first(sealed));
}

void Person::send_nacks(Timestamp now, Wire& wire) {
  std::array<SeqNum, 128> lost;
  for (ReceiveStream& stream : receives_) {
    if (stream.nacks.next_deadline() > now) continue;
    while (const size_t count = stream.nacks.poll(now, lost)) {
      rtcp::Nack nack{own_ssrc_, stream.ssrc, {}};
      for (size_t i = 0; i < count; ++i) nack.lost.push_back(lost[i]);
      std::array<uint8_t, kMaxDatagram> out;
      send_rtcp(out, nack.serialize(out), wire);
      shared_.tally.nacks += count;
      if (count < lost.size()) break;
    }
  }
}

// RFC 3550 §6.4: a sender report for each SSRC that was sent with, and a receiver report of all that came.
void Person::send_reports(Timestamp now, Wire& wire) {
  next_report_ = now + kReportInterval;
  std::array<uint8_t, kMaxDatagram> out;
  size_t size = 0;
  for (const Sender& sender : senders_) {
    if (sender.stream.packets() == 0) continue;
    const TimeDelta since = now - sender.stream.last_due();
    const uint32_t clock_khz = sender.stream.config().kind == MediaKind::kAudio ? 48 : 90;
    rtcp::SenderReport report;
    report.sender = sender.stream.config().ssrc;
    report.ntp = ntp_of(wire.wall_ns());
    report.rtp = sender.stream.last_timestamp() + static_cast<uint32_t>(since.us() * clock_khz / 1'000);
    report.packet_count = static_cast<uint32_t>(sender.stream.packets());
    report.octet_count = static_cast<uint32_t>(sender.stream.octets());
    size += report.serialize(std::span(out).subspan(size));
  }
  if (role_.feedback.receiver_reports) {
    rtcp::ReceiverReport report;
    report.sender = own_ssrc_;
    for (ReceiveStream& stream : receives_) {
      if (stream.ledger.begun() && report.blocks.size() < rtcp::kMaxCount)
        report.blocks.push_back(stream.make_report(now));
    }
    if (!report.blocks.empty()) size += report.serialize(std::span(out).subspan(size));
  }
  send_rtcp(out, size, wire);
}

// Of slots in which nothing has come, and as often as the scenario says of the others.
void Person::ask_for_keyframes(Timestamp now, Wire& wire) {
  next_pli_ = role_.feedback.pli_interval ? now + *role_.feedback.pli_interval
              : not_begun_ > 0            ? now + kReportInterval
                                          : Timestamp::never();
  for (const ReceiveStream& stream : receives_) {
    if (stream.kind != MediaKind::kVideo || stream.ssrc.value() == 0) continue;
    if (stream.ledger.begun() && !role_.feedback.pli_interval) continue;
    std::array<uint8_t, kMaxDatagram> out;
    send_rtcp(out, rtcp::Pli{own_ssrc_, stream.ssrc}.serialize(out), wire);
  }
}

}  // namespace tutti::bench
