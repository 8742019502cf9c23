#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/transport.h"
#include "broker/http/http_server.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/unit/log/manual_loop.h"

// Any bytes as what somebody says to the port of /metrics and /health, in pieces whose size the
// first byte tells; then the peer hangs up.
namespace ottla::fuzz {
namespace {

using namespace ottla::broker;  // NOLINT: a fuzz target

// What is known of the one connection, also when the server has ended it.
struct Talk {
  BytesView unread;
  std::size_t piece = 1;
  std::string written;
  base::StreamHandler* handler = nullptr;
  bool paused = false;
  bool open = true;
};

class TalkStream final : public base::Stream {
 public:
  explicit TalkStream(std::shared_ptr<Talk> talk) : talk_(std::move(talk)) {}
  ~TalkStream() override { talk_->open = false; }

  void start(base::StreamHandler& handler) override { talk_->handler = &handler; }
  std::size_t read(std::span<char> into) override {
    OTTLA_ASSERT(!talk_->paused, "who has paused does not read");
    if (left_ == 0) return 0;
    const auto count = std::min({into.size(), left_, talk_->unread.size()});
    std::memcpy(into.data(), talk_->unread.data(), count);
    talk_->unread.remove_prefix(count);
    left_ -= count;
    return count;
  }
  void write(std::vector<base::Segment> segments) override {
    for (const auto& each : segments) talk_->written += std::get<base::Slice>(each).bytes;
  }
  std::size_t queued_bytes() const override { return 0; }
  void pause_reading() override { talk_->paused = true; }
  void resume_reading() override { talk_->paused = false; }
  const base::Endpoint& peer() const override { return place_; }
  const base::Endpoint& local() const override { return place_; }

  // So much has come.
  void arrive(std::size_t bytes) { left_ = bytes; }

 private:
  const std::shared_ptr<Talk> talk_;
  const base::Endpoint place_{"127.0.0.1", 1};
  std::size_t left_ = 0;
};

class TalkTransport final : public base::Transport {
 public:
  class Open final : public base::Listener {
   public:
    const base::Endpoint& local() const override { return place_; }

   private:
    const base::Endpoint place_{"127.0.0.1", 2};
  };

  Result<std::unique_ptr<base::Listener>> listen(const base::Endpoint&, OnAccept on_accept,
                                                 const base::ListenOptions&) override {
    accept = std::move(on_accept);
    return std::unique_ptr<base::Listener>(std::make_unique<Open>());
  }
  void connect(const base::Endpoint&, OnConnect, const base::SocketBuffers&) override {}
  void resolve(const base::Endpoint&, OnResolve) override {}

  OnAccept accept;
};

void check_answer(const std::string& answer, std::size_t asked, const std::string& page) {
  OTTLA_ASSERT(answer.starts_with("HTTP/1.1 "), "an answer is of HTTP");
  const auto status = answer.substr(9, 3);
  OTTLA_ASSERT(status == "200" || status == "400" || status == "405" || status == "431",
               "an answer is one of four");
  OTTLA_ASSERT((status == "200") == (asked == 1), "who is answered was asked for");
  const auto end = answer.find("\r\n\r\n");
  OTTLA_ASSERT(end != std::string::npos, "a head ends");
  const auto head = answer.substr(0, end);
  const auto body = answer.substr(end + 4);
  const auto length = "\r\nContent-Length: ";
  const auto at = head.find(length);
  OTTLA_ASSERT(at != std::string::npos, "a body has a length");
  const auto said = std::stoul(head.substr(at + std::strlen(length)));
  OTTLA_ASSERT(body.empty() || body.size() == said, "a body is as long as is said");
  if (status == "200") OTTLA_ASSERT(body.empty() || body == page, "the page comes whole");
}

}  // namespace

std::vector<std::string> seeds() {
  return {"\x0fGET /metrics HTTP/1.1\r\nHost: localhost:9404\r\nAccept: text/plain\r\n\r\n",
          "\x01HEAD /health?verbose=1 HTTP/1.0\r\n\r\n",
          "\xffPOST /metrics HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody",
          "\x40GET /%2e%2e/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\nX: a\r\n b\r\n\r\n4\r\n",
          "\x20GET / HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n"};
}

}  // namespace ottla::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ottla;        // NOLINT: a fuzz target
  using namespace ottla::fuzz;  // NOLINT: a fuzz target
  const auto input = begin(data, size);
  if (input.empty()) return 0;
  static const std::string page = "page\n";
  std::size_t asked = 0;
  broker::ManualLoop loop;
  TalkTransport transport;
  broker::HttpServer server({&loop, &transport}, {}, [&](std::string_view path, auto respond) {
    ++asked;
    OTTLA_ASSERT(path.find('?') == std::string_view::npos && path.size() <= (8U << 10),
                 "a path is one, and bounded");
    respond({.body = page});
  });
  OTTLA_ASSERT(server.listen({"127.0.0.1", 0}), "nothing prevents it");
  const auto talk = std::make_shared<Talk>();
  talk->unread = input.substr(1);
  talk->piece = 1 + data[0];
  auto made = std::make_unique<TalkStream>(talk);
  auto& stream = *made;
  transport.accept(std::move(made));
  while (talk->open && !talk->paused && !talk->unread.empty()) {
    stream.arrive(talk->piece);
    talk->handler->on_readable();
    loop.run_tasks();
  }
  OTTLA_ASSERT(asked <= 1, "a connection has one request");
  if (!talk->written.empty()) {
    check_answer(talk->written, asked, page);
    talk->handler->on_drained();
    OTTLA_ASSERT(!talk->open, "who is answered is hung up on");
  } else {
    talk->handler->on_closed(Error(ErrorCode::connection_closed));
    OTTLA_ASSERT(!talk->open, "who hangs up is forgotten");
  }
  return 0;
}
