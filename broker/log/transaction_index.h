#pragma once

#include <cstddef>
#include <vector>

#include "broker/log/log_types.h"
#include "ottla/bytes.h"
#include "ottla/result.h"

namespace ottla::broker {

// One entry of a `.txnindex` file: a transaction that was aborted.
struct AbortedTransaction {
  static constexpr std::size_t kSize = 34;  // in the file, its version (0) included

  ProducerId producer_id;
  Offset first_offset;        // of its records
  Offset last_offset;         // its marker
  Offset last_stable_offset;  // when the marker was appended

  bool operator==(const AbortedTransaction&) const = default;
};

// All entries, in the order of their markers. Error: corrupt_data with the byte where it is (a part
// of an entry, another version, offsets that contradict each other).
Result<std::vector<AbortedTransaction>> parse_transaction_index(BytesView bytes);

Bytes transaction_index_bytes(const std::vector<AbortedTransaction>& transactions);

}  // namespace ottla::broker
