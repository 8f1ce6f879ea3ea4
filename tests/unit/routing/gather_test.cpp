// When a worker may wait a moment for the rest of a frame (Rooms::gather_time).
#include <catch2/catch.hpp>

#include "support/forward_scene.hpp"

using namespace tutti;
using test::ForwardScene;
using test::ForwardShape;

namespace {

// Delivers the packets [begin, end) of the frame that was prepared.
void deliver(ForwardScene& scene, size_t begin, size_t end) {
  for (size_t i = begin; i < end; ++i) {
    auto& packet = scene.prepared()[i];
    scene.deliver(packet.path, std::span(packet.bytes).first(packet.size));
  }
}

}  // namespace

TEST_CASE("output waits while a frame is open, longer for more receivers, and not after its end", "[room][gather]") {
  TimeDelta few, many;
  for (const size_t subscribers : {10, 100, 1'000}) {
    ForwardScene scene(ForwardShape{.subscribers = subscribers}, &srtp::make_libsrtp_backend);
    scene.start();
    scene.join_subscribers();
    CHECK(scene.gather_time() == TimeDelta::zero());
    scene.prepare(false);
    deliver(scene, 0, 1);
    const TimeDelta time = scene.gather_time();
    CHECK(time > TimeDelta::zero());
    CHECK(time <= TimeDelta::micros(250));
    if (subscribers == 10) few = time;
    if (subscribers == 100) many = time;
    deliver(scene, 1, 5);
    CHECK(scene.gather_time() == time);
    deliver(scene, 5, 6);
    CHECK(scene.gather_time() == TimeDelta::zero());
  }
  CHECK(many > few);
}

TEST_CASE("a frame whose end was lost holds nothing up after its own packets were sent", "[room][gather]") {
  ForwardScene scene(ForwardShape{.subscribers = 10}, &srtp::make_libsrtp_backend);
  scene.start();
  scene.join_subscribers();
  scene.prepare(false);
  deliver(scene, 0, 5);
  CHECK(scene.gather_time() > TimeDelta::zero());
  scene.transmit();
  CHECK(scene.gather_time() == TimeDelta::zero());
}

TEST_CASE("nobody waits for frames that nobody is sent, that few are sent, or for sound", "[room][gather]") {
  ForwardScene call(ForwardShape{.subscribers = 1}, &srtp::make_libsrtp_backend);
  call.start();
  call.join_subscribers();
  call.prepare(false);
  deliver(call, 0, 2);
  CHECK(call.gather_time() == TimeDelta::zero());

  // Twenty viewers, who were all just sent something, of another camera than the one whose frame is open.
  ForwardScene two(ForwardShape{.subscribers = 20, .rooms = 2}, &srtp::make_libsrtp_backend);
  two.start();
  two.join_subscribers();
  two.prepare(false);
  // The packets of the two stand in turn.
  for (size_t i = 0; i < 12; i += 2) deliver(two, i, i + 1);
  CHECK(two.gather_time() == TimeDelta::zero());
  auto& late = two.prepared()[6];
  two.deliver(late.path, std::span(late.bytes).first(late.size));
  CHECK(two.gather_time() == TimeDelta::zero());
  deliver(two, 1, 2);
  CHECK(two.gather_time() > TimeDelta::zero());

  ForwardScene sound(ForwardShape{.kind = MediaKind::kAudio, .subscribers = 10}, &srtp::make_libsrtp_backend);
  sound.start();
  sound.join_subscribers();
  sound.prepare(false);
  deliver(sound, 0, 1);
  CHECK(sound.gather_time() == TimeDelta::zero());
}
