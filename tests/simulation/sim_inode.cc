#include "tests/simulation/sim_inode.h"

#include <algorithm>
#include <utility>

namespace ottla::simulation {
namespace {

constexpr std::uint64_t kSmallSector = 512;
constexpr std::uint64_t kLargeSector = 4096;

void put(std::string& file, std::uint64_t position, BytesView bytes) {
  const auto end = static_cast<std::size_t>(position) + bytes.size();
  if (position == file.size()) {
    file.append(bytes);
    return;
  }
  if (file.size() < end) file.resize(end, '\0');
  bytes.copy(file.data() + position, bytes.size());
}

// A number for a sector that every change of this power cut agrees on.
std::uint64_t mix(std::uint64_t salt, std::uint64_t number) {
  std::uint64_t z = salt ^ (number * 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

PowerCut one_of_them(base::Random& random) {
  switch (random.below(4)) {
    case 0:
      return PowerCut::drop;
    case 1:
      return PowerCut::keep;
    case 2:
      return random.one_in(2) ? PowerCut::torn_512 : PowerCut::torn_4k;
    default:
      return random.one_in(2) ? PowerCut::reordered_512 : PowerCut::reordered_4k;
  }
}

}  // namespace

void FileContents::write(std::uint64_t position, BytesView bytes) {
  if (bytes.empty()) return;
  put(bytes_, position, bytes);
  changes_.push_back({position, std::string(bytes), bytes_.size()});
  dirty_ = true;
}

void FileContents::truncate(std::uint64_t size) {
  if (size == bytes_.size()) return;
  bytes_.resize(static_cast<std::size_t>(size), '\0');
  changes_.push_back({size, {}, size, true});
  dirty_ = true;
}

void FileContents::apply(const Change& change) {
  if (change.truncation) {
    durable_.resize(static_cast<std::size_t>(change.size_after), '\0');
  } else {
    put(durable_, change.position, change.bytes);
  }
}

void FileContents::sync() {
  for (const Change& change : changes_) apply(change);
  changes_.clear();
  dirty_ = false;
}

void FileContents::fail_sync(base::Random& random) {
  const std::size_t lost_from = random.below(changes_.size() + 1);
  for (std::size_t i = 0; i < lost_from; ++i) apply(changes_[i]);
  missing_ = missing_ || lost_from < changes_.size();
  changes_.clear();
}

void FileContents::drop_missing() {
  bytes_ = durable_;
  for (const Change& change : changes_) {
    if (change.truncation) {
      bytes_.resize(static_cast<std::size_t>(change.size_after), '\0');
    } else {
      put(bytes_, change.position, change.bytes);
    }
  }
  missing_ = false;
  dirty_ = !changes_.empty();
}

void FileContents::power_cut(PowerCut how, base::Random& random) {
  switch (how == PowerCut::any ? one_of_them(random) : how) {
    case PowerCut::any:
    case PowerCut::drop:
      break;
    case PowerCut::keep:
      for (const Change& change : changes_) apply(change);
      break;
    case PowerCut::torn_512:
      keep_prefix(random, kSmallSector);
      break;
    case PowerCut::torn_4k:
      keep_prefix(random, kLargeSector);
      break;
    case PowerCut::reordered_512:
      keep_sectors(random, kSmallSector);
      break;
    case PowerCut::reordered_4k:
      keep_sectors(random, kLargeSector);
      break;
  }
  settle();
}

bool FileContents::flip_bit(std::uint64_t position, unsigned bit) {
  if (position >= bytes_.size()) return false;
  const auto mask = static_cast<char>(1U << (bit % 8));
  const auto at = static_cast<std::size_t>(position);
  bytes_[at] = static_cast<char>(bytes_[at] ^ mask);
  if (at < durable_.size()) durable_[at] = static_cast<char>(durable_[at] ^ mask);
  return true;
}

// The first changes are there, the next one is torn.
void FileContents::keep_prefix(base::Random& random, std::uint64_t sector) {
  if (changes_.empty()) return;
  const std::size_t whole = random.below(changes_.size());
  for (std::size_t i = 0; i < whole; ++i) apply(changes_[i]);
  const Change& torn = changes_[whole];
  if (torn.truncation) return;
  const std::uint64_t cut = torn.position + random.below(torn.bytes.size() + 1);
  const std::uint64_t aligned = cut / sector * sector;
  if (aligned <= torn.position) return;
  put(durable_, torn.position, BytesView(torn.bytes).substr(0, aligned - torn.position));
}

// Every sector stands where it stood after a change of its own choice; so does the size.
void FileContents::keep_sectors(base::Random& random, std::uint64_t sector) {
  const std::uint64_t salt = random.next();
  const std::size_t sized_by = random.below(changes_.size() + 1);
  const std::uint64_t size = sized_by == 0 ? durable_.size() : changes_[sized_by - 1].size_after;
  for (std::size_t i = 0; i < changes_.size(); ++i) apply_sectors(changes_[i], i, salt, sector);
  durable_.resize(static_cast<std::size_t>(size), '\0');
}

void FileContents::apply_sectors(const Change& change, std::uint64_t number, std::uint64_t salt,
                                 std::uint64_t sector) {
  const std::uint64_t begin = change.position;
  const std::uint64_t end = change.truncation ? std::max<std::uint64_t>(begin, durable_.size())
                                              : begin + change.bytes.size();
  for (std::uint64_t at = begin; at < end;) {
    const std::uint64_t next = std::min(end, (at / sector + 1) * sector);
    const std::uint64_t last_kept = mix(salt, at / sector) % (changes_.size() + 1);
    if (number < last_kept) {
      const std::string zeros(change.truncation ? next - at : 0, '\0');
      put(durable_, at,
          change.truncation ? BytesView(zeros)
                            : BytesView(change.bytes).substr(at - begin, next - at));
    }
    at = next;
  }
}

void FileContents::settle() {
  changes_.clear();
  bytes_ = durable_;
  dirty_ = false;
  missing_ = false;
}

void SimInode::apply(const Change& change, Entries& entries) {
  if (!change.from.empty()) entries.erase(change.from);
  if (!change.to.empty()) entries[change.to] = change.inode;
}

void SimInode::change(Change change) {
  apply(change, entries_);
  changes_.push_back(std::move(change));
}

void SimInode::link(const std::string& name, std::shared_ptr<SimInode> inode) {
  change({{}, name, std::move(inode)});
}

void SimInode::unlink(const std::string& name) {
  change({name, {}, nullptr});
}

void SimInode::rename(const std::string& from, const std::string& to) {
  change({from, to, entries_.find(from)->second});
}

void SimInode::sync() {
  if (!is_directory_) return contents_.sync();
  for (const Change& change : changes_) apply(change, durable_entries_);
  changes_.clear();
}

void SimInode::fail_sync(base::Random& random, bool drop) {
  if (is_directory_) return;
  contents_.fail_sync(random);
  if (drop) contents_.drop_missing();
}

void SimInode::power_cut(PowerCut how, base::Random& random) {
  if (!is_directory_) return contents_.power_cut(how, random);
  // Journals keep the order of names; not every file system has one.
  bool any = random.one_in(4);
  std::size_t kept = random.below(changes_.size() + 1);
  if (how == PowerCut::torn_512 || how == PowerCut::torn_4k) any = false;
  if (how == PowerCut::reordered_512 || how == PowerCut::reordered_4k) any = true;
  if (how == PowerCut::drop || how == PowerCut::keep) {
    any = false;
    kept = how == PowerCut::keep ? changes_.size() : 0;
  }
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    if (any ? random.one_in(2) : i < kept) apply(changes_[i], durable_entries_);
  }
  changes_.clear();
  entries_ = durable_entries_;
}

}  // namespace ottla::simulation
