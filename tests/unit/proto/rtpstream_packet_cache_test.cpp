#include "tutti/proto/rtpstream/packet_cache.hpp"

#include <catch2/catch.hpp>

#include "tutti/base/pool.hpp"

using namespace tutti;
using namespace tutti::rtpstream;

namespace {

Timestamp at_ms(int64_t ms) { return Timestamp::from_ms(ms); }

struct Cache {
  Pool<int> pool{10'000};
  PacketCache<Ref<int>> packets{256, TimeDelta::seconds(1)};

  void insert(int64_t ms, int64_t sequence) {
    auto packet = pool.acquire();
    *packet = static_cast<int>(sequence);
    packets.insert(at_ms(ms), ExtSeqNum(sequence), packet);
  }
  // The packet's content, or -1.
  int find(int64_t ms, int64_t sequence) {
    auto* packet = packets.find(at_ms(ms), ExtSeqNum(sequence));
    return packet ? **packet : -1;
  }
};

}  // namespace

TEST_CASE("a packet is found by its sequence number until it is too old", "[rtpstream][packet_cache]") {
  Cache c;
  c.insert(0, 100);
  c.insert(500, 101);
  CHECK(c.find(0, 100) == 100);
  CHECK(c.find(1000, 100) == 100);
  CHECK(c.find(1001, 100) == -1);
  CHECK(c.find(1001, 101) == 101);
  CHECK(c.find(0, 99) == -1);
  CHECK(c.find(0, 102) == -1);
}

TEST_CASE("the ring holds the newest packets and lets the others go", "[rtpstream][packet_cache]") {
  Cache c;
  for (int64_t s = 0; s < 1000; ++s) c.insert(s / 10, s);
  CHECK(c.packets.capacity() == 256);
  CHECK(c.packets.size() == 256);
  CHECK(c.pool.in_use() == 256);
  CHECK(c.find(100, 743) == -1);
  for (int64_t s = 744; s < 1000; ++s) CHECK(c.find(100, s) == s);
}

TEST_CASE("another packet in the same slot is not mistaken for the one asked for", "[rtpstream][packet_cache]") {
  Cache c;
  c.insert(0, 10);
  CHECK(c.find(0, 10 + 256) == -1);
  c.insert(0, 10 + 256);
  CHECK(c.find(0, 10) == -1);
  c.insert(0, 10);  // a whole ring late
  CHECK(c.find(0, 10) == -1);
  CHECK(c.find(0, 10 + 256) == 266);
  CHECK(c.pool.in_use() == 1);
}

TEST_CASE("a recovered packet fills its place behind newer ones", "[rtpstream][packet_cache]") {
  Cache c;
  for (int64_t s : {-2, 0, 1, 2}) c.insert(0, s);
  CHECK(c.find(0, -1) == -1);
  c.insert(40, -1);
  CHECK(c.packets.find(at_ms(40), ExtSeqNum(-1)) != nullptr);
  CHECK(c.packets.size() == 5);
}

TEST_CASE("old packets go back to the pool when the source stops", "[rtpstream][packet_cache]") {
  Cache c;
  for (int64_t s = 0; s < 200; ++s) c.insert(s * 10, s);
  c.packets.release_old(at_ms(2000));
  CHECK(c.packets.size() == 100);
  CHECK(c.pool.in_use() == 100);
  CHECK(c.find(2000, 100) == 100);
  c.packets.release_old(at_ms(10'000));
  CHECK(c.pool.in_use() == 0);
  c.insert(10'000, 5000);
  CHECK(c.find(10'000, 5000) == 5000);
  c.packets.clear();
  CHECK(c.pool.in_use() == 0);
  CHECK(c.packets.size() == 0);
}

TEST_CASE("capacity is rounded up to a power of two", "[rtpstream][packet_cache]") {
  CHECK(PacketCache<int>(0).capacity() == 1);
  CHECK(PacketCache<int>(1000).capacity() == 1024);
  CHECK(PacketCache<int>(1024).capacity() == 1024);
}
