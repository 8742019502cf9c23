#include "client/network/connection.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>
#include <span>
#include <string>
#include <utility>

#include "base/assert.h"
#include "base/endian.h"

namespace ottla::client {
namespace {

// What is read of one connection before others get their turn.
constexpr std::size_t kReadBudget = 1 << 20;

std::size_t size_of(const std::vector<base::Segment>& frame) {
  std::size_t size = 0;
  for (const auto& segment : frame) {
    if (const auto* slice = std::get_if<base::Slice>(&segment)) size += slice->bytes.size();
  }
  return size;
}

// TLS answers with an alert, whose bytes read as a size.
Error not_a_frame(std::int32_t size) {
  constexpr std::int32_t kAlertOfTls = 0x15'03;
  if (size >> 16 == kAlertOfTls) {
    return {ErrorCode::network_exception,
            "the broker answered in TLS: set security.protocol to SSL or SASL_SSL"};
  }
  return {ErrorCode::network_exception,
          "the peer announced a frame of " + std::to_string(size) +
              " bytes; it may not be a Kafka broker, or expect another security protocol"};
}

}  // namespace

Connection::Connection(base::Loop& loop, std::unique_ptr<base::Stream> stream, BrokerId broker,
                       std::string broker_name, const NetworkConfig& config, OnThrottle on_throttle,
                       OnClosed on_closed)
    : loop_(loop),
      stream_(std::move(stream)),
      broker_(broker),
      broker_name_(std::move(broker_name)),
      max_response_bytes_(config.max_response_bytes),
      metrics_(config.metrics),
      on_throttle_(std::move(on_throttle)),
      on_closed_(std::move(on_closed)),
      last_used_(loop.now()) {
  if (metrics_) metrics_->on_connected(last_used_);
  stream_->start(*this);
}

Connection::~Connection() = default;

void Connection::send(std::vector<base::Segment> frame, InFlight in_flight) {
  OTTLA_ASSERT(stream_ != nullptr, "a closed connection sends nothing");
  last_used_ = loop_.now();
  next_correlation_id_ = next_correlation_id_ == std::numeric_limits<std::int32_t>::max()
                             ? 1
                             : next_correlation_id_ + 1;
  if (metrics_) {
    metrics_->on_request(broker_.value, size_of(frame), in_flight.has_response, last_used_);
  }
  in_flight.sent_at = last_used_;
  in_flight_.push_back(std::move(in_flight));
  unsent_.insert(unsent_.end(), std::make_move_iterator(frame.begin()),
                 std::make_move_iterator(frame.end()));
}

void Connection::flush() {
  if (stream_ && !unsent_.empty()) stream_->write(std::exchange(unsent_, {}));
}

base::TimePoint Connection::next_deadline() const {
  auto next = base::kNever;
  for (const auto& request : in_flight_) next = std::min(next, request.deadline);
  return next;
}

void Connection::abandon(const Error& error) {
  on_closed_ = nullptr;
  close(error);
}

void Connection::close(const Error& why) {
  if (!stream_) return;
  const auto unanswered = std::count_if(in_flight_.begin(), in_flight_.end(),
                                        [](const auto& request) { return request.has_response; });
  if (metrics_) metrics_->on_disconnected(static_cast<std::size_t>(unanswered), loop_.now());
  const Error error(why.code(), why.message(), {.broker = broker_name_});
  // The stream may be in the middle of a call to this object: it goes in a turn of its own.
  loop_.post([stream = std::shared_ptr<base::Stream>(std::move(stream_))] {});
  auto failed = std::exchange(in_flight_, {});
  auto on_closed = std::move(on_closed_);
  for (auto& request : failed) request.done(error);
  if (on_closed) on_closed(error);
}

void Connection::on_closed(const Error& error) {
  if (is_authentication_failure(error.code())) return close(error);
  close(Error(ErrorCode::network_exception, "the connection broke: " + error.to_string()));
}

void Connection::on_readable() {
  std::size_t read = 0;
  while (stream_ && read < kReadBudget) {
    const auto before = read;
    if (frame_ && frame_.size() - frame_filled_ > small_.size()) {
      read += stream_->read({frame_.data() + frame_filled_, frame_.size() - frame_filled_});
      frame_filled_ += read - before;
      if (frame_filled_ == frame_.size()) on_frame();
    } else {
      read += stream_->read(small_);
      take_bytes({small_.data(), read - before});
    }
    if (read == before) return;
  }
}

void Connection::take_bytes(BytesView bytes) {
  while (stream_ && !bytes.empty()) {
    if (!frame_ && !begin_frame(bytes)) return;
    const auto part = std::min(bytes.size(), frame_.size() - frame_filled_);
    std::memcpy(frame_.data() + frame_filled_, bytes.data(), part);
    frame_filled_ += part;
    bytes.remove_prefix(part);
    if (frame_filled_ == frame_.size()) on_frame();
  }
}

bool Connection::begin_frame(BytesView& bytes) {
  const auto part = std::min(bytes.size(), size_bytes_.size() - size_filled_);
  std::memcpy(size_bytes_.data() + size_filled_, bytes.data(), part);
  size_filled_ += part;
  bytes.remove_prefix(part);
  if (size_filled_ < size_bytes_.size()) return false;
  size_filled_ = 0;
  const auto size = base::load_be<std::int32_t>(size_bytes_.data());
  if (size < 4 || static_cast<std::size_t>(size) > max_response_bytes_) {
    close(not_a_frame(size));
    return false;
  }
  frame_ = base::SharedBuffer::allocate(static_cast<std::size_t>(size));
  frame_filled_ = 0;
  return true;
}

void Connection::on_drained() {
  // What is not flushed yet has not left; it brings another call of this.
  if (unsent_.empty()) finish_sent();
}

// Those at the front that get no answer have left.
void Connection::finish_sent() {
  while (!in_flight_.empty() && !in_flight_.front().has_response) {
    auto request = std::move(in_flight_.front());
    in_flight_.pop_front();
    last_used_ = loop_.now();
    request.done(RawResponse{.frame = {},
                             .body = {},
                             .version = request.version,
                             .broker = broker_,
                             .broker_name = broker_name_});
  }
}

void Connection::on_frame() {
  auto frame = std::exchange(frame_, {});
  // An answer says that everything before its request has left.
  finish_sent();
  const auto correlation_id = protocol::read_correlation_id(frame.view());
  if (in_flight_.empty() || !correlation_id ||
      *correlation_id != in_flight_.front().correlation_id) {
    return close(Error(ErrorCode::network_exception,
                       "the broker answered a request that was not the one to be answered next"));
  }
  auto request = std::move(in_flight_.front());
  in_flight_.pop_front();
  last_used_ = loop_.now();
  if (metrics_) {
    metrics_->on_response(broker_.value, frame.size() + size_bytes_.size(),
                          last_used_ - request.sent_at, last_used_);
  }
  auto body = protocol::read_response(frame.view(), request.api, request.version);
  if (!body) {
    Error error(ErrorCode::network_exception,
                "the broker's answer is malformed: " + body.error().message(),
                {.broker = broker_name_});
    request.done(error);
    return close(error);
  }
  const auto verdict =
      request.done(RawResponse{frame, *body, request.version, broker_, broker_name_});
  if (!verdict.well_formed) {
    return close(Error(ErrorCode::network_exception, "the broker sent a malformed answer"));
  }
  if (verdict.throttle_ms > 0) on_throttle_(std::chrono::milliseconds(verdict.throttle_ms));
}

}  // namespace ottla::client
