#include "base/time.h"

#include "base/cycle_counter.h"

namespace ottla::base {
namespace {

using std::chrono::nanoseconds;

// The millisecond that a thread read last, and until when it lasts on the cycle counter. Whoever
// stamps every record asks many thousand times in one millisecond, and reading the counter costs
// half of reading the clock.
class CurrentMillisecond {
 public:
  WallMillis get() {
    const auto cycles = read_cycles();
    // Also unequal if the counter went back: then it is not the one that was read before.
    if (cycles - began_ < lasts_) return value_;
    return read(cycles);
  }

 private:
  // How long the counter is watched before its rate is believed.
  static constexpr auto kWatched = std::chrono::milliseconds(20);

  WallMillis read(std::uint64_t cycles) {
    const auto since_epoch = std::chrono::duration_cast<nanoseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    const auto whole = std::chrono::floor<std::chrono::milliseconds>(since_epoch);
    value_ = whole.count();
    began_ = cycles;
    const auto left = whole + std::chrono::milliseconds(1) - since_epoch;
    // A little less than what is left: the clock may be made to run slightly faster.
    lasts_ = static_cast<std::uint64_t>(static_cast<double>(left.count()) * rate(cycles) * 0.99);
    return value_;
  }

  // Cycles in a nanosecond, as measured since this thread first asked; 0 if not known yet. Between
  // the first and the last look at the clock lie all the cycles that are counted, so a thread that
  // is kept waiting between two lines takes the rate for smaller than it is, never for larger.
  double rate(std::uint64_t cycles) {
    if (rate_ > 0 || !counts_steadily()) return rate_;
    const auto now = std::chrono::steady_clock::now();
    if (watched_since_ == TimePoint()) {
      watched_since_ = now;
      watched_from_ = read_cycles();
    } else if (now - watched_since_ >= kWatched && cycles > watched_from_) {
      rate_ = static_cast<double>(cycles - watched_from_) /
              static_cast<double>(nanoseconds(now - watched_since_).count());
    }
    return rate_;
  }

  WallMillis value_ = 0;
  std::uint64_t began_ = 0;
  std::uint64_t lasts_ = 0;
  TimePoint watched_since_{};
  std::uint64_t watched_from_ = 0;
  double rate_ = 0;
};

}  // namespace

WallMillis RealClock::wall_now() const {
  thread_local CurrentMillisecond millisecond;
  return millisecond.get();
}

}  // namespace ottla::base
