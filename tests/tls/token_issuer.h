#pragma once

#include <memory>
#include <string>

namespace ottla::tls_test {

// Signs tokens for tests, with an RSA key and one of P-256 of its own. Whatever goes wrong ends the
// program.
class TokenIssuer {
 public:
  explicit TokenIssuer(int rsa_bits = 2048);
  ~TokenIssuer();

  // The public keys as a JWK: {"kty": ..., "kid": `kid`, ...} with `more` ("\"use\":\"sig\"") in
  // it.
  std::string rsa_jwk(const std::string& kid, const std::string& more = "") const;
  std::string p256_jwk(const std::string& kid, const std::string& more = "") const;

  // The raw signature by SHA-256 that a JWT has.
  std::string rsa_signature(const std::string& message) const;
  std::string p256_signature(const std::string& message) const;

  // The private keys, PEM, encrypted with a passphrase unless that is empty.
  std::string rsa_key(const std::string& passphrase = "") const;
  std::string p256_key(const std::string& passphrase = "") const;

  // Header and claims are JSON; signed by what the header's `alg` is: RS256 or ES256.
  std::string token(const std::string& header, const std::string& claims) const;

 private:
  struct Keys;
  std::unique_ptr<const Keys> keys_;
};

}  // namespace ottla::tls_test
