// The Options that speak of pictures: sizes such as "1280x720", and the rungs in which a composed picture is encoded.
#include "app/option_types.hpp"

namespace tutti::app {
namespace {

constexpr size_t kMaxRungs = 3;
constexpr uint32_t kMinRungSide = 64, kMaxRungSide = 3840;
constexpr uint32_t kMaxFps = 60;
constexpr DataRate kMinRate = DataRate::kbps(16), kMaxRate = DataRate::kbps(50'000);
constexpr uint32_t kMinPictureSide = 128, kMaxPictureSide = 8192;

std::optional<uint32_t> parse_number(std::string_view text, uint32_t min, uint32_t max) {
  const auto number = parse_integer(text);
  return number && *number >= min && *number <= max ? std::optional(static_cast<uint32_t>(*number)) : std::nullopt;
}

// "1280x720"
std::optional<PictureSize> parse_size_of_picture(std::string_view text, uint32_t min, uint32_t max) {
  const size_t x = text.find('x');
  if (x == std::string_view::npos) return std::nullopt;
  const auto width = parse_number(text.substr(0, x), min, max);
  const auto height = parse_number(text.substr(x + 1), min, max);
  return width && height ? std::optional(PictureSize{*width, *height}) : std::nullopt;
}

std::string format(uint32_t width, uint32_t height) { return std::to_string(width) + "x" + std::to_string(height); }

// "1280x720@30:1500kbps"
std::optional<room::Rung> parse_rung(std::string_view text) {
  const size_t at = text.find('@');
  const size_t colon = text.find(':');
  if (at == std::string_view::npos || colon == std::string_view::npos || at > colon) return std::nullopt;
  const auto size = parse_size_of_picture(text.substr(0, at), kMinRungSide, kMaxRungSide);
  const auto fps = parse_number(text.substr(at + 1, colon - at - 1), 1, kMaxFps);
  const auto bitrate = parse_rate(text.substr(colon + 1));
  if (!size || !fps || !bitrate || *bitrate < kMinRate || *bitrate > kMaxRate) return std::nullopt;
  // Chroma has half the lines and columns.
  if (size->width % 2 != 0 || size->height % 2 != 0) return std::nullopt;
  return room::Rung{size->width, size->height, *fps, *bitrate};
}

// "30, 15, 10, 6, 5, 3, 2 or 1"
std::string divisors_of(uint32_t fps) {
  std::string text = std::to_string(fps);
  for (uint32_t n = fps / 2; n > 1; --n) {
    if (fps % n == 0) text += ", " + std::to_string(n);
  }
  return fps == 1 ? text : text + " or 1";
}

std::string format(const room::Rung& rung) {
  return format(rung.width, rung.height) + "@" + std::to_string(rung.fps) + ":" + format_rate(rung.bitrate);
}

}  // namespace

Option rungs(std::string_view path, MixingConfig Config::*section, std::vector<room::Rung> MixingConfig::*member,
             std::string meaning) {
  Option option = make_option(
      path, std::move(meaning),
      "1 to " + std::to_string(kMaxRungs) + " entries WIDTHxHEIGHT@FPS:RATE, highest first, sides even and from " +
          std::to_string(kMinRungSide) + " to " + std::to_string(kMaxRungSide) + ", FPS 1 to " +
          std::to_string(kMaxFps) + ", RATE " + format_rate(kMinRate) + " to " + format_rate(kMaxRate));
  ListAccess list;
  list.clear = [=](Config& config) { (config.*section.*member).clear(); };
  list.append = [=, allowed = option.allowed](Config& config, const std::string& item) -> Problem {
    std::vector<room::Rung>& all = config.*section.*member;
    const auto rung = parse_rung(item);
    if (!rung) return bad_value({item, true}, "no rung such as \"1280x720@30:1500kbps\"", allowed);
    if (all.size() == kMaxRungs) return quoted(item) + " is one too many: " + allowed;
    // A watcher is given its rung by height.
    if (!all.empty() && (rung->height >= all.back().height || rung->width > all.back().width)) {
      return quoted(item) + " is not smaller than the one before it: " + allowed;
    }
    // The room draws at the rate of the first; the others are encoded from every second, third... of its pictures.
    if (!all.empty() && all.front().fps % rung->fps != 0) {
      return quoted(item) + " cannot be made of the pictures of the first entry, " + std::to_string(all.front().fps) +
             " each second: FPS " + divisors_of(all.front().fps);
    }
    all.push_back(*rung);
    return std::nullopt;
  };
  list.print = [=](const Config& config) {
    std::vector<std::string> items;
    for (const room::Rung& rung : config.*section.*member) items.push_back(quoted(format(rung)));
    return items;
  };
  option.access = list;
  return option;
}

Option picture_size(std::string_view path, MixingConfig Config::*section, PictureSize MixingConfig::*member,
                    std::string meaning) {
  Option option =
      make_option(path, std::move(meaning),
                  format(kMinPictureSide, kMinPictureSide) + " to " + format(kMaxPictureSide, kMaxPictureSide));
  const auto set = [=, allowed = option.allowed](Config& config, const Scalar& value) -> Problem {
    const auto size = parse_size_of_picture(value.text, kMinPictureSide, kMaxPictureSide);
    if (!size) return bad_value(value, "no size of a picture such as 1920x1080", allowed);
    config.*section.*member = *size;
    return std::nullopt;
  };
  const auto print = [=](const Config& config) {
    const PictureSize& size = config.*section.*member;
    return format(size.width, size.height);
  };
  option.access = ScalarAccess{set, print};
  return option;
}

}  // namespace tutti::app
