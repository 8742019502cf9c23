#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "base/buffer.h"
#include "base/transport.h"
#include "ottla/result.h"

namespace ottla::base {

// What a TLS stream still has to encrypt, in order. Records are full wherever there is enough:
// small pieces are gathered into one, large ones are encrypted where they lie. One thread.
class TlsWriter {
 public:
  static constexpr std::size_t kRecord = SSL3_RT_MAX_PLAIN_LENGTH;
  // The most that is copied out of a file at once: what stays in the processor's cache until it is
  // encrypted.
  static constexpr std::size_t kFileChunk = 4 * kRecord;

  enum class State {
    done,  // as much as was asked for, or everything
    cold,  // the bytes at `front_range` must come from the disk first: see `put_front`
  };

  void add(std::vector<Segment> segments);

  // Hands OpenSSL about `budget` bytes, at most all. An error ends the connection: a file that
  // failed or is shorter than its range, or OpenSSL's own (io_error).
  Result<State> encrypt(SSL& ssl, std::size_t budget);

  // After `cold`: the file range to read, at most kFileChunk long, and then its bytes.
  FileRange front_range() const;
  void put_front(SharedBuffer bytes);

  // Not encrypted yet.
  std::size_t bytes() const { return bytes_; }
  void clear();

 private:
  // Whether the front is bytes now.
  Result<bool> load_front();
  void drop_front(std::size_t count);
  void stage(BytesView bytes);
  bool flush_stage(SSL& ssl);

  std::deque<Segment> segments_;
  std::size_t bytes_ = 0;
  // A record that is being gathered; empty between calls.
  std::unique_ptr<char[]> stage_;
  std::size_t staged_ = 0;
};

}  // namespace ottla::base
