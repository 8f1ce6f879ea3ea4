#include "tutti/room/layer_rates.hpp"

#include <catch2/catch.hpp>

namespace tutti::room {
namespace {

// Pictures at 30 Hz of the usual pattern of three temporal layers, one packet of each spatial layer.
class Source {
 public:
  explicit Source(uint8_t spatial) : spatial_(spatial) {}
  void run(LayerRates& rates, TimeDelta duration, uint16_t bytes) {
    for (const Timestamp end = now + duration; now < end; now = now + TimeDelta::micros(33'333)) {
      packet_.temporal_id = std::array<uint8_t, 4>{0, 2, 1, 2}[picture_++ % 4];
      for (uint8_t s = 0; s < spatial_; ++s) {
        packet_.spatial_id = s;
        packet_.payload_size = static_cast<uint16_t>(bytes - LayerRates::kPacketOverhead);
        packet_.marker = s + 1 == spatial_;
        rates.on_packet(packet_);
      }
      rates.update(now, true);
    }
  }
  Timestamp now = Timestamp::from_ms(5'000);

 private:
  peer::MediaPacket packet_;
  uint8_t spatial_;
  unsigned picture_ = 0;
};

bool about(DataRate is, double kbps) { return is.bps() > kbps * 900 && is.bps() < kbps * 1'150; }

TEST_CASE("what each layer takes is measured with all that is below it", "[room][allocator]") {
  LayerRates rates;
  Source source(2);
  source.run(rates, TimeDelta::seconds(10), 1000);
  CHECK(rates.spatial_count() == 2);
  CHECK(rates.temporal_count() == 3);
  // 1,000 bytes 30 times a second are 240 kbit/s for each spatial layer; a quarter of the pictures is of layer 0,
  // another one of 1.
  CHECK(about(rates.bitrate(0, 2), 240));
  CHECK(about(rates.bitrate(1, 2), 480));
  CHECK(about(rates.bitrate(1, 1), 240));
  CHECK(about(rates.bitrate(0, 0), 60));
  CHECK(rates.fps(1, 2) == Approx(30).margin(2));
  CHECK(rates.fps(1, 0) == Approx(7.5).margin(1));
}

TEST_CASE("a layer is known after half a second and not before", "[room][allocator]") {
  LayerRates rates;
  Source source(1);
  source.run(rates, TimeDelta::millis(300), 1000);
  CHECK(rates.bitrate(0, 2) == DataRate());
  source.run(rates, TimeDelta::millis(500), 1000);
  CHECK(about(rates.bitrate(0, 2), 240));
}

TEST_CASE("a layer that is stopped keeps its rate, one that is no longer encoded goes", "[room][allocator]") {
  LayerRates rates;
  Source source(2);
  source.run(rates, TimeDelta::seconds(5), 1000);
  const DataRate before = rates.bitrate(1, 2);
  for (int i = 0; i < 100; ++i) rates.update(source.now = source.now + TimeDelta::millis(100), false);
  CHECK(rates.bitrate(1, 2) == before);

  Source lower(1);
  lower.now = source.now;
  lower.run(rates, TimeDelta::seconds(4), 1000);
  CHECK(rates.spatial_count() == 1);
  CHECK(about(rates.bitrate(0, 2), 240));
}

TEST_CASE("one burst moves a rate by little, a lasting change is followed in seconds", "[room][allocator]") {
  LayerRates rates;
  Source source(1);
  source.run(rates, TimeDelta::seconds(10), 1000);
  peer::MediaPacket keyframe;
  keyframe.payload_size = 1200;
  keyframe.temporal_id = 0;
  for (int i = 0; i < 8; ++i) rates.on_packet(keyframe);
  source.run(rates, TimeDelta::seconds(1), 1000);
  CHECK(rates.bitrate(0, 2).bps() < 290'000);
  source.run(rates, TimeDelta::seconds(5), 500);
  CHECK(rates.bitrate(0, 2).bps() < 170'000);
}

TEST_CASE("what the publisher announces counts, but not far above what it sends", "[room][allocator]") {
  LayerRates rates;
  Source source(1);
  source.run(rates, TimeDelta::seconds(2), 1000);
  const DataRate announced[] = {DataRate::kbps(100), DataRate::kbps(200)};
  rates.announce(0, announced, 360, 20);
  // The third comes too, whatever is said.
  CHECK(rates.temporal_count() == 3);
  CHECK(about(rates.bitrate(0, 0), 104));
  CHECK(about(rates.bitrate(0, 1), 208));
  CHECK(rates.height(0) == 360);
  CHECK(rates.fps(0, 1) == 20);
  CHECK(rates.fps(0, 0) == 10);
  // 60 and 120 kbit/s come, for long enough to go by.
  source.run(rates, TimeDelta::seconds(4), 1000);
  CHECK(about(rates.bitrate(0, 0), 90));
  CHECK(about(rates.bitrate(0, 1), 180));
  const DataRate less[] = {DataRate::kbps(50), DataRate::kbps(200)};
  rates.announce(0, less, 360, 20);
  CHECK(about(rates.bitrate(0, 0), 52));
  const DataRate absurd[] = {DataRate::kbps(1'000'000'000)};
  LayerRates fresh;
  fresh.announce(0, absurd, 360, 20);
  CHECK(fresh.bitrate(0, 0) < DataRate::kbps(2'000));
  rates.clear_announcement();
  CHECK(rates.temporal_count() == 3);
}

TEST_CASE("the usual bitrate of a picture rises with its size", "[room][allocator]") {
  CHECK(about(usual_bitrate(180), 115));
  CHECK(about(usual_bitrate(360), 460));
  CHECK(about(usual_bitrate(720), 1840));
  CHECK(about(usual_bitrate(1080), 2995));
}

}  // namespace
}  // namespace tutti::room
