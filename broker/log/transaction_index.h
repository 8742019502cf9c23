#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "broker/log/index_file.h"
#include "broker/log/log_types.h"
#include "ottla/bytes.h"
#include "ottla/result.h"

namespace ottla::broker {

// All entries of a `.txnindex` file, in the order of their markers. Error: corrupt_data with the
// byte where it is (a part of an entry, another version, offsets that contradict each other).
Result<std::vector<AbortedTransaction>> parse_transaction_index(BytesView bytes);

Bytes transaction_index_bytes(const std::vector<AbortedTransaction>& transactions);

// The transactions whose markers lie in one segment and say that they were aborted: `.txnindex`, by
// marker. A file without entries need not exist. A copy is a frozen picture, as with IndexFile.
class TransactionIndex {
 public:
  // The file's name ends in `name_suffix`.
  TransactionIndex(std::shared_ptr<base::Directory> directory, Offset base_offset,
                   std::size_t entries, std::string_view name_suffix = {});

  // Its marker comes behind those of all entries.
  Result<void> append(const AbortedTransaction& transaction);

  // Adds to `into` the transactions that a reader of `from` up to `bound` must know: they wrote
  // below `bound`, and their markers are not below `from`. False if no later one can be such.
  Result<bool> find(Offset from, Offset bound, ReadMode mode,
                    std::vector<AbortedTransaction>& into);

  // All entries. (sleeps)
  Result<std::vector<AbortedTransaction>> all();

  // Drops the entries whose markers lie at or beyond `offset`. (sleeps)
  Result<void> truncate_to_offset(Offset offset);

  // As IndexFile, but for a file that need not exist.
  Result<void> write_out() { return file_.empty() ? Result<void>() : file_.write_out(); }

  bool empty() const { return file_.empty(); }
  IndexFile& file() { return file_; }
  const IndexFile& file() const { return file_; }

 private:
  IndexFile file_;
};

}  // namespace ottla::broker
