#include "tutti/room/allocator.hpp"

#include <algorithm>

namespace tutti::room {
namespace {

// An encoder's frame rate is never quite what it was asked for.
constexpr double kFpsTolerance = 1.1;
// So much sooner is the turn of who had its step before.
constexpr double kIncumbent = 0.7;
// The share kept for retransmissions is bounded by what is worth repairing.
constexpr double kMostRepair = 0.2;

// A slot's way up: indices of options, dearer from step to step.
struct Ladder {
  SmallVector<uint8_t, 16> steps;
  int level_now = -1;    // of `current`
  int affordable = -1;   // level within the budget
  int comfortable = -1;  // level within the budget with a margin
  int certain = -1;      // level within the budget many times over
  int level = -1;        // the outcome
  bool idle = false;     // nothing comes, so nothing is counted
  bool stands_in = false;

  int top() const { return static_cast<int>(steps.size()) - 1; }
};

bool time_fits(const LayerOption& o, const LayerWish& wish) {
  if (wish.max_temporal && o.key.temporal > *wish.max_temporal) return false;
  return !wish.max_fps || o.key.temporal == 0 || o.fps <= *wish.max_fps * kFpsTolerance;
}

bool size_fits(const LayerOption& o, const LayerWish& wish) {
  if (wish.encoding) return o.key.encoding <= *wish.encoding;
  return !wish.max_height || o.height <= *wish.max_height;
}

// What the wish means, be it sent or not: the largest size that fits, else the smallest, at the highest rate that fits.
size_t find_ideal(const SlotRequest& slot) {
  size_t size = 0;
  for (size_t i = 0; i < slot.options.size(); ++i) {
    if (size_fits(slot.options[i], slot.wish)) size = i;
  }
  const LayerKey key = slot.options[size].key;
  size_t ideal = size;
  bool found = false;
  for (size_t i = 0; i < slot.options.size(); ++i) {
    if (!slot.options[i].key.same_size(key)) continue;
    if (!found || time_fits(slot.options[i], slot.wish)) ideal = i;
    found = true;
  }
  return ideal;
}

// Calls with each run of options [begin, end) that are of one size.
template <class F>
void for_each_size(std::span<const LayerOption> options, F visit) {
  for (size_t begin = 0; begin < options.size();) {
    size_t end = begin + 1;
    while (end < options.size() && options[end].key.same_size(options[begin].key)) ++end;
    visit(begin, end);
    begin = end;
  }
}

size_t best_in_time(const SlotRequest& slot, size_t begin, size_t end) {
  size_t best = begin;
  for (size_t i = begin; i < end; ++i) {
    if (time_fits(slot.options[i], slot.wish)) best = i;
  }
  return best;
}

Ladder make_ladder(const SlotRequest& slot, size_t ideal) {
  Ladder ladder;
  const auto add_size = [&](size_t begin, size_t end) {
    const size_t best = best_in_time(slot, begin, end);
    const bool first = ladder.steps.empty() || slot.prefers_detail;
    for (size_t i = begin; i <= best; ++i) {
      // A camera's picture becomes larger only if it moves at half its full rate then.
      if (first || i + 1 >= best) ladder.steps.push_back(static_cast<uint8_t>(i));
    }
  };
  const LayerKey most = slot.options[ideal].key;
  for_each_size(slot.options, [&](size_t begin, size_t end) {
    const LayerOption& o = slot.options[begin];
    const bool within = o.key < most || o.key.same_size(most);
    if (within && o.state != LayerState::kAbsent) add_size(begin, end);
  });
  if (ladder.steps.empty()) {
    // The next larger one stands in for what does not come.
    for_each_size(slot.options, [&](size_t begin, size_t end) {
      if (ladder.steps.empty() && slot.options[begin].state != LayerState::kAbsent) add_size(begin, end);
    });
    ladder.stands_in = !ladder.steps.empty();
  }
  if (ladder.steps.empty()) {
    ladder.steps.push_back(static_cast<uint8_t>(ideal));
    ladder.idle = true;
  }
  ladder.idle |= slot.is_silent;
  // Nobody is given less for more: what costs no less than something better is no step.
  SmallVector<uint8_t, 16> kept;
  for (size_t n = ladder.steps.size(); n-- > 0;) {
    const uint8_t step = ladder.steps[n];
    if (kept.empty() || slot.options[step].rate < slot.options[kept.back()].rate) kept.push_back(step);
  }
  std::reverse(kept.begin(), kept.end());
  ladder.steps = kept;
  if (slot.current) {
    for (int i = 0; i <= ladder.top(); ++i) {
      if (i == 0 || slot.options[ladder.steps[static_cast<size_t>(i)]].key <= *slot.current) ladder.level_now = i;
    }
  }
  return ladder;
}

struct Step {
  double order;  // of those after the lowest: the rate for each unit of priority
  size_t rank;   // among the slots, by priority
  int level;
  DataRate extra;
  bool is_size;  // a larger picture, or one at all; else the same at a higher frame rate
};

}  // namespace

std::string_view to_string(AllocationReason reason) {
  switch (reason) {
    case AllocationReason::kNone:
      return "";
    case AllocationReason::kViewer:
      return "viewer";
    case AllocationReason::kPublisher:
      return "publisher";
    case AllocationReason::kBandwidth:
      return "bandwidth";
    case AllocationReason::kSettling:
      return "settling";
  }
  return "";
}

DataRate video_budget(DataRate target, DataRate audio, double loss) {
  if (target <= audio) return DataRate();
  return (target - audio) * (1 - std::clamp(loss, 0.0, kMostRepair));
}

Allocation allocate(std::optional<DataRate> budget, std::span<const SlotRequest> slots) {
  Allocation out;
  out.slots.resize(slots.size());
  SmallVector<Ladder, 16> ladders;
  SmallVector<uint16_t, 16> order;
  for (size_t i = 0; i < slots.size(); ++i) {
    out.slots[i].ideal = static_cast<uint8_t>(find_ideal(slots[i]));
    ladders.push_back(make_ladder(slots[i], out.slots[i].ideal));
    order.push_back(static_cast<uint16_t>(i));
    const LayerOption& ideal = slots[i].options[out.slots[i].ideal];
    if (!ladders.back().idle) out.needed = out.needed + std::max(ideal.rate, ideal.usual);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](uint16_t a, uint16_t b) { return slots[a].priority > slots[b].priority; });
  const auto rate_of = [&](size_t slot, int level) {
    if (level < 0 || ladders[slot].idle) return DataRate();
    return slots[slot].options[ladders[slot].steps[static_cast<size_t>(level)]].rate;
  };

  if (!budget) {
    for (Ladder& ladder : ladders) ladder.level = ladder.top();
  } else {
    // All steps of all slots in one order, which does not depend on the budget: it says how many of them are taken. So
    // more bandwidth is never less for anybody.
    SmallVector<Step, 96> steps;
    for (size_t rank = 0; rank < order.size(); ++rank) {
      const size_t slot = order[rank];
      const double weight = std::max<int>(slots[slot].priority, 1);
      for (int level = 0; level <= ladders[slot].top(); ++level) {
        const DataRate rate = rate_of(slot, level);
        const auto key_of = [&](int l) { return slots[slot].options[ladders[slot].steps[static_cast<size_t>(l)]].key; };
        const bool same_size = level > 0 && key_of(level).same_size(key_of(level - 1));
        // Rates waver, and of two that are about alike the one who has it already is to keep it.
        const bool kept = slots[slot].is_steady && level <= ladders[slot].level_now;
        const double turn = static_cast<double>(rate.bps()) / weight * (kept ? kIncumbent : 1);
        steps.push_back({level == 0 ? -1 : turn, rank, level, rate - rate_of(slot, level - 1), !same_size});
      }
    }
    std::stable_sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) { return a.order < b.order; });

    DataRate total;
    const auto first = std::find_if(order.begin(), order.end(), [&](uint16_t slot) { return !ladders[slot].idle; });
    bool affordable = true;
    for (const Step& step : steps) {
      Ladder& ladder = ladders[order[step.rank]];
      total = total + step.extra;
      affordable = affordable && total <= *budget;
      const SlotRequest& slot = slots[order[step.rank]];
      const bool may_rise = step.level <= ladder.level_now || (step.is_size ? slot.may_grow : slot.may_quicken);
      const double margin = step.is_size ? kRiseMargin : kFrameRateMargin;
      const bool comfortable = may_rise && ladder.comfortable == step.level - 1 && total * margin <= *budget;
      const bool may_leap = step.level <= ladder.level_now || slot.may_leap;
      const bool certain = may_leap && ladder.certain == step.level - 1 && total * kPlenty <= *budget;
      // Nothing comes of it, so nothing can be saved on it.
      if (affordable || ladder.idle) ladder.affordable = step.level;
      if (comfortable || ladder.idle) ladder.comfortable = step.level;
      if (certain || ladder.idle) ladder.certain = step.level;
      if (first != order.end() && order[step.rank] == *first && step.level == 0 &&
          total <= *budget + std::min(*budget, kMostOversend))
        ladder.affordable = ladder.comfortable = 0;
    }
    for (size_t i = 0; i < slots.size(); ++i) {
      Ladder& ladder = ladders[i];
      const int rise = slots[i].is_steady ? std::max(ladder.comfortable, ladder.certain) : ladder.affordable;
      ladder.level = std::min(ladder.affordable, std::max(rise, ladder.level_now));
    }
    // Who has only to wait for a margin does not wait for somebody less important who has more than its lowest layer.
    bool somebody_has_more = false;
    for (size_t rank = order.size(); rank-- > 0;) {
      Ladder& ladder = ladders[order[rank]];
      if (somebody_has_more && ladder.level < 0) ladder.level = std::min(ladder.affordable, 0);
      somebody_has_more |= ladder.level > 0 && !ladder.idle;
    }
  }

  for (size_t i = 0; i < slots.size(); ++i) out.used = out.used + rate_of(i, ladders[i].level);
  for (size_t i = 0; i < slots.size(); ++i) {
    const Ladder& ladder = ladders[i];
    const std::span<const LayerOption> options = slots[i].options;
    SlotAllocation& slot = out.slots[i];
    const LayerOption& ideal = options[slot.ideal];
    slot.rate = rate_of(i, ladder.level);
    if (ladder.level >= 0) slot.option = ladder.steps[static_cast<size_t>(ladder.level)];
    const LayerOption& chosen = options[slot.option.value_or(ladder.steps.front())];
    slot.wanted_encoding = chosen.key.encoding;
    if (ladder.level < ladder.top()) {
      slot.reason =
          slot.option && ladder.affordable > ladder.level ? AllocationReason::kSettling : AllocationReason::kBandwidth;
    } else if (slot.option != slot.ideal) {
      slot.reason = AllocationReason::kPublisher;
      // Asked for on, unless it could not be sent if it came.
      const DataRate with_ideal = out.used + std::max(ideal.rate - slot.rate, DataRate());
      if (!budget || ladder.stands_in || ladder.idle || with_ideal <= *budget)
        slot.wanted_encoding = ideal.key.encoding;
    } else if (slot.ideal + 1u < options.size()) {
      slot.reason = AllocationReason::kViewer;
    }
    // Who sees nothing yet has the next one below that comes until what it is given does.
    if (!slots[i].current && chosen.state != LayerState::kSent) {
      for (int level = ladder.level; level-- > 0;) {
        const uint8_t below = ladder.steps[static_cast<size_t>(level)];
        if (options[below].state != LayerState::kSent) continue;
        slot.option = below;
        slot.reason = AllocationReason::kPublisher;
        break;
      }
    }
  }
  return out;
}

}  // namespace tutti::room
