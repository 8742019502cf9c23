#include "broker/http/http_server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/simulation.h"

namespace ottla::broker {
namespace {

using std::chrono::seconds;

class Visitor final : public base::StreamHandler {
 public:
  void on_readable() override {
    std::string buffer(65536, '\0');
    while (const auto count = stream->read(buffer)) received.append(buffer, 0, count);
  }
  void on_closed(const Error&) override { closed = true; }

  std::unique_ptr<base::Stream> stream;
  std::string received;
  bool closed = false;
};

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest()
      : server_node_(simulation_.add_node("s")), visitor_node_(simulation_.add_node("v")) {
    server_node_.start();
    visitor_node_.start();
    on(server_node_, [this] {
      server_ =
          std::make_unique<HttpServer>(server_node_.runtime().loop(0), base::Logger(),
                                       [this](std::string_view path, HttpServer::Respond respond) {
                                         asked_.emplace_back(path);
                                         if (path == "/later") {
                                           later_ = std::move(respond);
                                         } else {
                                           respond({.body = "at " + std::string(path)});
                                         }
                                       });
      ASSERT_TRUE(server_->listen({.host = server_node_.address(), .port = 80}));
    });
  }

  void TearDown() override {
    on(server_node_, [this] { server_.reset(); });
    on(visitor_node_, [this] { visitors_.clear(); });
  }

  void on(simulation::SimNode& node, const std::function<void()>& act) {
    bool done = false;
    node.loop().post([&] {
      act();
      done = true;
    });
    ASSERT_TRUE(simulation_.run_until([&] { return done; }, seconds(1)));
  }

  Visitor& visit(const std::string& bytes) {
    auto& visitor = *visitors_.emplace_back(std::make_unique<Visitor>());
    on(visitor_node_, [&] {
      visitor_node_.transport().connect(
          {.host = server_node_.address(), .port = 80},
          [&visitor, bytes](Result<std::unique_ptr<base::Stream>> stream) {
            visitor.stream = std::move(*stream);
            visitor.stream->start(visitor);
            std::vector<base::Segment> segments;
            segments.emplace_back(base::Slice::own(bytes));
            visitor.stream->write(std::move(segments));
          });
    });
    return visitor;
  }

  // All that the server says until it hangs up.
  std::string say(const std::string& bytes) {
    auto& visitor = visit(bytes);
    EXPECT_TRUE(simulation_.run_until([&] { return visitor.closed; }, seconds(30)));
    return visitor.received;
  }

  simulation::Simulation simulation_{3};
  simulation::SimNode& server_node_;
  simulation::SimNode& visitor_node_;
  std::unique_ptr<HttpServer> server_;
  std::vector<std::unique_ptr<Visitor>> visitors_;
  std::vector<std::string> asked_;
  HttpServer::Respond later_;
};

TEST_F(HttpServerTest, answers_a_get_and_hangs_up) {
  EXPECT_EQ(say("GET /metrics?x=1 HTTP/1.1\r\nHost: b\r\nAccept: */*\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: "
            "11\r\nConnection: close\r\n\r\nat /metrics");
  EXPECT_EQ(asked_, std::vector<std::string>{"/metrics"});
}

TEST_F(HttpServerTest, answers_a_head_without_the_body) {
  const auto answer = say("HEAD /health HTTP/1.0\r\n\r\n");
  EXPECT_NE(answer.find("Content-Length: 10\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST_F(HttpServerTest, reads_a_request_that_comes_in_pieces) {
  auto& visitor = visit("GE");
  for (const std::string piece : {"T /a HT", "TP/1.1\r\nHo", "st: b\r\n", "\r\n"}) {
    simulation_.run_for(seconds(1));
    EXPECT_EQ(visitor.received, "");
    on(visitor_node_, [&] {
      std::vector<base::Segment> segments;
      segments.emplace_back(base::Slice::own(piece));
      visitor.stream->write(std::move(segments));
    });
  }
  EXPECT_TRUE(simulation_.run_until([&] { return visitor.closed; }, seconds(5)));
  EXPECT_TRUE(visitor.received.ends_with("at /a")) << visitor.received;
}

TEST_F(HttpServerTest, refuses_what_is_no_get_and_what_is_no_http) {
  const auto begins = [&](const std::string& bytes, const std::string& with) {
    const auto answer = say(bytes);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + with)) << bytes.substr(0, 40) << "\n" << answer;
  };
  begins("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcde", "405");
  begins(std::string("\0\0\0\x10\0\x12\0\4", 8) + "\r\n\r\n", "400");
  begins("GET /" + std::string(9000, 'a'), "431");
  begins("GET / HTTP/1.1\r\nA: " + std::string(9000, 'a'), "431");
  begins("GET / HTTP/9.9\r\n\r\n", "400");
  EXPECT_TRUE(asked_.empty());
}

TEST_F(HttpServerTest, an_answer_may_come_later_or_find_nobody) {
  auto& visitor = visit("GET /later HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(simulation_.run_until([&] { return static_cast<bool>(later_); }, seconds(1)));
  EXPECT_EQ(visitor.received, "");
  on(server_node_, [this] { std::exchange(later_, {})({.body = "now"}); });
  EXPECT_TRUE(simulation_.run_until([&] { return visitor.closed; }, seconds(5)));
  EXPECT_TRUE(visitor.received.ends_with("now"));

  visit("GET /later HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(simulation_.run_until([&] { return static_cast<bool>(later_); }, seconds(1)));
  on(visitor_node_, [this] { visitors_.back()->stream.reset(); });
  simulation_.run_for(seconds(11));
  on(server_node_, [this] { std::exchange(later_, {})({.body = "too late"}); });
}

TEST_F(HttpServerTest, waits_for_a_request_ten_seconds_and_keeps_sixty_four_connections) {
  for (int i = 0; i < 70; ++i) visit("GET /slow");
  simulation_.run_for(seconds(5));
  const auto closed = [&] {
    return std::count_if(visitors_.begin(), visitors_.end(), [](auto& v) { return v->closed; });
  };
  EXPECT_EQ(closed(), 6);
  EXPECT_TRUE(simulation_.run_until([&] { return closed() == 70; }, seconds(6)));
  EXPECT_TRUE(say("GET /x HTTP/1.1\r\n\r\n").ends_with("at /x"));
}

}  // namespace
}  // namespace ottla::broker
