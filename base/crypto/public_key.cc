#include "base/crypto/public_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <string>
#include <utility>

#include "base/crypto/octets.h"
#include "base/crypto/openssl_ptr.h"

namespace ottla::base {
namespace {

constexpr int kMostExponentBits = 32;

using NumberPtr = std::unique_ptr<BIGNUM, OpensslFree<BN_free>>;
using SignaturePtr = std::unique_ptr<ECDSA_SIG, OpensslFree<ECDSA_SIG_free>>;
using ContextPtr = std::unique_ptr<EVP_PKEY_CTX, OpensslFree<EVP_PKEY_CTX_free>>;
using DigestPtr = std::unique_ptr<EVP_MD_CTX, OpensslFree<EVP_MD_CTX_free>>;
using BuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, OpensslFree<OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, OpensslFree<OSSL_PARAM_free>>;

NumberPtr number(BytesView bytes) {
  return NumberPtr(BN_bin2bn(octets(bytes), static_cast<int>(bytes.size()), nullptr));
}

Error unfit_public_key(const char* why) {
  return Error(ErrorCode::invalid_argument, why);
}

// Null if OpenSSL does not take it.
KeyPtr make_key(const char* type, OSSL_PARAM_BLD& builder) {
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(&builder));
  const ContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* made = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  return KeyPtr(made);
}

bool is_sound(EVP_PKEY& key) {
  const ContextPtr context(EVP_PKEY_CTX_new(&key, nullptr));
  return context && EVP_PKEY_public_check(context.get()) == 1;
}

// The two numbers as OpenSSL takes them, in DER; empty if they are not 64 bytes.
std::string to_der(BytesView signature) {
  if (signature.size() != 2 * PublicKey::kP256Bytes) return {};
  const SignaturePtr pair(ECDSA_SIG_new());
  auto r = number(signature.substr(0, PublicKey::kP256Bytes));
  auto s = number(signature.substr(PublicKey::kP256Bytes));
  if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return {};
  r.release();
  s.release();
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  if (size <= 0) return {};
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

}  // namespace

struct PublicKey::Owned {
  KeyPtr key;
};

PublicKey::PublicKey(Kind kind, std::shared_ptr<const Owned> key)
    : kind_(kind), key_(std::move(key)) {}

Result<PublicKey> PublicKey::rsa(BytesView modulus, BytesView exponent) {
  if (modulus.size() > kMostRsaBits / 8 + 1 || exponent.size() > kMostExponentBits / 8 + 1) {
    return unfit_public_key("an RSA key of a modulus or an exponent that is too large");
  }
  const auto n = number(modulus);
  const auto e = number(exponent);
  if (!n || !e || BN_num_bits(n.get()) < kLeastRsaBits || BN_num_bits(n.get()) > kMostRsaBits) {
    return unfit_public_key("an RSA key must have from 2048 to 8192 bits");
  }
  if (BN_is_odd(e.get()) == 0 || BN_is_one(e.get()) || BN_num_bits(e.get()) > kMostExponentBits) {
    return unfit_public_key(
        "the exponent of an RSA key must be odd, at least 3 and of at most 32 bits");
  }
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return unfit_public_key("OpenSSL does not take the RSA key");
  }
  auto key = make_key("RSA", *builder);
  if (!key) return unfit_public_key("OpenSSL does not take the RSA key");
  return PublicKey(Kind::rsa, std::make_shared<const Owned>(Owned{std::move(key)}));
}

Result<PublicKey> PublicKey::p256(BytesView x, BytesView y) {
  if (x.size() != kP256Bytes || y.size() != kP256Bytes) {
    return unfit_public_key("the coordinates of a key of P-256 must have 32 bytes each");
  }
  const auto point = std::string("\x04").append(x).append(y);
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) !=
          1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1) {
    return unfit_public_key("OpenSSL does not take the key of P-256");
  }
  auto key = make_key("EC", *builder);
  if (!key || !is_sound(*key)) return unfit_public_key("the coordinates are no point of P-256");
  return PublicKey(Kind::p256, std::make_shared<const Owned>(Owned{std::move(key)}));
}

bool PublicKey::verifies(BytesView message, BytesView signature) const {
  const std::string der = kind_ == Kind::p256 ? to_der(signature) : std::string(signature);
  const DigestPtr context(EVP_MD_CTX_new());
  return !der.empty() && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_->key.get()) ==
             1 &&
         EVP_DigestVerify(context.get(), octets(der), der.size(), octets(message),
                          message.size()) == 1;
}

}  // namespace ottla::base
