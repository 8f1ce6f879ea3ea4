// K+1 encodes for each class of listener, read from the room's statistics and from what listeners decode: who begins to
// speak moves from the shared encoder to one of its own, and back, and nobody hears it.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>

#include "support/mix_client.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

struct Encoders {
  size_t shared = 0, own = 0;
  uint64_t listeners = 0;
  bool operator==(const Encoders&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Encoders& e) {
  return out << e.shared << " shared, " << e.own << " own, " << e.listeners << " listeners";
}

// Of classes with so many channels and this expected loss.
Encoders encoders(World& world, uint32_t channels = 1, double loss = 0) {
  Encoders sum;
  for (const auto& e : stats_of(world, room::StatsEntry::Type::kMixEncoder, MediaKind::kAudio)) {
    if (e.channels != channels || e.expected_loss != loss) continue;
    ++(e.own_of.empty() ? sum.shared : sum.own);
    sum.listeners += e.listeners.value_or(0);
  }
  return sum;
}

MixClient::Options listener_only(bool decodes) {
  MixClient::Options options;
  options.microphone.reset();
  options.decodes = decodes;
  return options;
}

MixClient::Options undecoded() {
  MixClient::Options options;
  options.decodes = false;
  return options;
}

}  // namespace

TEST_CASE("there are as many encoders as speakers and one more, for 3, 30 and 300 listeners", "[sim][mixing]") {
  const size_t members = GENERATE(size_t{3}, size_t{30}, size_t{300});
  INFO(members << " members");
  World world(mixing_world());
  std::vector<std::unique_ptr<MixClient>> all;
  // Ten of them have a microphone; of the others nothing but their listening matters.
  for (size_t i = 0; i < members; ++i)
    all.push_back(
        std::make_unique<MixClient>(world, "m" + std::to_string(i), i < 10 ? undecoded() : listener_only(false)));
  world.run_for(TimeDelta::millis(500));
  CHECK(encoders(world) == Encoders{1, 0, members});
  for (const size_t speaking : {size_t{1}, size_t{2}, std::min(members - 1, size_t{6})}) {
    for (size_t i = 0; i < speaking; ++i) all[i]->microphone().play(tone(300 + 100 * static_cast<double>(i), 0.1));
    world.run_for(TimeDelta::millis(500));
    // The loudest four are mixed; a fifth costs nothing.
    CHECK(encoders(world) == Encoders{1, std::min<size_t>(speaking, 4), members});
  }
  // All have moved to their own or stayed, and each hears something.
  for (const auto& m : all) {
    INFO(m->id() << ": " << m->speaker().first_fault());
    CHECK(m->speaker().first_fault().empty());
    CHECK(m->speaker().packets().size() > 50);
  }
  for (const auto& m : all) {
    if (m->id().size() == 2) m->microphone().play(nullptr);
  }
  world.run_for(TimeDelta::seconds(4));
  CHECK(encoders(world) == Encoders{1, 0, members});
}

TEST_CASE("nobody listens to the shared mix while all speak, and then it is not made", "[sim][mixing]") {
  World world(mixing_world());
  std::vector<std::unique_ptr<MixClient>> all;
  for (int i = 0; i < 3; ++i) {
    all.push_back(std::make_unique<MixClient>(world, "m" + std::to_string(i), undecoded()));
    all.back()->microphone().play(tone(300 + 100 * i, 0.1));
  }
  world.run_for(TimeDelta::seconds(1));
  CHECK(encoders(world) == Encoders{0, 3, 3});
}

TEST_CASE("each class of listeners has its own K+1, and a speaker costs one in its own class alone", "[sim][mixing]") {
  World world(mixing_world());
  std::vector<std::unique_ptr<MixClient>> all;
  for (int i = 0; i < 8; ++i) {
    MixClient::Options options = undecoded();
    if (i % 2 == 1) options.opus_fmtp = "useinbandfec=1;stereo=1";
    all.push_back(std::make_unique<MixClient>(world, "m" + std::to_string(i), options));
  }
  all[0]->microphone().play(tone(440, 0.1));
  all[2]->microphone().play(tone(550, 0.1));
  all[3]->microphone().play(tone(660, 0.1));
  world.run_for(TimeDelta::seconds(1));
  CHECK(encoders(world, 1) == Encoders{1, 2, 4});
  CHECK(encoders(world, 2) == Encoders{1, 1, 4});
}

TEST_CASE("who begins to speak changes encoders without a click, and so does who stops", "[sim][mixing]") {
  const bool speaks = GENERATE(false, true);
  World world(mixing_world());
  MixClient::Options talks = undecoded();
  MixClient talker(world, "talker", talks);
  MixClient::Options listens;
  MixClient mover(world, "mover", listens);
  MixClient stays(world, "stays", listener_only(true));
  talker.microphone().play(speaks ? voice() : tone(440, 0.3));
  world.run_for(TimeDelta::seconds(2));
  // It claims to be heard and sends silence, so both are to hear the same: what differs is the change of encoders.
  std::vector<Timestamp> switches = {world.now()};
  mover.microphone().claim(20);
  world.run_for(TimeDelta::millis(2500));
  CHECK(encoders(world).own == 2);
  switches.push_back(world.now() + TimeDelta::millis(2500));
  mover.microphone().claim(127);
  world.run_for(TimeDelta::seconds(5));
  CHECK(encoders(world).own == 1);

  const Pcm &moved = mover.speaker().pcm(), &stayed = stays.speaker().pcm();
  const size_t length = std::min(moved.size(), stayed.size());
  // Windows of 5 ms over the whole call: how far apart the two are, and the largest step of each.
  double worst = -120, worst_own = -120;  // near a change, and elsewhere
  int step = 0, allowed_step = 0;
  for (size_t at = 0; at + 240 <= length; at += 240) {
    Pcm difference(240);
    for (size_t i = 0; i < 240; ++i) difference[i] = to_sample(moved[at + i] - stayed[at + i]);
    for (size_t i = 1; i < 240; ++i) {
      step = std::max(step, std::abs(moved[at + i] - moved[at + i - 1]));
      allowed_step = std::max(allowed_step, std::abs(stayed[at + i] - stayed[at + i - 1]));
    }
    const Timestamp time = mover.speaker().came_at(static_cast<int64_t>(at));
    const bool near = std::any_of(switches.begin(), switches.end(), [&](Timestamp s) {
      return time > s - TimeDelta::millis(20) && time < s + TimeDelta::millis(300);
    });
    double& of = near ? worst : worst_own;
    of = std::max(of, rms_dbfs(difference));
  }
  std::cout << "mix, change of encoders (" << (speaks ? "voice" : "tone") << "): differs by " << worst
            << " dBFS at most in 5 ms around it, by " << worst_own << " elsewhere; largest step " << step
            << ", without a change " << allowed_step << '\n';
  // Two encoders of the same sound never agree to the last bit; their change is to be no worse than that.
  CHECK(worst < worst_own + 3);
  CHECK(worst < -30);
  CHECK(step < allowed_step * 5 / 4);
  INFO(mover.speaker().first_fault());
  CHECK(mover.speaker().first_fault().empty());
  CHECK(stays.speaker().first_fault().empty());
}

TEST_CASE("who reports loss gets redundancy within two reports, and only that one", "[sim][mixing]") {
  World world(mixing_world());
  MixClient talker(world, "talker", undecoded());
  MixClient lossy(world, "lossy", listener_only(true));
  MixClient clean(world, "clean", listener_only(true));
  talker.microphone().play(voice());
  world.run_for(TimeDelta::seconds(2));
  const auto decoder = audio::make_audio_decoder(Codec::kOpus, 1);
  CHECK(encoders(world, 1, 0.10) == Encoders{});
  lossy.report_loss(0.08);
  world.run_for(TimeDelta::millis(3100));
  CHECK(encoders(world, 1, 0.10) == Encoders{1, 0, 1});
  CHECK(encoders(world, 1, 0) == Encoders{1, 1, 2});
  lossy.report_loss(0.2);
  world.run_for(TimeDelta::millis(3100));
  CHECK(encoders(world, 1, 0.20) == Encoders{1, 0, 1});
  CHECK(encoders(world, 1, 0.10) == Encoders{});
  // Back when loss has been gone for a while.
  lossy.report_loss(0);
  world.run_for(TimeDelta::seconds(3));
  CHECK(encoders(world, 1, 0.20) == Encoders{1, 0, 1});
  world.run_for(TimeDelta::seconds(7));
  CHECK(encoders(world, 1, 0) == Encoders{1, 1, 3});
  INFO(lossy.speaker().first_fault());
  CHECK(lossy.speaker().first_fault().empty());
  // The same sound all the while, whatever the class.
  const auto loudest = [](std::span<const int16_t> pcm) {
    int most = 0;
    for (size_t i = 1; i < pcm.size(); ++i) most = std::max(most, std::abs(pcm[i] - pcm[i - 1]));
    return most;
  };
  CHECK(loudest(lossy.speaker().pcm()) < loudest(clean.speaker().pcm()) * 3 / 2);
}

TEST_CASE("a member with a mix of its own may go at any moment", "[sim][mixing]") {
  World world(mixing_world());
  MixClient stays(world, "stays", listener_only(false));
  for (int i = 0; i < 3; ++i) {
    auto goes = std::make_unique<MixClient>(world, "goes", undecoded());
    goes->microphone().play(tone(500, 0.2));
    world.run_for(TimeDelta::millis(500));
    CHECK(encoders(world).own == 1);
    goes->leave();
    // Before the next frame is mixed.
    CHECK(encoders(world) == Encoders{1, 0, 1});
  }
  world.run_for(TimeDelta::millis(500));
  CHECK(stays.speaker().first_fault().empty());
}
