#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "ottla/bytes.h"

namespace ottla::simulation {

// What becomes of that which was not synced when the power is cut.
enum class PowerCut : std::uint8_t {
  any,            // one of the others, for each file by itself
  drop,           // nothing stays
  keep,           // everything does
  torn_512,       // a first part, the last write of it torn at sectors of 512 bytes
  torn_4k,        // the same at 4 KiB
  reordered_512,  // each sector of 512 bytes as it stood at some moment of its own
  reordered_4k,   // the same with 4 KiB
};

// The bytes of one file, as the operating system shows them and as the disk holds them. What was
// done since the last sync is kept as a list, from which a power cut takes what it likes.
class FileContents {
 public:
  const std::string& bytes() const { return bytes_; }
  bool dirty() const { return dirty_; }

  void write(std::uint64_t position, BytesView bytes);
  void truncate(std::uint64_t size);

  // All of it is on the disk now.
  void sync();

  // A sync that failed: a part of what was written will not be tried again, though it can be read
  // until it is dropped.
  void fail_sync(base::Random& random);
  bool missing() const { return missing_; }
  void drop_missing();

  // As a disk that rots; false if there is no such byte.
  bool flip_bit(std::uint64_t position, unsigned bit);

  // What was not synced is lost, kept, torn, or written in another order. Sectors are all or
  // nothing; a file may also end in zeros where its size was written and its bytes were not.
  void power_cut(PowerCut how, base::Random& random);

 private:
  struct Change {
    std::uint64_t position;
    std::string bytes;
    std::uint64_t size_after;
    bool truncation = false;
  };
  void apply(const Change& change);
  void keep_prefix(base::Random& random, std::uint64_t sector);
  void keep_sectors(base::Random& random, std::uint64_t sector);
  void apply_sectors(const Change& change, std::uint64_t number, std::uint64_t salt,
                     std::uint64_t sector);
  void settle();

  std::string bytes_;
  std::string durable_;
  std::vector<Change> changes_;
  bool dirty_ = false;
  bool missing_ = false;  // a failed sync dropped some
};

// A file or a directory. Directories list what the operating system shows and what the disk holds.
class SimInode {
 public:
  explicit SimInode(bool is_directory) : is_directory_(is_directory) {}

  bool is_directory() const { return is_directory_; }
  FileContents& contents() { return contents_; }
  const FileContents& contents() const { return contents_; }
  using Entries = std::map<std::string, std::shared_ptr<SimInode>, std::less<>>;
  const Entries& entries() const { return entries_; }

  void link(const std::string& name, std::shared_ptr<SimInode> inode);
  void unlink(const std::string& name);
  void rename(const std::string& from, const std::string& to);

  bool dirty() const { return is_directory_ ? !changes_.empty() : contents_.dirty(); }
  void sync();
  // With `drop` what was not written is no longer shown.
  void fail_sync(base::Random& random, bool drop);
  void power_cut(PowerCut how, base::Random& random);

  bool queued_as_dirty = false;  // for the disk's list

 private:
  // One atomic change of names: `from` goes (if not empty), `to` names `inode` (if not empty).
  struct Change {
    std::string from;
    std::string to;
    std::shared_ptr<SimInode> inode;
  };
  static void apply(const Change& change, Entries& entries);
  void change(Change change);

  bool is_directory_;
  FileContents contents_;
  Entries entries_;
  Entries durable_entries_;
  std::vector<Change> changes_;
};

}  // namespace ottla::simulation
