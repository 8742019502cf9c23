#include "tools/tls/probe.h"

#include <array>
#include <future>
#include <utility>
#include <vector>

#include "base/endian.h"
#include "base/loop.h"

namespace ottla::tools {
namespace {

using base::Endpoint;
using base::Stream;

constexpr std::int32_t kCorrelationId = 0x6f74'746c;
constexpr std::int32_t kLargestAnswer = 1 << 20;
constexpr std::int32_t kSmallestAnswer = 10;  // correlation id, error, an empty list

// ApiVersions 0 without a client id: its frame's size, key, version, correlation id, null.
std::string api_versions_request() {
  std::string bytes(14, '\0');
  base::store_be<std::int32_t>(bytes.data(), 10);
  base::store_be<std::int16_t>(bytes.data() + 4, 18);
  base::store_be<std::int32_t>(bytes.data() + 8, kCorrelationId);
  base::store_be<std::int16_t>(bytes.data() + 12, -1);
  return bytes;
}

// One connection, from the name to the first bytes of an answer. On the loop's thread; keeps itself
// until `done` was called.
class Probe final : public base::StreamHandler, public std::enable_shared_from_this<Probe> {
 public:
  Probe(base::LoopWithTransport place, ProbeRequest request, std::promise<Probed> done)
      : loop_(*place.loop),
        transport_(*place.transport),
        request_(std::move(request)),
        report_(std::make_shared<base::TlsReport>()),
        done_(std::move(done)) {}

  void start() {
    set_deadline();
    transport_.resolve(request_.target, [self = shared_from_this()](
                                            Result<std::vector<Endpoint>> found) {
      if (self->finished_) return;
      if (!found) return self->finish(found.error());
      self->addresses_ = std::move(*found);
      self->try_next(Error(ErrorCode::name_not_resolved, request_name(*self) + " has no address"));
    });
  }

  void on_readable() override {
    while (head_filled_ < head_.size()) {
      const auto count = stream_->read(std::span(head_).subspan(head_filled_));
      if (count == 0) return;
      head_filled_ += count;
    }
    const auto size = base::load_be<std::int32_t>(head_.data());
    const bool is_answer = size >= kSmallestAnswer && size <= kLargestAnswer &&
                           base::load_be<std::int32_t>(head_.data() + 4) == kCorrelationId;
    if (is_answer) return finish(std::nullopt);
    finish(Error(ErrorCode::corrupt_message, "whoever answers there speaks " +
                                                 std::string(request_.tls ? "TLS, but " : "") +
                                                 "no Kafka"));
  }
  void on_closed(const Error& error) override { finish(error); }

 private:
  static std::string request_name(const Probe& probe) { return probe.request_.target.to_string(); }

  void set_deadline() {
    loop_.cancel(deadline_);
    deadline_ = loop_.call_at(loop_.now() + request_.timeout,
                              [self = shared_from_this()] { self->on_late(); });
  }

  void on_late() {
    deadline_ = base::TimerId::none;
    const Error late(ErrorCode::request_timed_out, what_is_late());
    // Whoever took the connection is the one to tell of.
    if (addresses_.empty() || !address_.empty()) return finish(late);
    try_next(late);
  }

  void try_next(const Error& last) {
    if (finished_) return;
    if (next_ == addresses_.size()) return finish(last);
    set_deadline();
    const auto& address = addresses_[next_++];
    transport_.connect(address, [self = shared_from_this(),
                                 attempt = next_](Result<std::unique_ptr<Stream>> stream) {
      if (self->next_ != attempt) return;  // given up
      if (!stream) return self->try_next(stream.error());
      self->on_connected(std::move(*stream));
    });
  }

  void on_connected(std::unique_ptr<Stream> stream) {
    if (finished_) return;
    address_ = stream->peer().to_string();
    stream_ = std::move(stream);
    if (request_.tls) {
      // Our own deadline comes first, and knows more.
      stream_ = request_.tls->secure(
          loop_, std::move(stream_),
          {.host = request_.host, .handshake_timeout = 2 * request_.timeout, .report = report_});
    }
    stream_->start(*this);
    stream_->write({base::Slice::own(api_versions_request())});
  }

  std::string what_is_late() const {
    const auto within = " within " + std::to_string(request_.timeout.count()) + " ms";
    if (addresses_.empty()) {
      return "the name was not resolved" + within + ": do its name servers answer?";
    }
    if (address_.empty()) {
      return "nobody took the connection" + within +
             ": is the machine up, and does a firewall let it through?";
    }
    if (request_.tls && !report_->complete) {
      return "the connection was taken, but the TLS handshake did not end" + within +
             ": the port may speak no TLS";
    }
    return "no answer to a Kafka request came" + within;
  }

  void finish(std::optional<Error> error) {
    if (std::exchange(finished_, true)) return;
    // The timer may hold the last reference.
    const auto self = shared_from_this();
    loop_.cancel(deadline_);
    // Not in a call of the stream's.
    loop_.post([self, error = std::move(error)]() mutable {
      self->stream_.reset();
      self->done_.set_value({self->address_, *self->report_, std::move(error)});
    });
  }

  base::Loop& loop_;
  base::Transport& transport_;
  const ProbeRequest request_;
  const std::shared_ptr<base::TlsReport> report_;
  std::promise<Probed> done_;

  base::TimerId deadline_ = base::TimerId::none;
  std::vector<Endpoint> addresses_;
  std::size_t next_ = 0;
  std::string address_;
  std::unique_ptr<Stream> stream_;
  std::array<char, 8> head_{};
  std::size_t head_filled_ = 0;
  bool finished_ = false;
};

}  // namespace

Probed probe(base::Runtime& runtime, const ProbeRequest& request) {
  std::promise<Probed> done;
  auto outcome = done.get_future();
  const auto place = runtime.loop(0);
  place.loop->post([place, request, done = std::move(done)]() mutable {
    std::make_shared<Probe>(place, std::move(request), std::move(done))->start();
  });
  return outcome.get();
}

}  // namespace ottla::tools
