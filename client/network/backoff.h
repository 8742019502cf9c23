#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/random.h"
#include "base/time.h"

namespace ottla::client {

// The pause before trying again: it doubles with each failure up to a maximum, and is then made up
// to 20 % shorter or longer by chance, so that clients that failed together do not return together
// (KIP-580).
struct Backoff {
  base::Duration initial{};
  base::Duration maximum{};

  // After `failures` in a row, at least one.
  base::Duration after(std::uint32_t failures, base::Random& random) const {
    const double doubled = std::ldexp(static_cast<double>(initial.count()),
                                      static_cast<int>(std::min(failures, 60U)) - 1);
    const double capped =
        std::min(doubled, static_cast<double>(std::max(maximum, initial).count()));
    return base::Duration(static_cast<std::int64_t>(capped * (0.8 + 0.4 * random.fraction())));
  }
};

}  // namespace ottla::client
