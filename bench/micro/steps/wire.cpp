#include <array>
#include <string_view>

#include "micro/steps/steps.hpp"
#include "tutti/base/crypto.hpp"
#include "tutti/base/random.hpp"
#include "tutti/wire/payload/vp8.hpp"
#include "tutti/wire/rtcp/header.hpp"
#include "tutti/wire/rtcp/nack.hpp"
#include "tutti/wire/rtcp/receiver_report.hpp"
#include "tutti/wire/rtcp/sdes.hpp"
#include "tutti/wire/rtcp/transport_feedback.hpp"
#include "tutti/wire/rtp/extensions.hpp"
#include "tutti/wire/rtp/header.hpp"
#include "tutti/wire/stun/builder.hpp"
#include "tutti/wire/stun/message.hpp"

namespace tutti::bench {
namespace {

constexpr size_t kCount = 1'000;
constexpr std::string_view kPassword = "VOkJxbRl1RmTxUk/WvJxBt";

void measure_rtp(Steps& steps) {
  std::array<uint8_t, 1100> packet{};
  rtp::ExtensionWriter extensions;
  extensions.add(1, as_bytes("0"));
  extensions.add(2, std::array<uint8_t, 3>{1, 2, 3});
  extensions.add(3, std::array<uint8_t, 2>{4, 5});
  extensions.add(4, std::array<uint8_t, 1>{0x9E});
  rtp::write_header({true, PayloadType(96), SeqNum(7), RtpTimestamp(9), Ssrc(11)}, extensions.finish(), packet);
  steps.measure("wire", "RTP parse, four extensions, two of them found", kCount, [&] {
    for (size_t i = 0; i < kCount; ++i) {
      keep(packet);
      const auto parsed = rtp::parse(packet);
      keep(rtp::find_extension(parsed->extension_profile, parsed->extensions, 3));
      keep(rtp::find_extension(parsed->extension_profile, parsed->extensions, 4));
    }
  });

  std::array<uint8_t, 1100> payload{};
  payload::Vp8Descriptor descriptor;
  descriptor.start_of_partition = true;
  descriptor.picture_id = 4711;
  descriptor.tl0_pic_idx = 12;
  descriptor.temporal_id = 1;
  payload[descriptor.write(payload)] = 1;
  steps.measure("wire", "VP8 payload descriptor parse", kCount, [&] {
    for (size_t i = 0; i < kCount; ++i) {
      keep(payload);
      keep(payload::Vp8Descriptor::parse(payload));
    }
  });
}

void measure_rtcp(Steps& steps) {
  std::array<uint8_t, 1200> buffer{};
  size_t size = 0;
  auto append = [&](const auto& packet) { size += packet.serialize(std::span(buffer).subspan(size)); };
  append(rtcp::ReceiverReport{Ssrc(1), {{Ssrc(2), 3, 4, 5, 6, 7, 8}}});
  append(rtcp::Sdes{{{Ssrc(1), "k3j5h2g4f6d8s0a1"}}});
  append(rtcp::Nack{Ssrc(1), Ssrc(2), {SeqNum(10), SeqNum(12), SeqNum(40)}});
  const auto compound = std::span<const uint8_t>(buffer).first(size);
  steps.measure("wire", "RTCP compound: report, SDES, NACK of three", kCount, [&] {
    for (size_t i = 0; i < kCount; ++i) {
      keep(buffer);
      auto reader = rtcp::CompoundReader::open(compound);
      while (const auto packet = reader->next()) {
        if (packet->type == rtcp::kTypeReceiverReport) keep(rtcp::ReceiverReport::parse(*packet));
        if (packet->type == rtcp::kTypeRtpFeedback) keep(rtcp::Nack::parse(packet->body));
      }
    }
  });

  rtcp::TransportFeedback feedback;
  for (int i = 0; i < 20; ++i) feedback.packets.push_back({i != 7, static_cast<int16_t>(i == 7 ? 0 : 3 * i)});
  std::array<uint8_t, 200> bytes{};
  const auto written = std::span<const uint8_t>(bytes).first(feedback.serialize(bytes));
  steps.measure("wire", "transport feedback on 20 packets, parse", kCount, [&] {
    for (size_t i = 0; i < kCount; ++i) {
      keep(bytes);
      auto reader = rtcp::CompoundReader::open(written);
      keep(rtcp::TransportFeedback::parse(reader->next()->body));
    }
  });
}

void measure_stun(Steps& steps) {
  std::array<uint8_t, stun::kMaxMessageSize> buffer{};
  stun::Builder builder(buffer, stun::MessageClass::kRequest, stun::kBindingMethod, {1, 2, 3});
  builder.add_username("EsAw:h6vY");
  builder.add_ice_controlling(42);
  builder.add_use_candidate();
  builder.add_priority(1853824767);
  builder.add_message_integrity(as_bytes(kPassword));
  builder.add_fingerprint();
  const auto message = builder.message();
  steps.measure("wire", "STUN check: parse, fingerprint, integrity", kCount, [&] {
    for (size_t i = 0; i < kCount; ++i) {
      keep(buffer);
      const auto parsed = stun::Message::parse(message);
      keep(parsed->verify_fingerprint());
      keep(parsed->verify_integrity(as_bytes(kPassword)));
    }
  });
}

}  // namespace

void measure_wire(Steps& steps) {
  measure_rtp(steps);
  measure_rtcp(steps);
  measure_stun(steps);
}

}  // namespace tutti::bench
