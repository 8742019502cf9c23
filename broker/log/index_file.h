#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/file.h"
#include "broker/log/batch_scan.h"
#include "ottla/result.h"

namespace ottla::broker {

// A file of sorted entries of one size: what .index and .timeindex have in common. The last
// entries are kept in memory and written a page at a time; nothing is lost with them, since what
// lies above the recovery point is rebuilt after a crash. The file is opened when it is needed.
//
// A copy is a frozen picture for a worker; the original goes on. One thread at a time each.
class IndexFile {
 public:
  // `entries` are in the file already; with none the file need not exist.
  IndexFile(std::shared_ptr<base::Directory> directory, std::string name, std::size_t entry_size,
            std::size_t entries);

  std::size_t size() const { return written_ + tail_.size() / entry_size_; }
  bool empty() const { return size() == 0; }
  const std::string& name() const { return name_; }

  // Copies entry `i` into `into`. would_block if it is not at hand and `mode` says not to sleep.
  Result<void> read(std::size_t i, char* into, ReadMode mode);

  // The number of entries for which `before` is true; it must be so for a first part of them and
  // false for the rest. Reads pages, not single entries.
  template <class Before>
  Result<std::size_t> partition_point(Before before, ReadMode mode);

  // Adds an entry. An error (no_space, io_error) means that the entries in memory could not be
  // written; they stay there and are tried again.
  Result<void> append(BytesView entry);

  // Drops the entries from `entries` on.
  Result<void> truncate(std::size_t entries);

  // Writes what is still in memory; makes the file if it does not exist.
  Result<void> write_out();

  // The file, opened (made) if need be; for syncing, after write_out. (sleeps)
  Result<std::shared_ptr<base::File>> file();

  // Takes over the open file of a copy.
  void adopt(const IndexFile& opened) {
    if (!file_) file_ = opened.file_;
  }
  void release_file() { file_.reset(); }

 private:
  static constexpr std::size_t kPageSize = 4096;

  Result<std::size_t> entries_of_page(std::size_t first, std::string& page, ReadMode mode);
  Result<base::File*> opened(ReadMode mode);

  std::shared_ptr<base::Directory> directory_;
  std::string name_;
  std::size_t entry_size_;
  std::size_t written_;  // entries in the file
  std::string tail_;     // entries behind them, not written yet
  std::shared_ptr<base::File> file_;
};

}  // namespace ottla::broker
