#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/bytes.h"
#include "ottla/result.h"

namespace ottla::base {

// One open file. Errors: no_space (of the disk or, of calls that open something, of file
// descriptors: later it may do), io_error, with the path in the context. Any thread, but writers
// and truncation are one at a time. Calls marked (sleeps) may wait for the disk: not on a loop.
class File {
 public:
  virtual ~File() = default;

  // Writes all parts one after the other at `position`; on an error any part of them may have been
  // written.
  virtual Result<void> write_at(std::uint64_t position, std::span<const BytesView> parts) = 0;
  Result<void> write_at(std::uint64_t position, BytesView bytes) {
    return write_at(position, std::span<const BytesView>(&bytes, 1));
  }

  // (sleeps) Fills `into` from `position`; the count is short only at the end of the file.
  virtual Result<std::size_t> read_at(std::uint64_t position, std::span<char> into) const = 0;

  // The same, but answers would_block instead of waiting for the disk.
  virtual Result<std::size_t> try_read_at(std::uint64_t position, std::span<char> into) const = 0;

  // (sleeps) After this the contents and the size survive a power cut (fdatasync). A failure is
  // final, always io_error: later calls on this object fail, too, whoever makes them, since the
  // system would tell them nothing. What it holds of the file in memory is then dropped as far as
  // it allows, so that whoever reads next reads what the disk has, and not what it failed to write.
  virtual Result<void> sync() = 0;

  virtual Result<void> truncate(std::uint64_t size) = 0;
  virtual Result<std::uint64_t> size() const = 0;

  // A file descriptor that sendfile can read from, or -1.
  virtual int descriptor() const = 0;

  virtual const std::string& path() const = 0;
};

enum class OpenMode {
  read,             // must exist
  read_write,       // must exist
  create,           // read and write; made if it does not exist, kept as it is if it does
  create_private,   // the same, and what is made is for its owner alone to read (0600)
  create_new,       // read and write; already_in_use if it exists
  create_truncate,  // read and write; emptied if it exists
};

struct DirectoryEntry {
  std::string name;
  bool is_directory = false;
};

// Of a file system; bytes.
struct DiskSpace {
  std::uint64_t total = 0;
  std::uint64_t usable = 0;  // by a process without privileges

  bool operator==(const DiskSpace&) const = default;
};

// Held until destroyed.
class DirectoryLock {
 public:
  virtual ~DirectoryLock() = default;
};

// One directory. Names are of its own entries, without '/'. Errors: not_found, already_in_use (it
// exists), no_space, io_error, invalid_argument (not a name). Calls that change entries survive a
// power cut only after `sync()`.
class Directory {
 public:
  virtual ~Directory() = default;

  virtual Result<std::shared_ptr<File>> open(std::string_view name, OpenMode mode) = 0;

  // The subdirectory, which must exist / is made if missing.
  virtual Result<std::unique_ptr<Directory>> open_directory(std::string_view name) = 0;
  virtual Result<std::unique_ptr<Directory>> create_directory(std::string_view name) = 0;

  // Sorted by name.
  virtual Result<std::vector<DirectoryEntry>> list() const = 0;
  virtual bool exists(std::string_view name) const = 0;

  // Replaces `to` if it is a file; already_in_use if it is a directory. Open files and directories
  // stay valid.
  virtual Result<void> rename(std::string_view from, std::string_view to) = 0;

  // Removes a file, or an empty directory.
  virtual Result<void> remove(std::string_view name) = 0;

  // (sleeps) Makes the entries of this directory durable.
  virtual Result<void> sync() = 0;

  // (sleeps) Makes everything on this file system durable at once.
  virtual Result<void> sync_file_system() = 0;

  // (sleeps) Of the file system this is on.
  virtual Result<DiskSpace> space() const = 0;

  // Takes `name` as an inter-process lock as Java's FileChannel.lock does; already_in_use if
  // another process, or another holder in this one, has it.
  virtual Result<std::unique_ptr<DirectoryLock>> lock(std::string_view name) = 0;

  virtual const std::string& path() const = 0;

  // Reads a whole file of at most `limit` bytes. (sleeps)
  Result<std::string> read_file(std::string_view name, std::size_t limit = 64 << 20);

  // Replaces `name` by `contents` so that a crash leaves the old or the new file whole: writes
  // `<name>.tmp`, syncs it, renames it, syncs the directory. (sleeps)
  Result<void> replace_file(std::string_view name, BytesView contents);
};

// The directory at `path`; made with its parents, durably, if it does not exist. Handles stay good
// when the directory is renamed. (sleeps)
Result<std::unique_ptr<Directory>> open_posix_directory(const std::string& path);

// A file system of its own in memory; what it holds lives as long as any handle to it.
std::unique_ptr<Directory> make_memory_directory(std::string path = "memory:");

}  // namespace ottla::base
