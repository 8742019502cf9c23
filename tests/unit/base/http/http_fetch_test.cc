#include "base/http/http_fetch.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tests/simulation/on_loop.h"
#include "tests/simulation/scripted_http.h"
#include "tests/simulation/simulation.h"

namespace ottla::base {
namespace {

using namespace std::chrono_literals;
using simulation::ScriptedHttp;

class HttpFetchTest : public testing::Test {
 protected:
  HttpFetchTest() {
    server_node_.start();
    client_node_.start();
    server_.start();
    request_.url = HttpUrl::parse("http://server/keys?x=1").value();
  }
  ~HttpFetchTest() override {
    on(client_node_, [this] { fetch_.reset(); });
    on(server_node_, [this] { server_.close(); });
  }

  void on(simulation::SimNode& node, const std::function<void()>& act) {
    simulation::on_loop(simulation_, node, act);
  }

  void begin() {
    outcome_.reset();
    on(client_node_, [this] {
      fetch_ = std::make_unique<HttpFetch>(client_node_.runtime().loop(0), nullptr, request_,
                                           limits_, [this](Result<HttpAnswer> outcome) {
                                             outcome_ = std::move(outcome);
                                             fetch_.reset();
                                           });
    });
  }

  Result<HttpAnswer> fetch() {
    begin();
    EXPECT_TRUE(simulation_.run_until([&] { return outcome_.has_value(); }, 5min));
    return *outcome_;
  }

  Result<HttpAnswer> fetch(const ScriptedHttp::Answer& answer) {
    server_.respond = [answer](const std::string&) { return answer; };
    return fetch();
  }

  // Why an answer is not taken.
  std::string refusal(const std::string& bytes, bool hangs_up = true) {
    const auto outcome = fetch({.bytes = bytes, .hangs_up = hangs_up});
    if (outcome) return "taken: " + outcome->body;
    return outcome.error().to_string();
  }

  simulation::Simulation simulation_{5};
  simulation::SimNode& server_node_ = simulation_.add_node("server");
  simulation::SimNode& client_node_ = simulation_.add_node("client");
  ScriptedHttp server_{server_node_};
  HttpRequest request_;
  HttpLimits limits_;
  std::unique_ptr<HttpFetch> fetch_;
  std::optional<Result<HttpAnswer>> outcome_;
};

TEST_F(HttpFetchTest, asks_and_takes_an_answer_of_a_length_without_waiting_for_the_end) {
  const auto answer = fetch({.bytes = ScriptedHttp::answer(200, "{}"), .hangs_up = false});
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_EQ(answer->status, 200U);
  EXPECT_EQ(answer->body, "{}");
  EXPECT_EQ(server_.requests,
            std::vector<std::string>{"GET /keys?x=1 HTTP/1.1\r\nHost: server\r\nAccept: "
                                     "application/json\r\nUser-Agent: ottla\r\nConnection: "
                                     "close\r\n\r\n"});
}

TEST_F(HttpFetchTest, sends_a_body_and_headers) {
  request_.method = "POST";
  request_.headers = {{"Content-Type", "text/plain"}};
  request_.body = "hello";
  const auto answer = fetch({.bytes = ScriptedHttp::answer(401, "no")});
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_EQ(answer->status, 401U);
  EXPECT_TRUE(server_.requests[0].ends_with(
      "\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"));
}

TEST_F(HttpFetchTest, takes_chunks_and_what_comes_byte_by_byte) {
  const std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
  EXPECT_EQ(fetch({.bytes = chunked}).value().body, "abcde");
  limits_.read = 1h;
  EXPECT_EQ(fetch({.bytes = chunked, .one_by_one = true}).value().body, "abcde");
}

TEST_F(HttpFetchTest, takes_no_answer_whose_length_could_be_read_in_two_ways) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (const std::string& head : {
           std::string("Content-Length: 2\r\nContent-Length: 3\r\n"),
           std::string("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"),
           std::string("Transfer-Encoding: chunked\r\nContent-Length: 2\r\n"),
           std::string("Content-Length: -2\r\n"),
           std::string("Content-Length: 2x\r\n"),
           std::string("Content-Length: 0x2\r\n"),
           std::string("Content-Length: 99999999999999999999\r\n"),
           std::string("Content-Length : 2\r\n"),
       }) {
    const auto why = refusal(ok + head + "\r\n{}x");
    EXPECT_NE(why.find("CORRUPT_DATA"), std::string::npos) << head << why;
    EXPECT_NE(why.find("http://server/keys: the answer is"), std::string::npos) << head << why;
  }
  EXPECT_NE(
      refusal(ok + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}3\r\n0\r\n\r\n").find("not HTTP"),
      std::string::npos);
  EXPECT_NE(
      refusal(ok + "Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n").find("not HTTP"),
      std::string::npos);
  EXPECT_NE(refusal(ok + "\r\n{}").find("does not say how long it is"), std::string::npos);
}

TEST_F(HttpFetchTest, takes_no_answer_that_is_encoded_in_another_way_than_in_chunks) {
  const std::string coding = "Transfer-Encoding: ";
  for (const std::string& head :
       {coding + "gzip\r\n", coding + "gzip, chunked\r\n", coding + "identity\r\n",
        coding + "xchunked\r\nContent-Length: 2\r\n", coding + "gzip\r\nContent-Length: 2\r\n",
        "Content-Length: 2\r\n" + coding + "identity\r\n",
        coding + "gzip\r\n" + coding + "chunked\r\n", coding + "\r\nContent-Length: 2\r\n"}) {
    const auto why = refusal("HTTP/1.1 200 OK\r\n" + head + "\r\n{}");
    EXPECT_NE(why.find("CORRUPT_DATA"), std::string::npos) << head << why;
  }
  EXPECT_EQ(refusal("HTTP/1.1 200 OK\r\n" + coding + "Chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
            "taken: {}");
}

TEST_F(HttpFetchTest, passes_over_interim_answers) {
  const std::string interim =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
  const auto bytes = interim + ScriptedHttp::answer(200, "{}");
  const auto answer = fetch({.bytes = bytes, .hangs_up = false});
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_EQ(answer->status, 200U);
  EXPECT_EQ(answer->body, "{}");
  limits_.read = 1h;
  EXPECT_EQ(fetch({.bytes = bytes, .one_by_one = true}).value().status, 200U);
  EXPECT_NE(refusal(interim).find("hung up before it had answered"), std::string::npos);
  std::string endless;
  for (int i = 0; i < 20'000; ++i) endless += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_NE(refusal(endless, false).find("the answer is too long"), std::string::npos);
  const auto other = refusal("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + bytes);
  EXPECT_NE(other.find("CORRUPT_DATA"), std::string::npos) << other;
  EXPECT_NE(other.find("(101)"), std::string::npos) << other;
}

TEST_F(HttpFetchTest, takes_nothing_that_is_no_http) {
  for (const std::string bytes :
       {"\x16\x03\x01", "SSH-2.0-x\r\n\r\n", "HTTP/9.1 200 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\x01\r\n\r\n"}) {
    EXPECT_NE(refusal(bytes + std::string(20, 'x')).find("the answer is not HTTP"),
              std::string::npos)
        << bytes << refusal(bytes + std::string(20, 'x'));
  }
}

TEST_F(HttpFetchTest, takes_so_much_of_an_answer_and_no_more) {
  limits_.body_bytes = 1000;
  const auto ok = ScriptedHttp::answer(200, std::string(1000, 'a'));
  EXPECT_EQ(fetch({.bytes = ok}).value().body.size(), 1000U);
  const std::string too_long = "the answer is too long";
  EXPECT_NE(refusal(ScriptedHttp::answer(200, std::string(1001, 'a'))).find(too_long),
            std::string::npos);
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string chunks;
  for (int i = 0; i < 1001; ++i) chunks += "1\r\na\r\n";
  EXPECT_NE(refusal(chunked + chunks, false).find(too_long), std::string::npos);
  EXPECT_NE(refusal(chunked + "1;" + std::string(100'000, 'x'), false).find(too_long),
            std::string::npos);
  EXPECT_NE(refusal("HTTP/1.1 200 OK\r\nA: " + std::string(100'000, 'x'), false).find(too_long),
            std::string::npos);
  std::string trailers;
  for (int i = 0; i < 20'000; ++i) trailers += "A: b\r\n";
  EXPECT_NE(refusal(chunked + "0\r\n" + trailers, false).find(too_long), std::string::npos);
}

TEST_F(HttpFetchTest, an_answer_that_breaks_off_is_none) {
  for (const std::string bytes :
       {"", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"}) {
    const auto why = refusal(bytes);
    EXPECT_NE(why.find("NETWORK_EXCEPTION"), std::string::npos) << why;
    EXPECT_NE(why.find("hung up before it had answered"), std::string::npos) << why;
  }
}

TEST_F(HttpFetchTest, waits_for_the_whole_answer_as_long_as_it_may) {
  const auto begun = simulation_.now();
  const auto outcome = fetch({.bytes = ScriptedHttp::answer(200, "{}"), .one_by_one = true});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), ErrorCode::request_timed_out) << outcome.error();
  EXPECT_EQ(outcome.error().message(), "http://server/keys: it did not answer within 10000 ms");
  EXPECT_TRUE(is_unreachable(outcome.error()));
  EXPECT_LT(simulation_.now() - begun, 11s);
}

TEST_F(HttpFetchTest, says_that_nobody_is_there) {
  request_.url.endpoint.port = 81;
  auto outcome = fetch();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), ErrorCode::network_exception) << outcome.error();
  request_.url.endpoint = {"nobody", 80};
  outcome = fetch();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), ErrorCode::network_exception) << outcome.error();
  EXPECT_NE(outcome.error().message().find("http://nobody/keys: "), std::string::npos);
}

TEST_F(HttpFetchTest, who_is_gone_is_told_nothing) {
  server_.respond = [](const std::string&) {
    return ScriptedHttp::Answer{.bytes = ScriptedHttp::answer(200, "{}")};
  };
  begin();
  on(client_node_, [this] { fetch_.reset(); });
  simulation_.run_for(1min);
  EXPECT_FALSE(outcome_);
}

}  // namespace
}  // namespace ottla::base
