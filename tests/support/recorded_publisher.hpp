// RecordedPublisher: a participant that plays a recording of a real encoder (tests/fixtures/encoders) once, over plain
// RTP and on a network without loss. It notes what is asked of it and answers nothing: its keyframes are where they
// were recorded.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "support/fixtures.hpp"
#include "support/keyed_join.hpp"
#include "support/plain_wire.hpp"
#include "support/recording.hpp"

namespace tutti::test {

class RecordedPublisher final : public World::Client {
 public:
  // Joins at once, and begins to play. Its track is "camera".
  RecordedPublisher(World& world, const std::string& id, const std::string& recording)
      : recording_(Recording::parse(fixture("encoders/" + recording + ".rtp"))),
        world_(world),
        address_(world.make_address()),
        start_(world.now()) {
    world.attach(*this, address_);
    room::KeyedJoin join;
    join.remote = address_;
    join.publish.push_back(recording_.publish);
    join_plain(world, id, std::move(join));
  }
  ~RecordedPublisher() override { world_.detach(*this); }

  Timestamp next_deadline() const override {
    return next_ < recording_.packets.size() ? start_ + recording_.packets[next_].at : Timestamp::never();
  }
  void handle_deadline(Timestamp now) override {
    for (; next_deadline() <= now; ++next_) {
      std::vector<uint8_t> bytes = recording_.packets[next_].bytes;
      if (leaves_out && leaves_out(next_)) {
        ++left_out_;
        continue;
      }
      const auto number = static_cast<uint16_t>(rtp::parse(bytes)->sequence.value() - left_out_);
      bytes[2] = static_cast<uint8_t>(number >> 8);
      bytes[3] = static_cast<uint8_t>(number);
      world_.send(address_, std::move(bytes));
    }
  }
  void receive(Timestamp now, std::vector<uint8_t> datagram) override {
    each_rtcp(datagram, [&](const rtcp::PacketView& packet) {
      if (packet.type == rtcp::kTypePayloadFeedback && packet.format == rtcp::kFormatPli) asked.push_back(now);
    });
  }

  const Recording& recording() const { return recording_; }
  Timestamp sent_at(size_t packet) const { return start_ + recording_.packets[packet].at; }
  // Packets, by their place in the recording, that the encoder never made: numbers go on without them.
  std::function<bool(size_t)> leaves_out;
  std::vector<Timestamp> asked;  // for keyframes

 private:
  Recording recording_;
  World& world_;
  Endpoint address_;
  Timestamp start_;
  size_t next_ = 0;
  uint16_t left_out_ = 0;
};

}  // namespace tutti::test
