#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/http/http_fetch.h"
#include "tests/unit/base/net/tls/tls_test_base.h"

namespace ottla::base {
namespace {

// Over real sockets and TLS.
class HttpsTest : public TlsTest {
 protected:
  HttpsTest() {
    prepare_server = [this](TestHandler& handler) {
      handler.readable = [this, &handler] {
        handler.read_all();
        if (!handler.received.ends_with("\r\n\r\n")) return;
        ++asked_;
        handler.received.clear();
        handler.write(Slice::own("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nthe keys\n"));
      };
    };
  }

  Result<HttpAnswer> fetch(const Context& context, const std::string& host) {
    Awaited<Result<HttpAnswer>> outcome;
    std::unique_ptr<HttpFetch> fetch;
    HttpRequest request;
    request.url = {.endpoint = {host, server().port}, .target = "/keys"};
    here([&] {
      fetch = std::make_unique<HttpFetch>(
          LoopWithTransport{.loop = &loop(), .transport = &transport()}, context, request,
          HttpLimits(), [&](Result<HttpAnswer> told) { outcome.set(std::move(told)); });
    });
    auto told = outcome.get();
    here([&] { fetch.reset(); });
    return told;
  }

  int asked_ = 0;
};

TEST_F(HttpsTest, asks_whom_it_trusts) {
  for (const std::string host : {"localhost", "127.0.0.1"}) {
    const auto answer = fetch(client_context, host);
    ASSERT_TRUE(answer) << answer.error();
    EXPECT_EQ(answer->body, "the keys\n");
  }
  end_all();
  EXPECT_EQ(asked_, 2);
}

TEST_F(HttpsTest, tells_nothing_to_whom_it_does_not_trust) {
  const auto stranger = fetch(make_tls_client(trusting(TinyCa("Another"))).value(), "localhost");
  ASSERT_FALSE(stranger);
  EXPECT_EQ(stranger.error().code(), ErrorCode::ssl_authentication_failed) << stranger.error();
  EXPECT_FALSE(is_unreachable(stranger.error()));
  end_all();
  EXPECT_EQ(asked_, 0);
}

TEST_F(HttpsTest, tells_nothing_to_whom_has_another_name) {
  CertificateOptions elsewhere;
  elsewhere.hosts = {"id.example.org"};
  elsewhere.addresses = {};
  server_context = make_tls_server(with_key({}, ca.issue(elsewhere)), TlsClientAuth::none).value();
  const auto other = fetch(client_context, "localhost");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), ErrorCode::ssl_authentication_failed) << other.error();
  end_all();
  EXPECT_EQ(asked_, 0);
}

}  // namespace
}  // namespace ottla::base
