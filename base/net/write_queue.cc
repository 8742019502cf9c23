#include "base/net/write_queue.h"

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/net/socket_address.h"
#include "base/system_message.h"

namespace ottla::base {
namespace {

constexpr std::size_t kMaxParts = 256;

void advance(FileRange& range, std::size_t count) {
  range.position += count;
  range.length -= count;
}

}  // namespace

std::size_t length_of(const Segment& segment) {
  if (const auto* slice = std::get_if<Slice>(&segment)) return slice->bytes.size();
  return std::get<FileRange>(segment).length;
}

Error short_file(const FileRange& range) {
  return Error(ErrorCode::io_error,
               "the file ends before position " + std::to_string(range.position + range.length) +
                   ", up to which it was to be sent; the connection is closed",
               {.file = range.file->path()});
}

void WriteQueue::add(std::vector<Segment> segments) {
  for (auto& segment : segments) {
    const auto length = length_of(segment);
    if (length == 0) continue;
    bytes_ += length;
    segments_.push_back(std::move(segment));
  }
}

Result<WriteQueue::State> WriteQueue::flush(int socket, std::size_t budget) {
  const auto before = bytes_;
  while (!segments_.empty()) {
    if (before - bytes_ >= budget) return State::more;
    const bool is_range = std::holds_alternative<FileRange>(segments_.front());
    const auto step = is_range ? send_range(socket) : send_gathered(socket);
    if (!step) return step.error();
    if (*step == Step::blocked) return State::blocked;
    if (*step == Step::cold) return State::cold;
  }
  return State::empty;
}

Result<WriteQueue::Step> WriteQueue::send_range(int socket) {
  auto& range = std::get<FileRange>(segments_.front());
  if (goes_by_sendfile(range)) return send_from_file(socket, range);
  const auto loaded = load(0);
  if (!loaded) return loaded.error();
  if (!*loaded) return Step::cold;
  return send_gathered(socket);
}

Result<WriteQueue::Step> WriteQueue::send_gathered(int socket) {
  std::array<iovec, kMaxParts> vectors;
  bool file_follows = false;
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = gather(vectors, file_follows);
  const int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (file_follows ? MSG_MORE : 0);
  const auto sent = uninterrupted([&] { return ::sendmsg(socket, &message, flags); });
  if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Step::blocked;
  if (sent < 0) return socket_error(errno, "send", peer_);
  taken(static_cast<std::size_t>(sent));
  return Step::sent;
}

std::size_t WriteQueue::gather(std::span<iovec> into, bool& file_follows) {
  std::size_t count = 0;
  std::size_t copied = 0;
  for (std::size_t i = 0; i < segments_.size() && count < into.size(); ++i) {
    if (const auto* range = std::get_if<FileRange>(&segments_[i])) {
      file_follows = goes_by_sendfile(*range);
      if (range->length >= kSendfileAtLeast || copied >= kChunk) break;
      copied += range->length;
      // Cold or broken: dealt with when it comes to the front.
      const auto loaded = load(i);
      if (!loaded || !*loaded) break;
    }
    const auto bytes = std::get<Slice>(segments_[i]).bytes;
    into[count++] = {const_cast<char*>(bytes.data()), bytes.size()};
  }
  return count;
}

bool WriteQueue::goes_by_sendfile(const FileRange& range) const {
  return sendfile_works_ && range.length >= kSendfileAtLeast && range.file->descriptor() >= 0;
}

Result<bool> WriteQueue::is_warm(const FileRange& range, std::size_t length) const {
  for (const auto position : {range.position, range.position + length - 1}) {
    char byte = 0;
    const auto read = range.file->try_read_at(position, {&byte, 1});
    if (!read && read.error().code() == ErrorCode::would_block) return false;
    if (!read) return read.error();
    if (*read == 0) return short_file(range);
  }
  return true;
}

Result<WriteQueue::Step> WriteQueue::send_from_file(int socket, FileRange& range) {
  const auto length = std::min(range.length, kChunk);
  const auto warm = is_warm(range, length);
  if (!warm) return warm.error();
  if (!*warm) return Step::cold;
  auto position = static_cast<off_t>(range.position);
  const auto sent = uninterrupted(
      [&] { return ::sendfile(socket, range.file->descriptor(), &position, length); });
  if (sent > 0) {
    advance(range, static_cast<std::size_t>(sent));
    bytes_ -= static_cast<std::size_t>(sent);
    if (range.length == 0) segments_.pop_front();
    return Step::sent;
  }
  if (sent == 0) return short_file(range);
  if (errno == EAGAIN || errno == EWOULDBLOCK) return Step::blocked;
  if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) {
    // This kind of file cannot be sent so: it is copied.
    sendfile_works_ = false;
    return Step::sent;
  }
  if (errno != EIO) return socket_error(errno, "sendfile", peer_);
  return Error(ErrorCode::io_error, "sendfile: " + system_message(errno),
               {.broker = peer_.to_string(), .file = range.file->path()});
}

Result<bool> WriteQueue::load(std::size_t index) {
  auto& range = std::get<FileRange>(segments_[index]);
  const auto length = std::min(range.length, kChunk);
  auto buffer = SharedBuffer::allocate(length);
  const auto read = range.file->try_read_at(range.position, {buffer.data(), length});
  if (!read && read.error().code() == ErrorCode::would_block) return false;
  if (!read) return read.error();
  if (*read < length) return short_file(range);
  if (index == 0) {
    put_front(std::move(buffer));
  } else {
    segments_[index] = Slice::of(buffer);
  }
  return true;
}

FileRange WriteQueue::front_range() const {
  FileRange range = std::get<FileRange>(segments_.front());
  range.length = std::min(range.length, kChunk);
  return range;
}

void WriteQueue::put_front(SharedBuffer bytes) {
  auto& range = std::get<FileRange>(segments_.front());
  advance(range, bytes.size());
  if (range.length == 0) segments_.pop_front();
  segments_.emplace_front(Slice::of(bytes));
}

void WriteQueue::taken(std::size_t count) {
  bytes_ -= count;
  while (count > 0) {
    auto& bytes = std::get<Slice>(segments_.front()).bytes;
    if (count < bytes.size()) {
      bytes.remove_prefix(count);
      return;
    }
    count -= bytes.size();
    segments_.pop_front();
  }
}

void WriteQueue::clear() {
  // What owns the bytes may do anything when it ends: not while the queue is half gone.
  const auto ends_here = std::exchange(segments_, {});
  bytes_ = 0;
}

}  // namespace ottla::base
