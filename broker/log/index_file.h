#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
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
  using Before = std::function<bool(const char* entry)>;
  Result<std::size_t> partition_point(const Before& before, ReadMode mode);

  // Hands the entries from `first` on to `visit`, in order, until it answers false; says whether it
  // never did.
  using Visit = std::function<bool(const char* entry)>;
  Result<bool> scan(std::size_t first, const Visit& visit, ReadMode mode);

  // Drops everything from the first entry on for which `follows(before, entry)` is false; `before`
  // is null for the first. For files that may have been left with anything behind what is good.
  // (sleeps)
  using Follows = std::function<bool(const char* before, const char* entry)>;
  Result<void> keep_while(const Follows& follows);

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

  std::size_t entries_per_page() const { return kPageSize / entry_size_; }
  Result<void> read_page(std::size_t page, std::string& into, ReadMode mode);
  std::size_t partition_point_in(BytesView entries, const Before& before) const;
  Result<void> open_file(base::OpenMode mode);

  std::shared_ptr<base::Directory> directory_;
  std::string name_;
  std::size_t entry_size_;
  std::size_t written_;  // entries in the file
  std::string tail_;     // entries behind them, not written yet
  std::shared_ptr<base::File> file_;
};

}  // namespace ottla::broker
