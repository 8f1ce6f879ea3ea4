#include "tutti/proto/cc/estimate.hpp"

namespace tutti::cc {

std::string_view to_string(LimitedBy limit) {
  switch (limit) {
    case LimitedBy::kStart:
      return "start";
    case LimitedBy::kDelay:
      return "delay";
    case LimitedBy::kLoss:
      return "loss";
    case LimitedBy::kReceiver:
      return "receiver";
    case LimitedBy::kMaximum:
      return "maximum";
  }
  return "";
}

std::string_view to_string(PathUse use) {
  switch (use) {
    case PathUse::kNormal:
      return "normal";
    case PathUse::kOver:
      return "over";
    case PathUse::kUnder:
      return "under";
  }
  return "";
}

}  // namespace tutti::cc
