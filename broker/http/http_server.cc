#include "broker/http/http_server.h"

#include <array>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <chrono>
#include <utility>
#include <vector>

namespace ottla::broker {
namespace {

namespace http = boost::beast::http;

constexpr auto kPatience = std::chrono::seconds(10);
constexpr std::size_t kMostConnections = 64;
constexpr std::size_t kMostHeader = 8 << 10;

std::string head(const HttpResponse& response) {
  const auto reason = http::obsolete_reason(http::int_to_status(response.status));
  return "HTTP/1.1 " + std::to_string(response.status) + " " +
         std::string(reason.data(), reason.size()) + "\r\nContent-Type: " + response.content_type +
         "\r\nContent-Length: " + std::to_string(response.body.size()) +
         "\r\nConnection: close\r\n\r\n";
}

}  // namespace

// One client. Reads the head of a request, answers, hangs up.
class HttpServer::Connection final : public base::StreamHandler {
 public:
  Connection(HttpServer& server, std::uint64_t id, std::unique_ptr<base::Stream> stream)
      : server_(server), id_(id), stream_(std::move(stream)) {
    parser_.header_limit(kMostHeader);
    // A body is not read.
    parser_.skip(true);
  }
  ~Connection() override { loop().cancel(timer_); }

  void start() {
    timer_ = loop().call_at(loop().now() + kPatience, lifetime_.guard([this] {
      timer_ = base::TimerId::none;
      end();
    }));
    stream_->start(*this);
  }

  void on_readable() override {
    std::array<char, 4096> bytes;
    while (!asked_) {
      const auto count = stream_->read(bytes);
      if (count == 0) return;
      received_.append(bytes.data(), count);
      parse();
    }
  }
  void on_drained() override {
    if (answered_) end();
  }
  void on_closed(const Error&) override { end(); }

 private:
  base::Loop& loop() { return *server_.loop_.loop; }

  void parse() {
    boost::system::error_code error;
    const auto used =
        parser_.put(boost::asio::const_buffer(received_.data(), received_.size()), error);
    received_.erase(0, used);
    if (error == http::error::need_more) return;
    if (error == http::error::header_limit) return refuse(431, "the request is too long\n");
    if (error) return refuse(400, "this is not HTTP: " + error.message() + "\n");
    if (parser_.is_header_done()) ask();
  }

  void ask() {
    stop_reading();
    const auto& request = parser_.get();
    head_only_ = request.method() == http::verb::head;
    if (!head_only_ && request.method() != http::verb::get) {
      return refuse(405, "only GET and HEAD\n");
    }
    const std::string_view target(request.target().data(), request.target().size());
    server_.handle_(target.substr(0, target.find('?')),
                    lifetime_.guard([this](HttpResponse response) { answer(response); }));
  }

  void refuse(unsigned status, std::string why) {
    stop_reading();
    answer({.status = status, .body = std::move(why)});
  }

  void stop_reading() {
    asked_ = true;
    stream_->pause_reading();
  }

  void answer(const HttpResponse& response) {
    answered_ = true;
    std::vector<base::Segment> segments;
    segments.emplace_back(base::Slice::own(head(response)));
    if (!head_only_) segments.emplace_back(base::Slice::own(response.body));
    stream_->write(std::move(segments));
  }

  // The last thing it does.
  void end() { server_.connections_.erase(id_); }

  HttpServer& server_;
  const std::uint64_t id_;
  std::unique_ptr<base::Stream> stream_;
  http::request_parser<http::empty_body> parser_;
  std::string received_;
  base::TimerId timer_ = base::TimerId::none;
  bool asked_ = false;
  bool head_only_ = false;
  bool answered_ = false;
  base::Lifetime lifetime_;
};

HttpServer::HttpServer(base::LoopWithTransport loop, base::Logger logger, Handle handle)
    : loop_(loop), logger_(std::move(logger)), handle_(std::move(handle)) {}

HttpServer::~HttpServer() = default;

Result<void> HttpServer::listen(const base::Endpoint& at) {
  auto listener = loop_.transport->listen(
      at, [this](std::unique_ptr<base::Stream> stream) { on_accept(std::move(stream)); });
  if (!listener) return listener.error();
  listener_ = std::move(*listener);
  return {};
}

void HttpServer::on_accept(std::unique_ptr<base::Stream> stream) {
  if (connections_.size() >= kMostConnections) {
    logger_.warn("refusing a connection from " + stream->peer().host + ": there are " +
                 std::to_string(kMostConnections));
    return;
  }
  const auto id = next_connection_++;
  auto& connection = connections_[id];
  connection = std::make_unique<Connection>(*this, id, std::move(stream));
  connection->start();
}

}  // namespace ottla::broker
