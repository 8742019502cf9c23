#include "base/net/tls_writer.h"

#include <openssl/err.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/net/write_queue.h"

namespace ottla::base {
namespace {

// Below lies memory, which takes everything.
bool write_all(SSL& ssl, BytesView bytes) {
  std::size_t written = 0;
  return SSL_write_ex(&ssl, bytes.data(), bytes.size(), &written) == 1 && written == bytes.size();
}

Error refused() {
  ERR_clear_error();
  return Error(ErrorCode::io_error, "TLS cannot encrypt what is to be sent");
}

}  // namespace

void TlsWriter::add(std::vector<Segment> segments) {
  for (auto& segment : segments) {
    const auto length = length_of(segment);
    if (length == 0) continue;
    bytes_ += length;
    segments_.push_back(std::move(segment));
  }
}

Result<TlsWriter::State> TlsWriter::encrypt(SSL& ssl, std::size_t budget) {
  auto state = State::done;
  const auto before = bytes_;
  while (!segments_.empty() && before - bytes_ < budget) {
    const auto loaded = load_front();
    if (!loaded) return loaded.error();
    if (!*loaded) {
      state = State::cold;
      break;
    }
    const auto bytes = std::get<Slice>(segments_.front()).bytes;
    const bool alone = staged_ == 0 && (bytes.size() >= kRecord || segments_.size() == 1);
    if (alone) {
      const auto whole = bytes.size() >= kRecord ? bytes.size() / kRecord * kRecord : bytes.size();
      const auto part = bytes.substr(0, std::min(whole, kFileChunk));
      if (!write_all(ssl, part)) return refused();
      drop_front(part.size());
    } else {
      const auto part = bytes.substr(0, kRecord - staged_);
      stage(part);
      drop_front(part.size());
      if (staged_ == kRecord && !flush_stage(ssl)) return refused();
    }
  }
  if (staged_ > 0 && !flush_stage(ssl)) return refused();
  stage_.reset();
  return state;
}

void TlsWriter::stage(BytesView bytes) {
  if (!stage_) stage_.reset(new char[kRecord]);
  std::memcpy(stage_.get() + staged_, bytes.data(), bytes.size());
  staged_ += bytes.size();
}

bool TlsWriter::flush_stage(SSL& ssl) {
  return write_all(ssl, {stage_.get(), std::exchange(staged_, 0)});
}

Result<bool> TlsWriter::load_front() {
  const auto* range = std::get_if<FileRange>(&segments_.front());
  if (range == nullptr) return true;
  const auto part = front_range();
  auto buffer = SharedBuffer::allocate(part.length);
  const auto read = part.file->try_read_at(part.position, {buffer.data(), part.length});
  if (!read && read.error().code() == ErrorCode::would_block) return false;
  if (!read) return read.error();
  if (*read < part.length) return short_file(*range);
  put_front(std::move(buffer));
  return true;
}

FileRange TlsWriter::front_range() const {
  FileRange range = std::get<FileRange>(segments_.front());
  range.length = std::min(range.length, kFileChunk);
  return range;
}

void TlsWriter::put_front(SharedBuffer bytes) {
  auto& range = std::get<FileRange>(segments_.front());
  range.position += bytes.size();
  range.length -= bytes.size();
  if (range.length == 0) segments_.pop_front();
  segments_.emplace_front(Slice::of(bytes));
}

void TlsWriter::drop_front(std::size_t count) {
  bytes_ -= count;
  auto& bytes = std::get<Slice>(segments_.front()).bytes;
  bytes.remove_prefix(count);
  if (bytes.empty()) segments_.pop_front();
}

void TlsWriter::clear() {
  // What owns the bytes may do anything when it ends: not while the queue is half gone.
  const auto ends_here = std::exchange(segments_, {});
  bytes_ = 0;
}

}  // namespace ottla::base
