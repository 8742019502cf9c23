#include "base/crypto/private_key.h"

#include <gtest/gtest.h>

#include <string>

#include "base/crypto/base64_url.h"
#include "base/crypto/public_key.h"
#include "tests/tls/token_issuer.h"

namespace ottla::base {
namespace {

using Kind = PublicKey::Kind;

const tls_test::TokenIssuer& issuer() {
  static const tls_test::TokenIssuer made;
  return made;
}

// A number of a JWK.
std::string number_in(const std::string& jwk, const std::string& name) {
  const auto from = jwk.find("\"" + name + "\":\"") + name.size() + 4;
  std::string bytes;
  EXPECT_TRUE(from_base64_url(jwk.substr(from, jwk.find('"', from) - from), bytes)) << jwk;
  return bytes;
}

TEST(PrivateKey, signs_what_the_public_key_verifies) {
  const auto rsa = PrivateKey::from_pem(issuer().rsa_key(), "");
  ASSERT_TRUE(rsa) << rsa.error();
  EXPECT_EQ(rsa->kind(), Kind::rsa);
  EXPECT_EQ(rsa->sign("hello").value(), issuer().rsa_signature("hello"));

  const auto p256 = PrivateKey::from_pem(issuer().p256_key(), "unused");
  ASSERT_TRUE(p256) << p256.error();
  EXPECT_EQ(p256->kind(), Kind::p256);
  const auto jwk = issuer().p256_jwk("k");
  const auto key = PublicKey::p256(number_in(jwk, "x"), number_in(jwk, "y"));
  ASSERT_TRUE(key) << key.error();
  const auto signature = p256->sign("hello").value();
  EXPECT_TRUE(key->verifies("hello", signature));
  EXPECT_FALSE(key->verifies("hallo", signature));
}

TEST(PrivateKey, reads_an_encrypted_key_with_its_passphrase_alone) {
  const auto pem = issuer().p256_key("s3cret");
  EXPECT_TRUE(PrivateKey::from_pem(pem, "s3cret"));
  for (const auto& other : {std::string("secret"), std::string(), std::string(5000, 'x')}) {
    const auto read = PrivateKey::from_pem(pem, other);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().message(), "the private key cannot be read with this passphrase");
  }
}

TEST(PrivateKey, reads_nothing_else) {
  for (const std::string text :
       {"", "x", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"}) {
    EXPECT_FALSE(PrivateKey::from_pem(text, ""));
  }
  EXPECT_FALSE(PrivateKey::from_pem(tls_test::TokenIssuer(1024).rsa_key(), ""));
}

}  // namespace
}  // namespace ottla::base
