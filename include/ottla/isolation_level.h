#pragma once

#include <cstdint>

namespace ottla {

enum class IsolationLevel : std::int8_t {
  read_uncommitted = 0,  // every record, also of transactions that are open or were aborted
  read_committed = 1,    // only what is committed, up to the first transaction that is still open
};

}  // namespace ottla
