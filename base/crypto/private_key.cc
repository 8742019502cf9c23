#include "base/crypto/private_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "base/crypto/octets.h"
#include "base/crypto/openssl_ptr.h"

namespace ottla::base {
namespace {

using DigestPtr = std::unique_ptr<EVP_MD_CTX, OpensslFree<EVP_MD_CTX_free>>;
using SignaturePtr = std::unique_ptr<ECDSA_SIG, OpensslFree<ECDSA_SIG_free>>;

Error unfit_private_key(const char* why) {
  ERR_clear_error();
  return Error(ErrorCode::invalid_argument, why);
}

// Without it OpenSSL would ask whoever sits at the terminal.
int give_passphrase(char* into, int size, int, void* passphrase) {
  const auto& text = *static_cast<const std::string*>(passphrase);
  if (text.size() > static_cast<std::size_t>(size)) return -1;
  std::memcpy(into, text.data(), text.size());
  return static_cast<int>(text.size());
}

bool is_p256(const EVP_PKEY& key) {
  char group[64] = {};
  return EVP_PKEY_get_utf8_string_param(&key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group,
                                        nullptr) == 1 &&
         std::string_view(group) == "prime256v1";
}

// The two numbers of 32 bytes that RFC 7515 has, from OpenSSL's DER.
std::string to_raw(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const SignaturePtr pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  OTTLA_ASSERT(pair != nullptr, "a signature that OpenSSL has made");
  std::string bytes(2 * PublicKey::kP256Bytes, '\0');
  auto* const to = reinterpret_cast<unsigned char*>(bytes.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), to, PublicKey::kP256Bytes);
  BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), to + PublicKey::kP256Bytes, PublicKey::kP256Bytes);
  return bytes;
}

}  // namespace

struct PrivateKey::Owned {
  KeyPtr key;
};

PrivateKey::PrivateKey(PublicKey::Kind kind, std::shared_ptr<const Owned> key)
    : kind_(kind), key_(std::move(key)) {}

Result<PrivateKey> PrivateKey::from_pem(BytesView text, const std::string& passphrase) {
  const BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  auto secret = passphrase;
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, give_passphrase, &secret));
  if (!key) {
    const bool encrypted = text.find("ENCRYPTED") != BytesView::npos;
    return unfit_private_key(encrypted ? "the private key cannot be read with this passphrase"
                                       : "there is no private key in PEM");
  }
  const bool is_rsa = EVP_PKEY_is_a(key.get(), "RSA") == 1;
  const int bits = EVP_PKEY_get_bits(key.get());
  if (is_rsa && (bits < PublicKey::kLeastRsaBits || bits > PublicKey::kMostRsaBits)) {
    return unfit_private_key("an RSA key must have from 2048 to 8192 bits");
  }
  if (!is_rsa && !(EVP_PKEY_is_a(key.get(), "EC") == 1 && is_p256(*key))) {
    return unfit_private_key("the private key is neither of RSA nor of P-256");
  }
  return PrivateKey(is_rsa ? PublicKey::Kind::rsa : PublicKey::Kind::p256,
                    std::make_shared<const Owned>(Owned{std::move(key)}));
}

Result<std::string> PrivateKey::sign(BytesView message) const {
  const DigestPtr context(EVP_MD_CTX_new());
  std::size_t size = 0;
  bool done = context && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr,
                                            key_->key.get()) == 1;
  done =
      done && EVP_DigestSign(context.get(), nullptr, &size, octets(message), message.size()) == 1;
  std::string signature(size, '\0');
  auto* const to = reinterpret_cast<unsigned char*>(signature.data());
  done = done && EVP_DigestSign(context.get(), to, &size, octets(message), message.size()) == 1;
  if (!done) return unfit_private_key("OpenSSL does not sign with the private key");
  signature.resize(size);
  return kind_ == PublicKey::Kind::p256 ? to_raw(signature) : std::move(signature);
}

}  // namespace ottla::base
