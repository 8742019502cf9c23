#include "interceptors/sealing.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <limits>
#include <memory>

namespace ottla::interceptors {
namespace {

constexpr std::string_view kPurpose = "ottla-sealed-1";

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const std::uint8_t* bytes_of(BytesView view) {
  return reinterpret_cast<const std::uint8_t*>(view.data());
}
std::uint8_t* bytes_of(Bytes& bytes) {
  return reinterpret_cast<std::uint8_t*>(bytes.data());
}

// OpenSSL counts in int.
bool countable(BytesView bytes) {
  return bytes.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max() - 64);
}
int count(BytesView bytes) {
  return static_cast<int>(bytes.size());
}

}  // namespace

SecretKey::SecretKey(BytesView bytes) {
  std::copy_n(bytes.begin(), std::min(bytes.size(), size()), bytes_.begin());
}

SecretKey::~SecretKey() {
  OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

std::optional<Salt> random_salt() {
  Salt salt;
  if (RAND_bytes(salt.data(), static_cast<int>(salt.size())) != 1) return std::nullopt;
  return salt;
}

std::optional<SecretKey> derive_key(const SecretKey& key, const Salt& salt) {
  Bytes text(kPurpose);
  text.append(salt.begin(), salt.end());
  SecretKey derived;
  unsigned int size = SecretKey::size();
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(SecretKey::size()), bytes_of(BytesView(text)),
           text.size(), derived.data(), &size) == nullptr) {
    return std::nullopt;
  }
  return derived;
}

std::optional<Bytes> seal(const SecretKey& key, std::uint64_t nonce, BytesView plain,
                          BytesView authenticated) {
  if (!countable(plain) || !countable(authenticated)) return std::nullopt;
  Bytes sealed(kNonceSize + plain.size() + kTagSize, '\0');
  auto* const out = bytes_of(sealed);
  for (std::size_t i = 0; i < 8; ++i, nonce >>= 8) {
    out[kNonceSize - 1 - i] = static_cast<std::uint8_t>(nonce);
  }
  const Context context(EVP_CIPHER_CTX_new());
  int written = 0;
  const bool done =
      context != nullptr &&
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), out) == 1 &&
      EVP_EncryptUpdate(context.get(), nullptr, &written, bytes_of(authenticated),
                        count(authenticated)) == 1 &&
      EVP_EncryptUpdate(context.get(), out + kNonceSize, &written, bytes_of(plain), count(plain)) ==
          1 &&
      EVP_EncryptFinal_ex(context.get(), out + kNonceSize + written, &written) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTagSize),
                          out + kNonceSize + plain.size()) == 1;
  if (!done) return std::nullopt;
  return sealed;
}

std::optional<Bytes> unseal(const SecretKey& key, BytesView sealed, BytesView authenticated) {
  if (sealed.size() < kNonceSize + kTagSize) return std::nullopt;
  if (!countable(sealed) || !countable(authenticated)) return std::nullopt;
  const auto cipher = sealed.substr(kNonceSize, sealed.size() - kNonceSize - kTagSize);
  Bytes tag(sealed.substr(sealed.size() - kTagSize));
  Bytes plain(cipher.size(), '\0');
  const Context context(EVP_CIPHER_CTX_new());
  int written = 0;
  const bool done = context != nullptr &&
                    EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(),
                                       bytes_of(sealed)) == 1 &&
                    EVP_DecryptUpdate(context.get(), nullptr, &written, bytes_of(authenticated),
                                      count(authenticated)) == 1 &&
                    EVP_DecryptUpdate(context.get(), bytes_of(plain), &written, bytes_of(cipher),
                                      count(cipher)) == 1 &&
                    EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG,
                                        static_cast<int>(kTagSize), tag.data()) == 1 &&
                    EVP_DecryptFinal_ex(context.get(), bytes_of(plain) + written, &written) == 1;
  if (!done) return std::nullopt;
  return plain;
}

}  // namespace ottla::interceptors
