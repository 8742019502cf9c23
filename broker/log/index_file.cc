#include "broker/log/index_file.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"

namespace ottla::broker {

IndexFile::IndexFile(std::shared_ptr<base::Directory> directory, std::string name,
                     std::size_t entry_size, std::size_t entries)
    : directory_(std::move(directory)),
      name_(std::move(name)),
      entry_size_(entry_size),
      written_(entries) {}

Result<void> IndexFile::open_file(base::OpenMode mode) {
  if (file_) return {};
  auto opened = directory_->open(name_, mode);
  if (!opened) return opened.error();
  file_ = std::move(*opened);
  return {};
}

Result<void> IndexFile::read(std::size_t i, char* into, ReadMode mode) {
  OTTLA_ASSERT(i < size(), "there is no such index entry");
  if (i >= written_) {
    std::memcpy(into, tail_.data() + (i - written_) * entry_size_, entry_size_);
    return {};
  }
  if (!file_) {
    if (mode == ReadMode::no_wait) return ErrorCode::would_block;
    if (auto opened = open_file(base::OpenMode::read_write); !opened) return opened;
  }
  auto count = read_file_at(*file_, i * entry_size_, {into, entry_size_}, mode);
  if (!count) return count.error();
  if (*count == entry_size_) return {};
  return Error(ErrorCode::corrupt_data, "the index file ends before its last entry",
               {.file = file_->path()});
}

Result<void> IndexFile::read_page(std::size_t page, std::string& into, ReadMode mode) {
  if (!file_) {
    if (mode == ReadMode::no_wait) return ErrorCode::would_block;
    if (auto opened = open_file(base::OpenMode::read_write); !opened) return opened;
  }
  const std::size_t first = page * entries_per_page();
  into.resize(std::min(entries_per_page(), written_ - first) * entry_size_);
  auto count = read_file_at(*file_, first * entry_size_, into, mode);
  if (!count) return count.error();
  if (*count == into.size()) return {};
  return Error(ErrorCode::corrupt_data, "the index file ends before its last entry",
               {.file = file_->path()});
}

std::size_t IndexFile::partition_point_in(BytesView entries, const Before& before) const {
  std::size_t low = 0;
  std::size_t high = entries.size() / entry_size_;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (before(entries.data() + middle * entry_size_)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

Result<std::size_t> IndexFile::partition_point(const Before& before, ReadMode mode) {
  if (!tail_.empty() && before(tail_.data())) {
    return written_ + partition_point_in(tail_, before);
  }
  std::size_t low = 0;
  std::size_t high = (written_ + entries_per_page() - 1) / entries_per_page();
  std::string page;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (auto read = read_page(middle, page, mode); !read) return read.error();
    if (!before(page.data())) {
      high = middle;
    } else if (before(page.data() + page.size() - entry_size_)) {
      low = middle + 1;
    } else {
      return middle * entries_per_page() + partition_point_in(page, before);
    }
  }
  return std::min(low * entries_per_page(), written_);
}

Result<bool> IndexFile::scan(std::size_t first, const Visit& visit, ReadMode mode) {
  std::string page;
  std::size_t at = first;
  while (at < written_) {
    if (auto read = read_page(at / entries_per_page(), page, mode); !read) return read.error();
    const std::size_t begin = at % entries_per_page() * entry_size_;
    for (std::size_t i = begin; i < page.size(); i += entry_size_, ++at) {
      if (!visit(page.data() + i)) return false;
    }
  }
  for (; at < size(); ++at) {
    if (!visit(tail_.data() + (at - written_) * entry_size_)) return false;
  }
  return true;
}

Result<void> IndexFile::keep_while(const Follows& follows) {
  std::string before;
  std::string page;
  for (std::size_t first = 0; first < written_; first += entries_per_page()) {
    if (auto read = read_page(first / entries_per_page(), page, ReadMode::may_sleep); !read) {
      return read;
    }
    for (std::size_t at = 0; at < page.size(); at += entry_size_) {
      if (!follows(before.empty() ? nullptr : before.data(), page.data() + at)) {
        return truncate(first + at / entry_size_);
      }
      before.assign(page, at, entry_size_);
    }
  }
  return {};
}

Result<void> IndexFile::append(BytesView entry) {
  OTTLA_ASSERT(entry.size() == entry_size_, "an index has entries of one size");
  tail_.append(entry);
  if (tail_.size() < entries_per_page() * entry_size_) return {};
  return write_out();
}

Result<void> IndexFile::truncate(std::size_t entries) {
  if (entries >= size()) return {};
  if (entries >= written_) {
    tail_.resize((entries - written_) * entry_size_);
    return {};
  }
  if (auto opened = open_file(base::OpenMode::create); !opened) return opened;
  if (auto cut = file_->truncate(entries * entry_size_); !cut) return cut;
  tail_.clear();
  written_ = entries;
  return {};
}

Result<void> IndexFile::write_out() {
  if (auto opened = open_file(base::OpenMode::create); !opened) return opened;
  if (tail_.empty()) return {};
  if (auto wrote = file_->write_at(written_ * entry_size_, tail_); !wrote) return wrote;
  written_ += tail_.size() / entry_size_;
  tail_.clear();
  return {};
}

Result<std::shared_ptr<base::File>> IndexFile::file() {
  if (auto opened = open_file(base::OpenMode::create); !opened) return opened.error();
  return file_;
}

}  // namespace ottla::broker
