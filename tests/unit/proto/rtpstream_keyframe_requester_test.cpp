#include "tutti/proto/rtpstream/keyframe_requester.hpp"

#include <catch2/catch.hpp>

using namespace tutti;
using namespace tutti::rtpstream;

namespace {

Timestamp at_ms(int64_t ms) { return Timestamp::from_ms(ms); }

// Requests sent at the deadlines up to and with `until_ms`.
int sent_until(KeyframeRequester& k, int64_t until_ms) {
  int sent = 0;
  while (k.next_deadline() <= at_ms(until_ms)) {
    if (k.poll(k.next_deadline())) ++sent;
  }
  return sent;
}

}  // namespace

TEST_CASE("the first request goes at once", "[rtpstream][keyframe_requester]") {
  KeyframeRequester k;
  CHECK(k.next_deadline() == Timestamp::never());
  CHECK_FALSE(k.poll(at_ms(0)));
  k.request(at_ms(10));
  CHECK(k.next_deadline() == at_ms(10));
  CHECK(k.poll(at_ms(10)));
  CHECK_FALSE(k.poll(at_ms(10)));
  CHECK(k.pending());
}

TEST_CASE("many requests at a time are one", "[rtpstream][keyframe_requester]") {
  KeyframeRequester k;
  for (int i = 0; i < 50; ++i) k.request(at_ms(i));
  CHECK(sent_until(k, 499) == 1);
  CHECK(k.sent() == 1);
  CHECK(k.merged() == 49);
}

TEST_CASE("an unanswered request is repeated each interval until the keyframe", "[rtpstream][keyframe_requester]") {
  KeyframeRequester k;
  k.request(at_ms(0));
  CHECK(sent_until(k, 1600) == 4);  // 0, 500, 1000, 1500
  k.on_keyframe(at_ms(1700));
  CHECK(k.next_deadline() == Timestamp::never());
  CHECK(sent_until(k, 60'000) == 0);
  CHECK_FALSE(k.pending());
}

TEST_CASE("a request soon after the last one waits for the interval", "[rtpstream][keyframe_requester]") {
  KeyframeRequester k;
  k.request(at_ms(0));
  REQUIRE(k.poll(at_ms(0)));
  k.on_keyframe(at_ms(40));
  k.request(at_ms(100));
  CHECK_FALSE(k.poll(at_ms(100)));
  CHECK(k.next_deadline() == at_ms(500));
  CHECK_FALSE(k.poll(at_ms(499)));
  CHECK(k.poll(at_ms(500)));
  CHECK(k.merged() == 0);
}

TEST_CASE("a waiting request is dropped when a keyframe begins after it", "[rtpstream][keyframe_requester]") {
  KeyframeRequester k;
  k.request(at_ms(0));
  REQUIRE(k.poll(at_ms(0)));
  k.on_keyframe(at_ms(40));
  k.request(at_ms(100));
  k.on_keyframe(at_ms(300));
  CHECK_FALSE(k.poll(at_ms(600)));
  CHECK(k.sent() == 1);
  CHECK(k.merged() == 1);
}

TEST_CASE("a request long after the last one goes at once again", "[rtpstream][keyframe_requester]") {
  KeyframeRequester k;
  k.request(at_ms(0));
  REQUIRE(k.poll(at_ms(0)));
  k.on_keyframe(at_ms(40));
  k.request(at_ms(800));
  CHECK(k.poll(at_ms(800)));
}

TEST_CASE("repeats in vain become rare until somebody asks again", "[rtpstream][keyframe_requester]") {
  KeyframeRequester k;
  k.request(at_ms(0));
  CHECK(sent_until(k, 4000) == 1 + KeyframeRequester::kMaxRepeats);
  CHECK(sent_until(k, 8999) == 0);
  CHECK(sent_until(k, 9000) == 1);
  k.request(at_ms(9100));
  CHECK(k.next_deadline() == at_ms(9500));
  CHECK(sent_until(k, 11'000) == 4);
}

TEST_CASE("a cancelled request is not repeated", "[rtpstream][keyframe_requester]") {
  KeyframeRequester k;
  k.request(at_ms(0));
  REQUIRE(k.poll(at_ms(0)));
  k.cancel();
  CHECK_FALSE(k.poll(at_ms(1000)));
  CHECK(k.next_deadline() == Timestamp::never());
}
