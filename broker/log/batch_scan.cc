#include "broker/log/batch_scan.h"

#include <algorithm>
#include <limits>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/endian.h"

namespace ottla::broker {

namespace layout = protocol::batch_layout;

bool is_damage(const Error& error) {
  return error.code() == ErrorCode::corrupt_message || error.code() == ErrorCode::corrupt_data;
}

namespace {

// The CRC-32 of zip files, bit by bit: it is needed once before a log is refused.
std::uint32_t crc32_extend(std::uint32_t crc, BytesView bytes) {
  crc = ~crc;
  for (const char byte : bytes) {
    crc ^= static_cast<std::uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

}  // namespace

Result<std::size_t> read_file_at(const base::File& file, std::uint64_t position,
                                 std::span<char> into, ReadMode mode) {
  return mode == ReadMode::no_wait ? file.try_read_at(position, into)
                                   : file.read_at(position, into);
}

FileWindow::FileWindow(const base::File& file, std::uint64_t end, std::size_t buffer_size,
                       ReadMode mode)
    : file_(file),
      end_(end),
      buffer_size_(std::max(buffer_size, protocol::kBatchHeaderSize)),
      mode_(mode) {}

Result<BytesView> FileWindow::at(std::uint64_t position, std::size_t size) {
  OTTLA_ASSERT(position <= end_ && size <= end_ - position, "a read beyond the window's end");
  if (position >= buffer_position_ && position - buffer_position_ <= buffered_ &&
      size <= buffered_ - (position - buffer_position_)) {
    return BytesView(buffer_).substr(static_cast<std::size_t>(position - buffer_position_), size);
  }
  const auto wanted = static_cast<std::size_t>(
      std::min<std::uint64_t>(std::max(size, buffer_size_), end_ - position));
  if (buffer_.size() < wanted) buffer_.resize(wanted);
  buffered_ = 0;
  auto count = read_file_at(file_, position, {buffer_.data(), wanted}, mode_);
  if (!count) return count.error();
  if (*count < size) {
    return Error(ErrorCode::corrupt_data, "the file is shorter than it was",
                 {.file = file_.path()});
  }
  buffer_position_ = position;
  buffered_ = *count;
  return BytesView(buffer_).substr(0, size);
}

BatchScanner::BatchScanner(const base::File& file, std::uint64_t position, std::uint64_t end,
                           ReadMode mode, std::size_t buffer_size)
    : window_(file, end, buffer_size, mode), position_(position) {}

Error BatchScanner::corrupt(const std::string& why) const {
  return Error(ErrorCode::corrupt_message, why + " at byte " + std::to_string(position_),
               {.file = window_.file().path()});
}

// Of bytes that are no batch.
Error BatchScanner::error_at(std::uint64_t left, const std::string& flaw) {
  const auto magic = magic_of_old_message(left);
  if (!magic) return magic.error();
  if (*magic < 0) return corrupt(flaw);
  return Error(ErrorCode::unsupported_for_message_format,
               "a message has magic " + std::to_string(*magic) + " at byte " +
                   std::to_string(position_) +
                   ": Apache Kafka wrote such before 0.11, and its 3.x can still read them",
               {.file = window_.file().path()});
}

// -1 if no such message begins here: only the checksum tells one from damage. Old messages are
// offset, size, CRC-32 of the rest, magic, and what depends on that.
Result<std::int8_t> BatchScanner::magic_of_old_message(std::uint64_t left) {
  constexpr std::size_t size_at = 8;
  constexpr std::size_t crc_at = 12;
  constexpr std::size_t magic_at = 16;
  constexpr std::int32_t least = 14;  // CRC, magic, attributes, no key, no value
  constexpr std::int8_t none = -1;
  if (left < crc_at + least) return none;
  auto head = window_.at(position_, magic_at + 1);
  if (!head) return head.error();
  const auto size = base::load_be<std::int32_t>(head->data() + size_at);
  const auto stored = base::load_be<std::uint32_t>(head->data() + crc_at);
  const auto magic = base::load_be<std::int8_t>(head->data() + magic_at);
  if ((magic != 0 && magic != 1) || size < least) return none;
  const auto end = position_ + crc_at + static_cast<std::uint64_t>(size);
  if (end > position_ + left) return none;
  std::uint32_t computed = 0;
  for (auto at = position_ + magic_at; at < end;) {
    const auto piece =
        static_cast<std::size_t>(std::min<std::uint64_t>(window_.buffer_size(), end - at));
    auto bytes = window_.at(at, piece);
    if (!bytes) return bytes.error();
    computed = crc32_extend(computed, *bytes);
    at += piece;
  }
  return computed == stored ? magic : none;
}

namespace {

template <class T>
T field(BytesView header, std::size_t at) {
  return base::load_be<T>(header.data() + at);
}

// The fields of 61 bytes that have been checked.
BatchHeader decode_header(BytesView header, std::uint64_t position, std::size_t size) {
  BatchHeader decoded;
  decoded.position = position;
  decoded.size = size;
  decoded.base_offset = Offset(field<std::int64_t>(header, layout::kBaseOffset));
  decoded.last_offset = decoded.base_offset + field<std::int32_t>(header, layout::kLastOffsetDelta);
  decoded.leader_epoch = LeaderEpoch(field<std::int32_t>(header, layout::kLeaderEpoch));
  decoded.max_timestamp = field<std::int64_t>(header, layout::kMaxTimestamp);
  decoded.producer_id = ProducerId(field<std::int64_t>(header, layout::kProducerId));
  decoded.producer_epoch = ProducerEpoch(field<std::int16_t>(header, layout::kProducerEpoch));
  decoded.base_sequence = Sequence(field<std::int32_t>(header, layout::kBaseSequence));
  const auto attributes = field<std::int16_t>(header, layout::kAttributes);
  decoded.transactional = (attributes & layout::kTransactionalBit) != 0;
  decoded.control = (attributes & layout::kControlBit) != 0;
  decoded.empty = field<std::int32_t>(header, layout::kRecordCount) == 0;
  return decoded;
}

// Why these 61 bytes cannot begin a batch; empty if they can.
std::string flaw_in(BytesView header, std::uint64_t left) {
  const auto magic = field<std::int8_t>(header, layout::kMagic);
  if (magic != protocol::kBatchMagic) {
    return "a batch has magic " + std::to_string(magic) + ", not 2,";
  }
  const auto length = field<std::int32_t>(header, layout::kBatchLength);
  constexpr auto least = protocol::kBatchHeaderSize - layout::kLogOverhead;
  if (length < static_cast<std::int32_t>(least)) {
    return "a batch states a length of " + std::to_string(length);
  }
  const std::uint64_t size = layout::kLogOverhead + static_cast<std::uint64_t>(length);
  if (size > left) {
    return "a batch of " + std::to_string(size) + " bytes is cut short, " + std::to_string(left) +
           " are left,";
  }
  const auto base_offset = field<std::int64_t>(header, layout::kBaseOffset);
  const auto delta = field<std::int32_t>(header, layout::kLastOffsetDelta);
  if (base_offset < 0 || delta < 0 ||
      base_offset > std::numeric_limits<std::int64_t>::max() - delta - 1) {
    return "a batch has impossible offsets";
  }
  return {};
}

}  // namespace

BatchHeader header_of(const protocol::RecordBatchView& batch, std::uint64_t position) {
  return decode_header(batch.bytes(), position, batch.size_in_bytes());
}

Result<std::optional<BatchHeader>> BatchScanner::next() {
  if (position_ >= window_.end()) return std::optional<BatchHeader>();
  const std::uint64_t left = window_.end() - position_;
  if (left < protocol::kBatchHeaderSize) {
    return error_at(left, "only " + std::to_string(left) + " bytes of a batch header are left");
  }
  auto header = window_.at(position_, protocol::kBatchHeaderSize);
  if (!header) return header.error();
  if (auto flaw = flaw_in(*header, left); !flaw.empty()) return error_at(left, flaw);
  const auto length = field<std::int32_t>(*header, layout::kBatchLength);
  const auto size = layout::kLogOverhead + static_cast<std::size_t>(length);
  const auto found = decode_header(*header, position_, size);
  position_ += size;
  return std::optional<BatchHeader>(found);
}

Result<protocol::RecordBatchView> BatchScanner::load(const BatchHeader& batch) {
  auto bytes = window_.at(batch.position, batch.size);
  if (!bytes) return bytes.error();
  auto parsed = protocol::RecordBatchView::parse(*bytes);
  if (parsed) return parsed;
  return Error(ErrorCode::corrupt_message,
               parsed.error().message() + " at byte " + std::to_string(batch.position),
               {.file = window_.file().path(), .offset = batch.base_offset.value});
}

Result<void> BatchScanner::verify_crc(const BatchHeader& batch) {
  auto header = window_.at(batch.position, protocol::kBatchHeaderSize);
  if (!header) return header.error();
  const auto stored = base::load_be<std::uint32_t>(header->data() + layout::kCrc);
  std::uint32_t computed = 0;
  for (auto at = batch.position + layout::kAttributes; at < batch.end();) {
    const auto piece =
        static_cast<std::size_t>(std::min<std::uint64_t>(window_.buffer_size(), batch.end() - at));
    auto bytes = window_.at(at, piece);
    if (!bytes) return bytes.error();
    computed = base::crc32c_extend(computed, *bytes);
    at += piece;
  }
  if (computed == stored) return {};
  return Error(ErrorCode::corrupt_message,
               "the checksum of the batch at byte " + std::to_string(batch.position) +
                   " is wrong: stored " + std::to_string(stored) + ", computed " +
                   std::to_string(computed),
               {.file = window_.file().path(), .offset = batch.base_offset.value});
}

}  // namespace ottla::broker
