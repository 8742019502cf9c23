#include "tests/tls/token_issuer.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/crypto/base64_url.h"

namespace ottla::tls_test {
namespace {

using base::to_base64_url;

void must(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "OpenSSL: %s failed\n", what);
  std::abort();
}

std::string number_of(const EVP_PKEY* key, const char* name, int size = 0) {
  BIGNUM* number = nullptr;
  must(EVP_PKEY_get_bn_param(key, name, &number) == 1, name);
  std::string bytes(static_cast<std::size_t>(size > 0 ? size : BN_num_bytes(number)), '\0');
  must(BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()),
                    static_cast<int>(bytes.size())) >= 0,
       "BN_bn2binpad");
  BN_free(number);
  return bytes;
}

std::string sign(EVP_PKEY* key, const std::string& message) {
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  must(EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key) == 1, "DigestSignInit");
  const auto* const text = reinterpret_cast<const unsigned char*>(message.data());
  std::size_t size = 0;
  must(EVP_DigestSign(context, nullptr, &size, text, message.size()) == 1, "DigestSign");
  std::string signature(size, '\0');
  must(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size, text,
                      message.size()) == 1,
       "DigestSign");
  signature.resize(size);
  EVP_MD_CTX_free(context);
  return signature;
}

std::string member(const std::string& name, const std::string& bytes) {
  return ",\"" + name + "\":\"" + to_base64_url(bytes) + "\"";
}

std::string jwk(const std::string& type, const std::string& kid, const std::string& numbers,
                const std::string& more) {
  return "{\"kty\":\"" + type + "\",\"kid\":\"" + kid + "\"" + numbers +
         (more.empty() ? "" : "," + more) + "}";
}

std::string pem(EVP_PKEY* key, const std::string& passphrase) {
  BIO* const bio = BIO_new(BIO_s_mem());
  auto secret = passphrase;
  const auto* const cipher = passphrase.empty() ? nullptr : EVP_aes_256_cbc();
  must(PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, secret.data(),
                                     static_cast<int>(secret.size()), nullptr, nullptr) == 1,
       "PEM_write_bio_PKCS8PrivateKey");
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(bio, &bytes);
  std::string text(bytes, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

}  // namespace

struct TokenIssuer::Keys {
  EVP_PKEY* rsa;
  EVP_PKEY* p256;
};

TokenIssuer::TokenIssuer(int rsa_bits)
    : keys_(std::make_unique<const Keys>(
          Keys{EVP_RSA_gen(static_cast<unsigned>(rsa_bits)), EVP_EC_gen("P-256")})) {
  must(keys_->rsa != nullptr && keys_->p256 != nullptr, "key generation");
}

TokenIssuer::~TokenIssuer() {
  EVP_PKEY_free(keys_->rsa);
  EVP_PKEY_free(keys_->p256);
}

std::string TokenIssuer::rsa_jwk(const std::string& kid, const std::string& more) const {
  return jwk("RSA", kid,
             member("n", number_of(keys_->rsa, OSSL_PKEY_PARAM_RSA_N)) +
                 member("e", number_of(keys_->rsa, OSSL_PKEY_PARAM_RSA_E)),
             more);
}

std::string TokenIssuer::p256_jwk(const std::string& kid, const std::string& more) const {
  return jwk("EC", kid,
             ",\"crv\":\"P-256\"" +
                 member("x", number_of(keys_->p256, OSSL_PKEY_PARAM_EC_PUB_X, 32)) +
                 member("y", number_of(keys_->p256, OSSL_PKEY_PARAM_EC_PUB_Y, 32)),
             more);
}

std::string TokenIssuer::rsa_signature(const std::string& message) const {
  return sign(keys_->rsa, message);
}

std::string TokenIssuer::p256_signature(const std::string& message) const {
  const auto der = sign(keys_->p256, message);
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  ECDSA_SIG* const pair = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  must(pair != nullptr, "d2i_ECDSA_SIG");
  std::string bytes(64, '\0');
  auto* const to = reinterpret_cast<unsigned char*>(bytes.data());
  must(BN_bn2binpad(ECDSA_SIG_get0_r(pair), to, 32) == 32, "r");
  must(BN_bn2binpad(ECDSA_SIG_get0_s(pair), to + 32, 32) == 32, "s");
  ECDSA_SIG_free(pair);
  return bytes;
}

std::string TokenIssuer::rsa_key(const std::string& passphrase) const {
  return pem(keys_->rsa, passphrase);
}

std::string TokenIssuer::p256_key(const std::string& passphrase) const {
  return pem(keys_->p256, passphrase);
}

std::string TokenIssuer::token(const std::string& header, const std::string& claims) const {
  const auto message = to_base64_url(header) + "." + to_base64_url(claims);
  const bool by_p256 = header.find("\"ES256\"") != std::string::npos;
  return message + "." + to_base64_url(by_p256 ? p256_signature(message) : rsa_signature(message));
}

}  // namespace ottla::tls_test
