#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "client/metadata/client_config.h"
#include "client/network/token_source.h"
#include "tests/unit/base/net/tls/tls_test_base.h"

namespace ottla::client {
namespace {

using base::trusting;
using base::with_key;

// A token endpoint over real sockets and TLS, with brokers for which other things count.
class TokenTlsTest : public base::TlsTest {
 protected:
  TokenTlsTest() {
    prepare_server = [this](base::TestHandler& handler) {
      handler.readable = [this, &handler] {
        handler.read_all();
        if (!handler.received.ends_with("grant_type=client_credentials")) return;
        ++asked_;
        handler.received.clear();
        handler.write(base::Slice::own(
            "HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n{\"access_token\":\"abc\"}"));
      };
    };
  }

  Result<OauthBearerToken> fetch(const SslConfig& brokers, const SslConfig& endpoint) {
    const auto url = "https://localhost:" + std::to_string(server().port) + "/token";
    const auto sasl = make_sasl({.protocol = SecurityProtocol::sasl_ssl,
                                 .ssl = brokers,
                                 .sasl = {.mechanism = "OAUTHBEARER",
                                          .oauthbearer_token_endpoint_url = url,
                                          .oauthbearer_client_credentials_client_id = "app",
                                          .oauthbearer_client_credentials_client_secret = "s3cret",
                                          .oauthbearer_ssl = endpoint}});
    if (!sasl) return sasl.error();
    base::Awaited<Result<OauthBearerToken>> outcome;
    std::unique_ptr<FetchedTokens> source;
    here([&] {
      source = std::make_unique<FetchedTokens>(
          base::LoopWithTransport{.loop = &loop(), .transport = &transport()}, (*sasl)->endpoint);
      source->ask([&](Result<OauthBearerToken> told) { outcome.set(std::move(told)); });
    });
    auto told = outcome.get();
    here([&] { source.reset(); });
    return told;
  }

  static SslConfig without_names(SslConfig config) {
    config.endpoint_identification_algorithm.clear();
    return config;
  }

  int asked_ = 0;
};

TEST_F(TokenTlsTest, asks_whom_it_is_to_trust) {
  const auto token = fetch({}, trusting(ca));
  ASSERT_TRUE(token) << token.error();
  EXPECT_EQ(token->token, "abc");
  end_all();
  EXPECT_EQ(asked_, 1);
}

TEST_F(TokenTlsTest, does_not_trust_it_because_brokers_are_trusted) {
  EXPECT_FALSE(fetch(trusting(ca), {}));
  EXPECT_FALSE(fetch(without_names(trusting(ca)), {}));
  end_all();
  EXPECT_EQ(asked_, 0);
}

TEST_F(TokenTlsTest, checks_its_name_though_those_of_brokers_are_not_checked) {
  base::CertificateOptions elsewhere;
  elsewhere.hosts = {"id.example.org"};
  elsewhere.addresses = {};
  server_context =
      base::make_tls_server(with_key({}, ca.issue(elsewhere)), base::TlsClientAuth::none).value();
  const auto token = fetch(without_names({}), trusting(ca));
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code(), ErrorCode::sasl_authentication_failed);
  EXPECT_TRUE(fetch({}, without_names(trusting(ca))));
  end_all();
  EXPECT_EQ(asked_, 1);
}

}  // namespace
}  // namespace ottla::client
