#include "base/http/http_fetch.h"

#include <algorithm>
#include <array>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <iterator>
#include <optional>
#include <utility>

#include "base/ascii.h"

namespace ottla::base {
namespace {

namespace http = boost::beast::http;

constexpr std::uint32_t kMostHead = 8 << 10;
// Of bytes that are no body: the head, and the sizes of chunks.
constexpr std::size_t kMostBeside = 64 << 10;

std::string head_of(const HttpRequest& request) {
  std::string text = request.method + " " + request.url.target +
                     " HTTP/1.1\r\nHost: " + request.url.authority() +
                     "\r\nAccept: application/json\r\nUser-Agent: ottla\r\nConnection: close\r\n";
  for (const auto& [name, value] : request.headers) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  if (request.method != "GET") {
    text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return text + "\r\n";
}

std::string in_ms(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) +
         " ms";
}

}  // namespace

// What has come of an answer.
class HttpFetch::Parser {
 public:
  explicit Parser(std::size_t most_body)
      : most_body_(most_body), most_bytes_(2 * most_body + kMostBeside) {
    begin();
  }

  // Why it is not an answer that is taken; empty: none so far.
  std::string put(std::string_view bytes) {
    most_bytes_ -= std::min(most_bytes_, bytes.size());
    if (most_bytes_ == 0) return "the answer is too long";
    pending_.append(bytes);
    while (!pending_.empty() && !done()) {
      boost::system::error_code error;
      const auto used =
          parser_->put(boost::asio::const_buffer(pending_.data(), pending_.size()), error);
      pending_.erase(0, used);
      if (error == http::error::need_more) error = {};
      if (error == http::error::header_limit || error == http::error::body_limit) {
        return "the answer is too long";
      }
      if (error) return "the answer is not HTTP: " + error.message();
      if (parser_->is_header_done()) {
        if (const auto why = why_not_taken(); !why.empty()) return why;
        if (is_interim()) begin();
      }
      if (used == 0) break;
    }
    return {};
  }

  bool done() const { return parser_->is_done(); }
  HttpAnswer take() {
    auto& answer = parser_->get();
    return {.status = answer.result_int(), .body = std::move(answer.body())};
  }

 private:
  // For an answer, or the one behind an interim one.
  void begin() {
    parser_.emplace();
    parser_->header_limit(kMostHead);
    parser_->body_limit(most_body_);
    parser_->eager(true);
  }

  unsigned status() const { return parser_->get().result_int(); }
  bool is_interim() const { return status() >= 100 && status() < 200; }

  std::string why_not_taken() const {
    if (status() == 101) return "the answer is not HTTP any more (101)";
    const auto codings = parser_->get().equal_range(http::field::transfer_encoding);
    const auto count = std::distance(codings.first, codings.second);
    if (count > 1 || (count == 1 && !same_but_for_case(codings.first->value(), "chunked"))) {
      return "the answer is encoded for its transfer, and not in chunks alone";
    }
    if (parser_->need_eof()) return "the answer does not say how long it is";
    return {};
  }

  std::optional<http::response_parser<http::string_body>> parser_;
  std::string pending_;
  const std::size_t most_body_;
  std::size_t most_bytes_;  // that may still come
};

HttpFetch::HttpFetch(LoopWithTransport loop, std::shared_ptr<const TlsContext> tls,
                     HttpRequest request, const HttpLimits& limits, OnDone on_done)
    : loop_(loop),
      tls_(std::move(tls)),
      url_(request.url),
      limits_(limits),
      request_(head_of(request) + request.body),
      on_done_(std::move(on_done)),
      connect_by_(loop.loop->now() + limits.connect),
      parser_(std::make_unique<Parser>(limits.body_bytes)) {
  expect(limits_.connect, "no address was found");
  loop_.transport->resolve(url_.endpoint, lifetime_.guard([this](auto addresses) {
    on_resolved(std::move(addresses));
  }));
}

HttpFetch::~HttpFetch() {
  loop().cancel(timer_);
}

// A limit of time, instead of the last one.
void HttpFetch::expect(Duration patience, const char* what) {
  loop().cancel(timer_);
  timer_ = loop().call_at(loop().now() + patience, lifetime_.guard([this, patience, what] {
    timer_ = TimerId::none;
    if (!stream_ && next_address_ > 0 && next_address_ < addresses_.size()) {
      return connect_next();
    }
    fail(ErrorCode::request_timed_out, what + (" within " + in_ms(patience)));
  }));
}

void HttpFetch::on_resolved(Result<std::vector<Endpoint>> addresses) {
  if (!on_done_) return;
  if (!addresses) {
    return fail(ErrorCode::network_exception, std::move(addresses).error().to_string());
  }
  addresses_ = std::move(*addresses);
  if (addresses_.empty()) return fail(ErrorCode::network_exception, "the name has no address");
  connect_next();
}

// An address that never answers leaves time for the others.
void HttpFetch::connect_next() {
  const auto left = static_cast<std::int64_t>(addresses_.size() - next_address_);
  const auto attempt = ++next_address_;
  expect((connect_by_ - loop().now()) / left, "it was not reached");
  loop_.transport->connect(addresses_[attempt - 1], lifetime_.guard([this, attempt](auto stream) {
    if (on_done_ && attempt == next_address_) on_connected(std::move(stream));
  }));
}

void HttpFetch::on_connected(Result<std::unique_ptr<Stream>> stream) {
  if (!stream) {
    if (next_address_ < addresses_.size()) return connect_next();
    return fail(ErrorCode::network_exception, std::move(stream).error().to_string());
  }
  stream_ = std::move(*stream);
  const auto left = std::max(Duration(std::chrono::milliseconds(1)), connect_by_ - loop().now());
  if (url_.encrypted) {
    stream_ = tls_->secure(loop(), std::move(stream_),
                           {.host = url_.endpoint.host, .handshake_timeout = left});
  }
  // Over TLS the request leaves when the handshake is over.
  expect(url_.encrypted ? left : limits_.read,
         url_.encrypted ? "TLS was not spoken" : "it did not answer");
  stream_->start(*this);
  std::vector<Segment> segments;
  segments.emplace_back(Slice::own(std::exchange(request_, {})));
  stream_->write(std::move(segments));
}

void HttpFetch::on_drained() {
  if (on_done_) expect(limits_.read, "it did not answer");
}

void HttpFetch::on_readable() {
  std::array<char, 4096> bytes;
  while (on_done_) {
    const auto count = stream_->read(bytes);
    if (count == 0) return;
    take({bytes.data(), count});
  }
}

void HttpFetch::take(std::string_view bytes) {
  if (const auto why = parser_->put(bytes); !why.empty()) return fail(ErrorCode::corrupt_data, why);
  if (parser_->done()) finish(parser_->take());
}

void HttpFetch::on_closed(const Error& error) {
  if (!on_done_) return;
  if (error.code() == ErrorCode::ssl_authentication_failed) {
    return fail(error.code(), error.message());
  }
  if (error.code() == ErrorCode::request_timed_out) return fail(error.code(), error.message());
  fail(ErrorCode::network_exception, "it hung up before it had answered: " + error.to_string());
}

void HttpFetch::fail(ErrorCode code, const std::string& why) {
  finish(Error(code, url_.to_string() + ": " + why));
}

// The stream is in the middle of a call, perhaps.
void HttpFetch::finish(Result<HttpAnswer> outcome) {
  loop().cancel(timer_);
  if (stream_) stream_->pause_reading();
  auto told = std::make_shared<std::pair<OnDone, Result<HttpAnswer>>>(std::exchange(on_done_, {}),
                                                                      std::move(outcome));
  loop().post(lifetime_.guard([this, told] {
    stream_.reset();
    told->first(std::move(told->second));
  }));
}

bool is_unreachable(const Error& error) {
  return error.code() == ErrorCode::network_exception ||
         error.code() == ErrorCode::request_timed_out;
}

std::string describe_status(const HttpUrl& url, unsigned status) {
  const auto reason = http::obsolete_reason(http::int_to_status(status));
  return url.to_string() + " answered " + std::to_string(status) + " " +
         std::string(reason.data(), reason.size());
}

}  // namespace ottla::base
