#include "broker/security/audit_file.h"

#include <array>
#include <utility>

namespace ottla::broker {

Result<std::shared_ptr<AuditFile>> AuditFile::open(std::shared_ptr<base::Directory> directory,
                                                   std::string name, const Limits& limits) {
  auto lock = directory->lock(name + ".lock");
  if (!lock) return lock.error();
  std::shared_ptr<AuditFile> opened(
      new AuditFile(std::move(directory), std::move(name), limits, *std::move(lock)));
  if (auto newest = opened->open_newest(); !newest) return newest.error();
  // Of a time when more were to be kept.
  for (auto number = limits.files; opened->directory_->exists(opened->older(number)); ++number) {
    if (auto gone = opened->directory_->remove(opened->older(number)); !gone) return gone.error();
  }
  return opened;
}

Result<void> AuditFile::open_newest() {
  auto file = directory_->open(name_, base::OpenMode::create_private);
  if (!file) return file.error();
  const auto size = (*file)->size();
  if (!size) return size.error();
  size_ = *size;
  std::array<char, 1> last{'\n'};
  if (size_ > 0) {
    if (auto read = (*file)->read_at(size_ - 1, last); !read) return read.error();
  }
  if (last[0] != '\n') {
    if (auto written = (*file)->write_at(size_, BytesView("\n")); !written) return written;
    ++size_;
  }
  file_ = *std::move(file);
  return {};
}

Result<void> AuditFile::append(std::string_view lines) {
  if (torn_) {
    if (auto cut = file_->truncate(size_); !cut) return cut;
    torn_ = false;
  }
  if (size_ > 0 && size_ + lines.size() > limits_.max_bytes) {
    if (auto rotated = rotate(); !rotated) return rotated;
  }
  if (!file_) {
    if (auto opened = open_newest(); !opened) return opened;
  }
  auto written = file_->write_at(size_, lines);
  if (written) {
    size_ += lines.size();
    return {};
  }
  // Half a line would be taken for one.
  torn_ = !file_->truncate(size_).has_value();
  return written;
}

// Every step can be done again: what failed half way goes on with the next lines. A number that it
// has left free is used first, so that nothing is removed twice for one rotation.
Result<void> AuditFile::rotate() {
  file_.reset();
  const auto oldest = limits_.files - 1;
  std::int32_t free = 1;
  while (free <= oldest && directory_->exists(older(free))) ++free;
  if (free > oldest) {
    free = oldest;
    const auto last = oldest == 0 ? name_ : older(oldest);
    if (directory_->exists(last)) {
      if (auto gone = directory_->remove(last); !gone) return gone;
    }
  }
  for (auto number = free - 1; number >= 0; --number) {
    const auto from = number == 0 ? name_ : older(number);
    if (!directory_->exists(from)) continue;
    if (auto moved = directory_->rename(from, older(number + 1)); !moved) return moved;
  }
  size_ = 0;
  return {};
}

}  // namespace ottla::broker
