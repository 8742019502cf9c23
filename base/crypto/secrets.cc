#include "base/crypto/secrets.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <cstdint>

#include "base/assert.h"
#include "base/crypto/octets.h"

namespace ottla::base {
namespace {

const EVP_MD* algorithm(Hash hash) {
  return hash == Hash::sha_256 ? EVP_sha256() : EVP_sha512();
}

unsigned char* octets(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> digits() {
  std::array<std::int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}

constexpr auto kDigits = digits();

}  // namespace

std::string digest(Hash hash, BytesView text) {
  std::string result(size_of(hash), '\0');
  const int done =
      EVP_Digest(text.data(), text.size(), octets(result), nullptr, algorithm(hash), nullptr);
  OTTLA_ASSERT(done == 1, "hashing cannot fail");
  return result;
}

std::string hmac(Hash hash, BytesView key, BytesView text) {
  std::string result(size_of(hash), '\0');
  // A null key would be taken for the one of an earlier call.
  const char* const bytes = key.empty() ? "" : key.data();
  const auto* const done = HMAC(algorithm(hash), bytes, static_cast<int>(key.size()), octets(text),
                                text.size(), octets(result), nullptr);
  OTTLA_ASSERT(done != nullptr, "an HMAC cannot fail");
  return result;
}

std::string pbkdf2(Hash hash, BytesView password, BytesView salt, int iterations) {
  std::string result(size_of(hash), '\0');
  const char* const bytes = password.empty() ? "" : password.data();
  const int done = PKCS5_PBKDF2_HMAC(bytes, static_cast<int>(password.size()), octets(salt),
                                     static_cast<int>(salt.size()), iterations, algorithm(hash),
                                     static_cast<int>(result.size()), octets(result));
  OTTLA_ASSERT(done == 1, "PBKDF2 cannot fail");
  return result;
}

bool equal_in_constant_time(BytesView a, BytesView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string secret_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  const int done = RAND_bytes(octets(bytes), static_cast<int>(count));
  OTTLA_ASSERT(done == 1, "the system has no secret random numbers");
  return bytes;
}

void wipe(std::string& secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

std::string to_base64(BytesView bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto group = bytes.substr(at, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      bits = bits << 8 | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      text += i <= group.size() ? kAlphabet[bits >> (18 - 6 * i) & 63] : '=';
    }
  }
  return text;
}

bool from_base64(BytesView text, std::string& bytes) {
  bytes.clear();
  if (text.size() % 4 != 0) return false;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  const auto digits_only = text.substr(0, text.size() - padding);
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int filled = 0;
  for (const char c : digits_only) {
    const auto digit = kDigits[static_cast<unsigned char>(c)];
    if (digit < 0) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    filled += 6;
    if (filled < 8) continue;
    filled -= 8;
    bytes += static_cast<char>(bits >> filled & 255);
  }
  return (bits & ((1U << filled) - 1)) == 0;
}

}  // namespace ottla::base
