#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "base/transport.h"
#include "ottla/result.h"

struct iovec;

namespace ottla::base {

// What a stream still has to send, in order: gathers bytes into few system calls, sends large
// pieces of files with sendfile, copies the others. One thread.
class WriteQueue {
 public:
  // Ranges below this are copied: a copy costs less than the extra system call and small packet.
  static constexpr std::size_t kSendfileAtLeast = 32 << 10;
  // The most that is copied out of a file at once.
  static constexpr std::size_t kChunk = 256 << 10;

  enum class State {
    empty,    // everything is with the kernel
    blocked,  // the kernel takes no more now
    more,     // the budget is spent; go on in another turn
    cold,     // the bytes at `front_range` must come from the disk first: see `put_front`
  };

  // `peer` is for messages.
  explicit WriteQueue(Endpoint peer) : peer_(std::move(peer)) {}

  void add(std::vector<Segment> segments);

  // Hands over what the kernel takes, at most about `budget` bytes. An error ends the connection:
  // the socket's own, or a file that failed or is shorter than its range.
  Result<State> flush(int socket, std::size_t budget);

  // After `cold`: the file range to read, at most kChunk long, and then its bytes.
  FileRange front_range() const;
  void put_front(SharedBuffer bytes);

  std::size_t bytes() const { return bytes_; }
  void clear();

 private:
  enum class Step { sent, blocked, cold };

  Result<Step> send_gathered(int socket);
  Result<Step> send_range(int socket);
  Result<Step> send_from_file(int socket, FileRange& range);
  std::size_t gather(std::span<iovec> into, bool& file_follows);
  bool goes_by_sendfile(const FileRange& range) const;
  // Whether the first and the last byte are in memory, which tells enough about those between.
  Result<bool> is_warm(const FileRange& range, std::size_t length) const;
  // Turns the range at `index`, or its first kChunk bytes, into bytes if they need no disk.
  Result<bool> load(std::size_t index);
  void taken(std::size_t count);

  const Endpoint peer_;
  std::deque<Segment> segments_;
  std::size_t bytes_ = 0;
  bool sendfile_works_ = true;
};

std::size_t length_of(const Segment& segment);

// The error of a file that ended before its range.
Error short_file(const FileRange& range);

}  // namespace ottla::base
